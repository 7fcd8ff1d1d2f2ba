/// An IPv6 address: 128 bits, most significant first (RFC 4291 §2).
public struct IPv6Address: Hashable, Sendable {
  /// The address as one number; `2001:db8::1` is `0x2001_0db8 << 96 | 1`.
  public var bits: UInt128

  @inlinable
  public init(bits: UInt128) {
    self.bits = bits
  }
}

extension IPv6Address {
  /// `::`, the source of a solicitation that detects duplicates (RFC 4291 §2.5.2).
  public static let unspecified = IPv6Address(bits: 0)

  /// `::1` (RFC 4291 §2.5.3).
  public static let loopback = IPv6Address(bits: 1)

  /// `ff02::1`, all nodes of the link (RFC 4291 §2.7.1).
  public static let allNodes = IPv6Address(bits: 0xff02 << 112 | 1)

  /// Whether this is `::`.
  @inlinable
  public var isUnspecified: Bool { bits == 0 }

  /// Whether this is `::1`.
  @inlinable
  public var isLoopback: Bool { bits == 1 }

  /// Whether this is in `ff00::/8` (RFC 4291 §2.7).
  @inlinable
  public var isMulticast: Bool { bits >> 120 == 0xff }

  /// Whether this is in `fe80::/10` (RFC 4291 §2.5.6).
  @inlinable
  public var isLinkLocal: Bool { bits >> 118 == 0x3fa }

  /// Whether a proxy may answer for it, as far as it says itself: it is a unicast address that is
  /// neither link-local, loopback, unspecified nor IPv4-mapped.
  @inlinable
  public var isProxyable: Bool { !isLinkLocal && !isMulticast && !isIPv4Mapped && bits > 1 }

  /// Whether this is in `::ffff:0:0/96` (RFC 4291 §2.5.5.2).
  @inlinable
  public var isIPv4Mapped: Bool { bits >> 32 == 0xffff }

  /// Whether this is in `::/96`, `::` and `::1` left out: an IPv4-compatible address, which are
  /// deprecated (RFC 4291 §2.5.5.1).
  @inlinable
  public var isIPv4Compatible: Bool { bits >> 32 == 0 && bits > 1 }

  /// Whether this is a multicast address of the form `ff02::1:ff00:0/104` (RFC 4291 §2.7.1).
  public var isSolicitedNodeMulticast: Bool {
    bits >> 24 == Self.solicitedNodePrefix >> 24
  }

  /// The group that a node with this address listens to: `ff02::1:ff` and the low 24 bits.
  ///
  /// RFC 4291 §2.7.1.
  public var solicitedNodeMulticast: IPv6Address {
    IPv6Address(bits: Self.solicitedNodePrefix | bits & 0xff_ffff)
  }

  private static let solicitedNodePrefix: UInt128 = 0xff02 << 112 | 0x1_ff00_0000
}
