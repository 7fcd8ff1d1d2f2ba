import LinuxNet
package import NDPWire

/// The network that the proxy was made for.
///
/// ```
/// router 1 ─┐ upstream segment                      inside segment ┌─ member 1
/// router 2 ─┴─────────────── eth0 [gateway] zt0 ──────────────────┴─ member 2
///   up0                                                                zt0
/// 2001:db8:1::1/64   2001:db8:1::2/64  2001:db8:1:0:ff::1/80   2001:db8:1:0:ff::10/80
/// ```
///
/// Routers hold the whole /64 to be on-link and know nothing of the /80 behind the gateway, which
/// forwards. A segment is a bridge in a namespace of its own. Each network is independent of any
/// other and of the host; it lasts as long as any of its nodes is held.
package struct FoundingNetwork: Sendable {
  /// In order of `routerAddress(_:)`; each has `up0`.
  package let routers: [Node]

  /// Has `eth0` towards the routers and `zt0` towards the members.
  package let gateway: Node

  /// In order of `memberAddress(_:)`; each has `zt0`.
  package let members: [Node]

  /// The bridge `br0` between gateway and routers; `port0` is the gateway's cable.
  package let upstreamSegment: Node

  /// The bridge `br0` between gateway and members; `port0` is the gateway's cable.
  package let insideSegment: Node

  /// The first router.
  package var router: Node { routers[0] }

  /// The first member.
  package var member: Node { members[0] }
}

extension FoundingNetwork {
  /// The type of its addresses, for programs that do not import NDPWire.
  package typealias Address = IPv6Address

  /// What the routers believe to be on their link, `2001:db8:1::/64`.
  package static let onLinkPrefix = IPv6Prefix("2001:db8:1::/64")!

  /// The part of it that is behind the gateway, `2001:db8:1:0:ff::/80`.
  package static let insidePrefix = IPv6Prefix("2001:db8:1:0:ff::/80")!

  /// The gateway's address on the upstream segment, `2001:db8:1::2`.
  package static let gatewayAddress = host(2, of: onLinkPrefix)

  /// The gateway's address on the inside segment, `2001:db8:1:0:ff::1`, the members' next hop.
  package static let insideGatewayAddress = host(1, of: insidePrefix)

  /// The gateway's link-layer address on eth0, `02:00:00:00:00:ee`.
  package static let gatewayLinkLayerAddress = MACAddress(bits: 0x0200_0000_00ee)

  /// The gateway's link-layer address on zt0, `02:00:00:00:00:ef`.
  package static let insideGatewayLinkLayerAddress = MACAddress(bits: 0x0200_0000_00ef)

  /// Router 0 has `2001:db8:1::1`, the others `2001:db8:1::a1`, `::a2` and so on.
  package static func routerAddress(_ index: Int) -> IPv6Address {
    host(index == 0 ? 1 : 0xa0 + index, of: onLinkPrefix)
  }

  /// `02:00:00:00:00:a0` and up.
  package static func routerLinkLayerAddress(_ index: Int) -> MACAddress {
    MACAddress(bits: 0x0200_0000_00a0 + UInt64(index))
  }

  /// `2001:db8:1:0:ff::10` and up.
  package static func memberAddress(_ index: Int) -> IPv6Address {
    host(0x10 + index, of: insidePrefix)
  }

  /// `02:00:00:00:00:10` and up.
  package static func memberLinkLayerAddress(_ index: Int) -> MACAddress {
    MACAddress(bits: 0x0200_0000_0010 + UInt64(index))
  }

  private static func host(_ number: Int, of prefix: IPv6Prefix) -> IPv6Address {
    IPv6Address(bits: prefix.address.bits | UInt128(number))
  }
}
