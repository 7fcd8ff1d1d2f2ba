/// The link-layer address among the options of a Neighbor Discovery message (RFC 4861 §4.6.1).
///
/// All options of other types, known or not, are stepped over: "MUST be ignored and the packet
/// processed as normal" (RFC 4861 §7.1.1). Where the address comes twice, the first counts.
enum LinkLayerAddressOption {
  /// How many octets one option takes: type, length in units of 8 octets, address.
  static let length = 8

  /// The address in the first option of the given type, from `start` to the end of `message`;
  /// `nil` if there is none.
  ///
  /// One pass, no allocation. Throws `zeroLengthOption`, `truncatedOption`,
  /// `linkLayerAddressLength`.
  static func find(
    type wanted: UInt8, in message: RawSpan, from start: Int
  ) throws(DropReason) -> MACAddress? {
    var found: MACAddress?
    var offset = start
    while offset < message.byteCount {
      guard offset + 2 <= message.byteCount else { throw .truncatedOption }
      let type: UInt8 = message.bigEndian(at: offset)
      let length = Int(message.bigEndian(at: offset + 1, as: UInt8.self)) * 8
      guard length > 0 else { throw .zeroLengthOption }
      guard offset + length <= message.byteCount else { throw .truncatedOption }
      if type == wanted {
        guard length == Self.length else { throw .linkLayerAddressLength }
        found = found ?? message.linkLayerAddress(at: offset + 2)
      }
      offset += length
    }
    return found
  }

  /// Writes one option of the given type at `offset` of `frame`.
  static func encode(
    _ address: MACAddress, type: UInt8, into frame: inout MutableRawSpan, at offset: Int
  ) {
    frame.store(type, at: offset)
    frame.store(1 as UInt8, at: offset + 1)
    frame.store(address, at: offset + 2)
  }
}

/// The option types of RFC 4861 §4.6 that carry a link-layer address.
enum OptionType {
  static let source: UInt8 = 1
  static let target: UInt8 = 2
}
