/// A network: an address of which only the first `length` bits count (RFC 4291 §2.3).
public struct IPv6Prefix: Hashable, Sendable {
  /// The first address of the network: every bit beyond `length` is zero.
  public let address: IPv6Address

  /// How many leading bits count, 0 through 128.
  public let length: Int

  /// Makes a prefix of `address`, dropping its host bits.
  ///
  /// Precondition: `length` is 0 through 128.
  @inlinable
  public init(_ address: IPv6Address, length: Int) {
    precondition(0...128 ~= length, "a prefix length is 0 through 128")
    self.address = IPv6Address(bits: address.bits & Self.mask(length: length))
    self.length = length
  }

  /// A number whose first `length` bits are ones; `length` is 0 through 128.
  @inlinable
  public static func mask(length: Int) -> UInt128 {
    ~0 << (128 - length)
  }

  /// Whether `address` belongs to this network.
  @inlinable
  public func contains(_ address: IPv6Address) -> Bool {
    (address.bits ^ self.address.bits).leadingZeroBitCount >= length
  }

  /// The solicited-node multicast addresses of all its addresses, each once (RFC 4291 §2.7.1).
  ///
  /// 2²⁴ of them where the length is 104 or less; costs their number.
  public var solicitedNodeMulticasts: [IPv6Address] {
    let first = address.solicitedNodeMulticast
    return (0..<UInt128(1) << min(24, 128 - length)).map { IPv6Address(bits: first.bits | $0) }
  }

  /// Whether every address of `other` belongs to this network.
  @inlinable
  public func contains(_ other: IPv6Prefix) -> Bool {
    length <= other.length && contains(other.address)
  }
}

extension IPv6Prefix: LosslessStringConvertible {
  /// Reads `address/length`, the length in decimal without leading zeros; `nil` for anything else.
  ///
  /// Host bits are dropped, as `ip route` does not but ndppd does.
  public init?(_ text: String) {
    guard let slash = text.lastIndex(of: "/"),
      let address = IPv6Address(text[..<slash]),
      let length = Self.parseLength(text[text.index(after: slash)...])
    else { return nil }
    self.init(address, length: length)
  }

  /// Reads a prefix length: decimal digits without leading zeros, 0 through 128.
  public static func parseLength(_ text: Substring) -> Int? {
    let isDecimal = text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    let hasLeadingZero = text.utf8.count > 1 && text.utf8.first == UInt8(ascii: "0")
    guard 1...3 ~= text.utf8.count, isDecimal, !hasLeadingZero else { return nil }
    return Int(text).flatMap { $0 <= 128 ? $0 : nil }
  }

  public var description: String { "\(address)/\(length)" }
}
