/// A 48-bit Ethernet address, the link-layer address of RFC 2464 §6.
public struct MACAddress: Hashable, Sendable {
  /// The address as one number below 2⁴⁸; `02:00:00:00:00:01` is `0x0200_0000_0001`.
  public let bits: UInt64

  /// Precondition: `bits` is below 2⁴⁸.
  @inlinable
  public init(bits: UInt64) {
    precondition(bits >> 48 == 0, "a MAC address has 48 bits")
    self.bits = bits
  }

  /// `33:33:00:00:00:01`, where frames to `ff02::1` go.
  public static let allNodes = MACAddress(multicast: .allNodes)

  /// The group address for an IPv6 multicast destination: `33:33` and its low 32 bits.
  ///
  /// RFC 2464 §7.
  public init(multicast group: IPv6Address) {
    self.init(bits: 0x3333 << 32 | UInt64(truncatingIfNeeded: group.bits & 0xffff_ffff))
  }

  /// Whether the group bit is set; true of the broadcast address too (IEEE 802 §8.2).
  @inlinable
  public var isMulticast: Bool { bits >> 40 & 1 == 1 }

  /// Whether frames can be sent to it as to one station: neither zero nor a group.
  @inlinable
  public var isUnicast: Bool { bits != 0 && !isMulticast }
}

extension MACAddress: LosslessStringConvertible {
  /// Reads six groups of two hexadecimal digits separated by colons; `nil` for anything else.
  public init?(_ text: String) {
    let groups = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard groups.count == 6 else { return nil }
    var bits: UInt64 = 0
    for group in groups {
      guard group.count == 2 else { return nil }
      for digit in group {
        guard let value = hexadecimalValue(digit) else { return nil }
        bits = bits << 4 | UInt64(value)
      }
    }
    self.init(bits: bits)
  }

  public var description: String {
    let octets = stride(from: 40, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> $0) }
    return octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}
