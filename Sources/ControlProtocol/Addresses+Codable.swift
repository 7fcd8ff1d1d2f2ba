package import NDPWire

// Addresses as everybody writes them.

extension IPv6Address: Codable {
  /// Reads the text of RFC 4291 §2.2; throws `DecodingError`.
  package init(from decoder: any Decoder) throws { self = try decodeText(decoder) }

  /// Writes the text of RFC 5952.
  package func encode(to encoder: any Encoder) throws { try "\(self)".encode(to: encoder) }
}

extension IPv6Prefix: Codable {
  /// Reads `address/length`; throws `DecodingError`.
  package init(from decoder: any Decoder) throws { self = try decodeText(decoder) }

  /// Writes `address/length`.
  package func encode(to encoder: any Encoder) throws { try "\(self)".encode(to: encoder) }
}

extension MACAddress: Codable {
  /// Reads six groups of two digits; throws `DecodingError`.
  package init(from decoder: any Decoder) throws { self = try decodeText(decoder) }

  /// Writes six groups of two digits.
  package func encode(to encoder: any Encoder) throws { try "\(self)".encode(to: encoder) }
}

private func decodeText<Value: LosslessStringConvertible>(_ decoder: any Decoder) throws -> Value {
  let text = try String(from: decoder)
  guard let value = Value(text) else {
    throw DecodingError.dataCorrupted(
      DecodingError.Context(
        codingPath: decoder.codingPath, debugDescription: "'\(text)' is no \(Value.self)"))
  }
  return value
}
