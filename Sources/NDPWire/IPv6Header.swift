/// The IPv6 header of a Neighbor Discovery message (RFC 8200 §3): ICMPv6 with hop limit 255.
///
///      0        4       6    7    8               24              40
///     +--------+-------+----+----+---------------+---------------+----
///     | 6 …    | length| 3a | ff |    source     |  destination  | ICMPv6 …
///     +--------+-------+----+----+---------------+---------------+----
///
/// Traffic class and flow label are ignored when read and zero when written.
struct IPv6Header: Equatable, Sendable {
  /// How many octets the header takes.
  static let length = 40

  var source: IPv6Address
  var destination: IPv6Address

  /// How many octets of ICMPv6 follow the header.
  var payloadLength: Int

  init(source: IPv6Address, destination: IPv6Address, payloadLength: Int) {
    self.source = source
    self.destination = destination
    self.payloadLength = payloadLength
  }

  private static let hopLimit: UInt8 = 255

  /// Reads the header at the start of `packet`, which may have padding behind its payload.
  ///
  /// Throws what makes it no packet that could carry Neighbor Discovery (RFC 4861 §7.1.1).
  init(decoding packet: RawSpan) throws(DropReason) {
    guard packet.byteCount >= Self.length else { throw .truncatedFrame }
    guard packet.bigEndian(at: 0, as: UInt8.self) >> 4 == 6 else { throw .notIPv6 }
    try NextHeader.requireICMPv6(packet.bigEndian(at: 6))
    guard packet.bigEndian(at: 7) == Self.hopLimit else { throw .hopLimit }
    payloadLength = Int(packet.bigEndian(at: 4, as: UInt16.self))
    guard payloadLength <= packet.byteCount - Self.length else { throw .payloadLongerThanFrame }
    source = packet.address(at: 8)
    destination = packet.address(at: 24)
    let embedsIPv4 = source.isIPv4Mapped || source.isIPv4Compatible
    if source.isMulticast || source.isLoopback || embedsIPv4 { throw .source }
    if destination.isUnspecified || destination.isLoopback { throw .destination }
  }

  /// Writes the header at `offset` of `frame`.
  func encode(into frame: inout MutableRawSpan, at offset: Int) {
    frame.store(0x6000_0000 as UInt32, at: offset)
    frame.store(UInt16(payloadLength), at: offset + 4)
    frame.store(NextHeader.icmpv6, at: offset + 6)
    frame.store(Self.hopLimit, at: offset + 7)
    frame.store(source, at: offset + 8)
    frame.store(destination, at: offset + 24)
  }
}

/// The next-header values that matter here (RFC 8200 §4).
enum NextHeader {
  static let icmpv6: UInt8 = 58

  /// Throws what a value other than ICMPv6 means.
  static func requireICMPv6(_ value: UInt8) throws(DropReason) {
    switch value {
    case icmpv6: return
    case 44: throw .fragment
    case 0, 43, 50, 51, 60, 135, 139, 140: throw .extensionHeader
    default: throw .notICMPv6
    }
  }
}
