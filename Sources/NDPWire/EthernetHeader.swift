/// The 14 octets in front of an IPv6 packet on Ethernet (RFC 2464 §3).
///
///      0               6              12      14
///     +---------------+---------------+-------+----
///     |  destination  |    source     | 86 dd | IPv6 …
///     +---------------+---------------+-------+----
struct EthernetHeader: Equatable, Sendable {
  /// How many octets the header takes.
  static let length = 14

  var destination: MACAddress
  var source: MACAddress

  init(destination: MACAddress, source: MACAddress) {
    self.destination = destination
    self.source = source
  }

  private static let etherTypeIPv6: UInt16 = 0x86dd

  /// Reads the header at the start of `frame`.
  ///
  /// Throws `truncatedFrame`, `notIPv6` or `frameSourceNotUnicast`.
  init(decoding frame: RawSpan) throws(DropReason) {
    guard frame.byteCount >= Self.length else { throw .truncatedFrame }
    guard frame.bigEndian(at: 12) == Self.etherTypeIPv6 else { throw .notIPv6 }
    destination = frame.linkLayerAddress(at: 0)
    source = frame.linkLayerAddress(at: 6)
    guard source.isUnicast else { throw .frameSourceNotUnicast }
  }

  /// Writes the header at the start of `frame`.
  func encode(into frame: inout MutableRawSpan) {
    frame.store(destination, at: 0)
    frame.store(source, at: 6)
    frame.store(Self.etherTypeIPv6, at: 12)
  }
}
