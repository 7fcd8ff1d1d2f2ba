package import NDPWire
import TestSupport

/// A frame that the proxy's host has sent, with its fields at the offsets of the RFCs.
///
/// A field that it is too short for reads as zero.
package struct EmittedFrame: Sendable {
  /// The link it was sent on.
  package let side: Side
  /// When it was, on the subject's clock.
  package let time: Duration
  /// All of it, from the Ethernet header on.
  package let octets: [UInt8]

  package init(side: Side, time: Duration, octets: [UInt8]) {
    (self.side, self.time, self.octets) = (side, time, octets)
  }

  /// The Ethernet header's destination.
  package var frameDestination: MACAddress { linkLayerAddress(at: 0) }
  /// The Ethernet header's source.
  package var frameSource: MACAddress { linkLayerAddress(at: 6) }
  /// The IPv6 payload length.
  package var payloadLength: Int { Int(number(18, 2)) }
  /// The IPv6 next header.
  package var nextHeader: UInt64 { number(20, 1) }
  /// The IPv6 hop limit.
  package var hopLimit: UInt64 { number(21, 1) }
  /// The IPv6 source.
  package var source: IPv6Address { address(at: 22) }
  /// The IPv6 destination.
  package var destination: IPv6Address { address(at: 38) }
  /// The ICMPv6 message, if there are no extension headers in front of it.
  package var message: [UInt8]? {
    octets.count >= 58 && nextHeader == 58 ? Array(octets[54...]) : nil
  }
  /// Whether the checksum is right.
  package var hasRightChecksum: Bool {
    octets.count >= 78
      && horribleChecksum(
        Array(octets[54...]), source: source.octets, destination: destination.octets) == 0xffff
  }
  /// The Router flag.
  package var isRouter: Bool { number(58, 1) & 0x80 != 0 }
  /// The Solicited flag.
  package var isSolicited: Bool { number(58, 1) & 0x40 != 0 }
  /// The Override flag.
  package var isOverride: Bool { number(58, 1) & 0x20 != 0 }
  /// The 29 bits behind the flags.
  package var reserved: UInt64 { number(58, 4) & 0x1fff_ffff }
  /// The target.
  package var target: IPv6Address { address(at: 62) }
  /// All that follows the target.
  package var options: [UInt8] { Array(octets.dropFirst(78)) }

  private func number(_ offset: Int, _ count: Int) -> UInt64 {
    guard octets.count >= offset + count else { return 0 }
    return octets[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func linkLayerAddress(at offset: Int) -> MACAddress {
    MACAddress(bits: number(offset, 6))
  }

  private func address(at offset: Int) -> IPv6Address {
    guard octets.count >= offset + 16 else { return .unspecified }
    return IPv6Address(octets: octets[offset..<offset + 16])
  }
}
