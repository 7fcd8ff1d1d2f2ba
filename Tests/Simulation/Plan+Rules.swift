import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport

// The gateways of a plan: their interfaces and rules.

extension Plan {
  /// Gives some stations an address that a gateway has on another link than theirs.
  ///
  /// Link-local and link-layer addresses are unique on a link only: many routers are `fe80::1`, and
  /// so is many a bridge. Never both of one interface, which would be that interface.
  mutating func shareAddresses(random: inout SeededGenerator) {
    guard Int.random(in: 0..<3, using: &random) == 0 else { return }
    for number in stations.indices where number == 0 || Bool.random(using: &random) {
      let station = stations[number]
      let others = gateways.flatMap(\.attachments).filter {
        $0.link != nil && $0.link != homes[number] && isFree($0.interface, for: station)
      }
      guard let other = others.randomElement(using: &random)?.interface else { continue }
      if Bool.random(using: &random) {
        station.addresses[0] = Station.Address(address: other.addresses[0].address)
      } else if let place = other.linkLayerAddress {
        station.linkLayerAddress = place
      }
      station.staysHome = true
    }
  }

  /// Whether nobody else has an address of an interface: no station, and no gateway on the link.
  private func isFree(_ interface: Interface, for station: Station) -> Bool {
    let others = gateways.flatMap(\.attachments).filter { $0.link == homes[station.number] }
    return stations.allSatisfy {
      $0.linkLayerAddress != interface.linkLayerAddress
        && $0.addresses[0].address != interface.addresses[0].address
    }
      && others.allSatisfy {
        $0.interface.linkLayerAddress != interface.linkLayerAddress
          && $0.interface.addresses[0].address != interface.addresses[0].address
      }
  }

  /// One interface `net<link>` for each link, and `tun0`, where nobody can be asked.
  func attachments(
    of plan: GatewayPlan, number: Int, random: inout SeededGenerator
  ) -> [Gateway.Attachment] {
    // VLANs of one card have its link-layer address.
    let isOneCard = Int.random(in: 0..<5, using: &random) == 0
    var attachments = plan.links.map { link in
      let place = UInt64(0x100 + 0x10 * number + link)
      var addresses = [own(0xfe80 << 112 | UInt128(place), 64)]
      if link == 0 || Bool.random(using: &random) {
        let network =
          link == 0
          ? UInt128(0x2001_0db8_0001_0000) << 64
          : Self.network(of: link).address.bits
        addresses.append(own(network | UInt128(number + 1), link == 0 ? 64 : 96))
      }
      return Gateway.Attachment(
        interface: Interface(
          index: InterfaceIndex(Int32(link + 2)), name: "net\(link)",
          linkLayerAddress: MACAddress(
            bits: 0x0200_0000_0000 | (isOneCard ? place & ~0xf : place)), isUp: true,
          hasNeighborDiscovery: true, addresses: addresses), link: link)
    }
    let tunnel = Interface(
      index: InterfaceIndex(20), name: "tun0", linkLayerAddress: nil, isUp: true,
      hasNeighborDiscovery: false, addresses: [own(0xfe80 << 112 | 0x9900, 64)])
    attachments.append(Gateway.Attachment(interface: tunnel, link: nil))
    return attachments
  }

  private func own(_ bits: UInt128, _ length: Int) -> Interface.Address {
    Interface.Address(IPv6Address(bits: bits), prefixLength: length, state: .preferred)
  }

  func proxy(
    on name: String, askingOn others: [String], isAlone: Bool, random: inout SeededGenerator
  ) -> Ruleset.Proxy {
    var rules = [
      Ruleset.Rule(
        prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!,
        method: method(askingOn: others, isWide: true, random: &random),
        excluded: exclusions(random: &random))
    ]
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      let prefix = IPv6Prefix(
        anyAddress(random: &random),
        length: [0, 32, 64, 80, 96, 112, 120, 127, 128].randomElement(using: &random)!)
      rules.append(
        Ruleset.Rule(
          prefix: prefix,
          method: method(askingOn: others, isWide: prefix.length < 112, random: &random),
          excluded: exclusions(random: &random).filter { prefix.contains($0) }))
    }
    var proxy = Ruleset.Proxy(
      interface: name, isRouter: Bool.random(using: &random), timers: timers(random: &random),
      rules: rules)
    proxy.isOverride = isAlone && Int.random(in: 0..<6, using: &random) == 0
    proxy.installsHostRoutes = Int.random(in: 0..<4, using: &random) == 0
    proxy.duplicateDetection =
      [.ignore, .verify, .verify, .defend].randomElement(using: &random)!
    proxy.source =
      [
        .auto, .auto, .auto, .linkLocal, .global, .target,
        .address(IPv6Address("2001:db8:1::1")!),
      ].randomElement(using: &random)!
    return proxy
  }

  /// Other rules for the same interfaces, or some of the same.
  func changedRules(of gateway: Gateway, random: inout SeededGenerator) -> Ruleset {
    let names = gateway.attachments.filter { $0.link != nil }.map(\.interface.name)
    let proxies = gateway.ruleset.proxies.map { old in
      var new = proxy(
        on: old.interface, askingOn: names.filter { $0 != old.interface }, isAlone: false,
        random: &random)
      if Bool.random(using: &random) { new.timers = old.timers }
      if Bool.random(using: &random) { new.rules = old.rules }
      new.isOverride = old.isOverride
      return new
    }
    return Ruleset(proxies: proxies)
  }

  private func anyAddress(random: inout SeededGenerator) -> IPv6Address {
    stations.randomElement(using: &random)!.addresses.last!.address
  }

  private func method(
    askingOn others: [String], isWide: Bool, random: inout SeededGenerator
  ) -> Ruleset.Method {
    switch Int.random(in: 0..<10, using: &random) {
    case 0 where !isWide || topology == .single: .static
    case 1, 2, 3: .auto
    case 4, 5: .interface("net*")
    default: .interface(InterfacePattern(others.randomElement(using: &random)!))
    }
  }

  private func exclusions(random: inout SeededGenerator) -> [IPv6Prefix] {
    (0..<[0, 0, 1, 2].randomElement(using: &random)!).map { _ in
      IPv6Prefix(
        anyAddress(random: &random),
        length: [96, 112, 124, 128].randomElement(using: &random)!)
    }.filter { IPv6Prefix("2001:db8:1:0:ff::/80")!.contains($0) }
  }

  private func timers(random: inout SeededGenerator) -> Ruleset.Timers {
    var timers = Ruleset.Timers()
    if Bool.random(using: &random) { return timers }
    timers.timeout = [.milliseconds(300), .milliseconds(500), .seconds(1), .seconds(2)]
      .randomElement(using: &random)!
    timers.retries = Int.random(in: 0...3, using: &random)
    timers.ttl = [.seconds(2), .seconds(5), .seconds(10), .seconds(30)]
      .randomElement(using: &random)!
    timers.deadtime = [.seconds(1), .seconds(3), .seconds(10)].randomElement(using: &random)!
    timers.keepsAlive = Bool.random(using: &random)
    return timers
  }
}
