package import NDPWire
import ProxyEngine
package import ProxyModel
import TestSupport

// Where frames are tried: interfaces, rules and routes.

extension FrameTrial {
  /// The interface upstream, with rules.
  package static let north = InterfaceIndex(2)
  /// The interface of members, with rules of its own.
  package static let east = InterfaceIndex(3)
  /// Another interface of members.
  package static let south = InterfaceIndex(4)
  /// An interface without neighbors.
  package static let tunnel = InterfaceIndex(5)

  /// Where frames may come in.
  package static let places = [north, north, north, east, east, south]

  static let interfaces = [
    interface(north, "north", ["fe80::100", "2001:db8:1::2"]),
    interface(east, "east", ["fe80::101", "2001:db8:1:0:ff::1"]),
    interface(south, "south", ["fe80::102"]),
    Interface(
      index: tunnel, name: "tunnel", linkLayerAddress: nil, isUp: true,
      hasNeighborDiscovery: false, addresses: []),
  ]

  private static func interface(
    _ index: InterfaceIndex, _ name: String, _ addresses: [String]
  ) -> Interface {
    Interface(
      index: index, name: name,
      linkLayerAddress: MACAddress(bits: 0x0200_0000_0100 + UInt64(index.rawValue)), isUp: true,
      hasNeighborDiscovery: true,
      addresses: addresses.map {
        Interface.Address(IPv6Address($0)!, prefixLength: 64, state: .preferred)
      })
  }

  private static func prefix(_ text: String) -> IPv6Prefix { IPv6Prefix(text)! }

  static let ruleset: Ruleset = {
    var north = Ruleset.Proxy(
      interface: "north", isRouter: true, timers: Ruleset.Timers(),
      rules: [
        Ruleset.Rule(
          prefix: prefix("2001:db8:1:0:ff::/80"), method: .interface("*th"),
          excluded: [prefix("2001:db8:1:0:ff::e0/124")]),
        Ruleset.Rule(prefix: prefix("2001:db8:1:0:fe::/80"), method: .auto),
        Ruleset.Rule(prefix: prefix("2001:db8:1:0:fd::/80"), method: .static),
        Ruleset.Rule(prefix: prefix("2001:db8:1:0:fd::5/128"), method: .static),
        Ruleset.Rule(prefix: prefix("::/0"), method: .interface("east")),
      ])
    north.timers.ttl = .seconds(5)
    var east = Ruleset.Proxy(
      interface: "east", isRouter: true, timers: Ruleset.Timers(),
      rules: [
        Ruleset.Rule(prefix: prefix("2001:db8:1:0:ff::/80"), method: .interface("south")),
        Ruleset.Rule(prefix: prefix("2001:db8:1:0:fd::/80"), method: .static),
      ])
    east.duplicateDetection = .defend
    return Ruleset(proxies: [north, east])
  }()

  /// What the kernel says: by the last bits of the target.
  static func route(to target: IPv6Address) -> Route {
    switch target.bits % 6 {
    case 0: .onLink(east)
    case 1: .onLink(south)
    case 2: .onLink(tunnel)
    case 3: .gateway(north)
    case 4: .local
    default: .unreachable
    }
  }

  /// Whether any rule of an interface lets it answer for a target.
  static func mayAnswer(for target: IPv6Address, on interface: Interface) -> Bool {
    let isNobodys =
      target.isLinkLocal || target.isMulticast || target.isLoopback || target.isUnspecified
      || target.isIPv4Mapped || target.isIPv4Compatible
    let isOwn = interface.addresses.contains {
      $0.address == target || IPv6Prefix($0.address, length: 64).address == target
    }
    let isExcluded = prefix("2001:db8:1:0:ff::e0/124").contains(target)
    if isNobodys || isOwn || isExcluded && interface.index == north { return false }
    return interface.index == north
      || ["2001:db8:1:0:ff::/80", "2001:db8:1:0:fd::/80"].contains { prefix($0).contains(target) }
  }

  /// Addresses that mean something here.
  package static let addresses = [
    "fe80::aa", "2001:db8:1::1", "2001:db8:1:0:ff::10", "2001:db8:1:0:ff::11",
    "2001:db8:1:0:ff::e5", "2001:db8:1:0:fe::10", "2001:db8:1:0:fe::11", "2001:db8:1:0:fe::12",
    "2001:db8:1:0:fd::5", "2001:db8:1:0:fd::6", "2001:db8:2::7", "fe80::100", "2001:db8:1::2",
    "fe80::101", "2001:db8:1:0:ff::1", "2001:db8:1::",
  ].map { IPv6Address($0)! }

  /// Stations that mean something here.
  package static let stations: [MACAddress] =
    [0x0200_0000_00aa, 0x0200_0000_00bb, 0x0200_0000_0dd0, 0x0200_0000_0102, 0x0200_0000_0103].map {
      MACAddress(bits: $0)
    }

  /// Frames that are in order, as real systems send them: the start of all mutations.
  ///
  /// With and without option, with a nonce, from addresses of either scope; and targets' answers.
  package static let bases: [[UInt8]] = {
    let targets = addresses.prefix(11).dropFirst(2)
    let router = Dialect.Speaker(
      linkLayerAddress: stations[0], linkLocal: addresses[0], address: addresses[1])
    let north = MACAddress(bits: 0x0200_0000_0102)
    return targets.flatMap { target in
      let owner = Dialect.Speaker(
        linkLayerAddress: stations[2], linkLocal: IPv6Address("fe80::dd")!, address: target)
      let group = target.solicitedNodeMulticast
      func answer(_ destination: IPv6Address, at station: MACAddress) -> [UInt8] {
        let question = EthernetFrame(
          source: MACAddress(bits: 0x0200_0000_0103), destination: station,
          message: NeighborSolicitation(
            source: addresses[13], destination: destination, target: target,
            sourceLinkLayerAddress: MACAddress(bits: 0x0200_0000_0103)))
        return Dialect.linuxHost.answer(to: question, by: owner)
      }
      return [
        Dialect.linuxRouter.firstContact(with: target, by: router),
        Dialect.explicitRouter.probe(of: target, at: north, by: router),
        Dialect.explicitHost.duplicateDetection(of: target, by: router),
        answer(group, at: MACAddress(multicast: group)),
        Dialect.linuxHost.duplicateDetection(of: target, by: router),
        Dialect.linuxRouter.probe(of: target, at: north, by: router),
        answer(target, at: stations[2]),
      ]
    }
  }()
}
