import PlainText

/// JSON (RFC 8259) as both ends of the control socket write and read it: UTF-8, one line a text.
package enum JSONText {
  /// The octets of a value without any line feed.
  ///
  /// Costs time and memory in proportion to them. Traps where the value encodes a number that is
  /// none: nothing of ours does.
  package static func octets<Value: Encodable>(of value: Value) -> [UInt8] {
    let writer = JSONWriter()
    do {
      try value.encode(to: JSONEncoding(writer: writer, depth: 0))
    } catch {
      fatalError("what we say cannot be said: \(error)")
    }
    writer.close(downTo: 0)
    return writer.octets
  }

  /// A JSON text of somebody else so that a terminal may show it: the same text, with what is not
  /// printable in its strings escaped.
  ///
  /// Nothing of that can stand outside of strings.
  package static func printable(_ octets: some Sequence<UInt8>) -> String {
    var shown: [UInt8] = []
    for scalar in String(decoding: Array(octets), as: UTF8.self).unicodeScalars {
      if scalar.isPrintable && !scalar.joins {
        shown += String(scalar).utf8
      } else {
        shown.append(escape: scalar)
      }
    }
    return String(decoding: shown, as: UTF8.self)
  }

  /// Reads a value; whatever else the text holds is left out.
  ///
  /// Throws `JSONSyntaxError` where it is no JSON or too deep, and `DecodingError` where it is not
  /// such a value.
  package static func value<Value: Decodable>(
    _ type: Value.Type, from octets: some Sequence<UInt8>
  ) throws -> Value {
    var reader = JSONReader(octets)
    return try type.init(from: JSONDecoding(value: reader.readText(), codingPath: []))
  }
}

/// A key of an object, where no type has one of its own.
struct JSONKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }
}
