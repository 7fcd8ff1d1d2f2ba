package import NDPWire

/// A link of the proxy's: named like the proxy's interface on it.
package enum Side: String, CaseIterable, Sendable {
  /// Where the askers are.
  case up = "up0"
  /// Where the targets of `iface dn0` are.
  case down = "dn0"
  /// Where those of `iface dn1` are.
  case second = "dn1"

  /// The proxy's link-layer address there.
  package var linkLayerAddress: MACAddress { MACAddress(bits: 0x0200_0000_0000 | number << 8) }

  /// The proxy's link-local address there.
  package var linkLocal: IPv6Address {
    IPv6Address(bits: 0xfe80 << 112 | UInt128(number) << 8)
  }

  /// The proxy's global address there.
  package var global: IPv6Address {
    switch self {
    case .up: IPv6Address("2001:db8:1::2")!
    case .down: IPv6Address("2001:db8:1:0:fd::1")!
    case .second: IPv6Address("2001:db8:1:0:fe::1")!
    }
  }

  /// The length of the global address's prefix.
  package var prefixLength: Int { self == .up ? 64 : 80 }

  private var number: UInt64 {
    switch self {
    case .up: 1
    case .down: 2
    case .second: 3
    }
  }
}

/// Somebody on a link who is not the proxy.
package struct Station: Sendable {
  /// Unique among all stations.
  package let linkLayerAddress: MACAddress
  /// Its link-local address.
  package let linkLocal: IPv6Address
  /// Its address in the prefix of the proxy's upstream link.
  package let global: IPv6Address
  /// An address in a prefix that the proxy has no address of, but a route to.
  package let foreign: IPv6Address

  /// The station `number` of row `row`.
  package init(row: Int, _ number: Int = 0) {
    precondition(row < 1 << 12 && number < 16)
    let tail = UInt128(row << 4 | number)
    linkLayerAddress = MACAddress(bits: 0x020a_0000_0000 | UInt64(tail))
    linkLocal = IPv6Address(bits: 0xfe80 << 112 | 0xa_0000 | tail)
    global = IPv6Address(bits: IPv6Address("2001:db8:1::a:0")!.bits | tail)
    foreign = IPv6Address(bits: IPv6Address("2001:db8:99::a:0")!.bits | tail)
  }
}
