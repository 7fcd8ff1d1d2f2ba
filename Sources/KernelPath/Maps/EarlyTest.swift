package import NDPWire

/// A test of whether an answer that the program in a driver gives leaves the interface.
///
/// Not every driver sends it: that of veth(4) drops it where the other end does not expect it.
/// So all nodes of the link are asked for an echo. Of a reply the program makes a request, and the
/// reply to that one shows that the request has arrived.
package struct EarlyTest: Sendable {
  /// By which its messages are known.
  package let identifier: UInt16

  /// How far it has come.
  package struct Progress: Equatable, Sendable {
    /// How many replies were made requests of.
    package let turned: Int
    /// How many replies to these came.
    package let returned: Int

    package init(turned: Int, returned: Int) { (self.turned, self.returned) = (turned, returned) }
  }

  package init(identifier: UInt16) { self.identifier = identifier }

  /// The frame that begins it: an echo request (RFC 4443 §4.1) to all nodes of the link, with
  /// 24 octets of data, so that it is as long as a solicitation.
  package func request(from source: IPv6Address, at station: MACAddress) -> [UInt8] {
    let group = IPv6Address("ff02::1")!
    var message: [UInt8] = [128, 0, 0, 0]
    message += Self.octets(of: UInt64(identifier), count: 2) + [0, 1]
    message += [UInt8](repeating: 0, count: 24)
    let sum = unsafe ICMPv6Checksum.sum(
      of: message.span.bytes, source: source, destination: group)
    let checksum = ~sum
    message.replaceSubrange(2..<4, with: Self.octets(of: UInt64(checksum), count: 2))
    let ethernet: [UInt8] =
      [0x33, 0x33, 0, 0, 0, 1] + Self.octets(of: station.bits, count: 6) + [0x86, 0xdd]
    // Version 6, 32 octets of ICMPv6, which do not leave the link.
    let header: [UInt8] =
      [0x60, 0, 0, 0, 0, 32, 58, 1] + source.octets + group.octets
    return ethernet + header + message
  }

  private static func octets(of number: UInt64, count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
  }
}

extension IPv6Address {
  fileprivate var octets: [UInt8] {
    (0..<16).reversed().map { UInt8(truncatingIfNeeded: bits >> (8 * UInt128($0))) }
  }
}
