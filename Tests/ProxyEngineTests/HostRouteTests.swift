import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// Which routes the kernel gets, and when they are taken away.
struct HostRouteTests {
  private static let inside = IPv6Prefix("2001:db8:1:0:ff::/80")!
  /// What the kernel is told besides.
  private static let offer = Action.offerNeighbor(member, at: memberMAC, on: Gateway.zt0)

  private static let route = HostRoute(target: member, interface: Gateway.zt0, gateway: nil)

  private func gateway(
    _ methods: Ruleset.Method..., isVia: Bool = false, keepsAlive: Bool = true
  ) -> Gateway {
    var gateway = Gateway()
    gateway.engine = Engine(ruleset: ruleset(methods, isVia: isVia, keepsAlive: keepsAlive))
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    return gateway
  }

  private func ruleset(
    _ methods: [Ruleset.Method], isVia: Bool = false, keepsAlive: Bool = true, wires: Bool = true
  ) -> Ruleset {
    var timers = Ruleset.Timers()
    timers.keepsAlive = keepsAlive
    var proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: timers,
      rules: methods.map { method in
        var rule = Ruleset.Rule(prefix: Self.inside, method: method)
        rule.routesViaNeighbor = isVia
        return rule
      })
    proxy.installsHostRoutes = wires
    return Ruleset(proxies: [proxy])
  }

  @Test func `a confirmed target gets a route, once`() {
    var gateway = gateway(.interface("zt0"))
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(
      gateway.answer(advertisement()) == [.installHostRoute(Self.route), Self.offer, answer()])
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.wait(milliseconds: 30_000) == [unicastProbe()])
    // The kernel may have lost it.
    #expect(gateway.answer(advertisement()) == [.installHostRoute(Self.route)])
  }

  @Test func `the kernel's own word that a target is there renews it, too`() {
    var gateway = gateway(.interface("zt0"))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 45_000)
    gateway.cached = CachedNeighbor(
      state: .reachable, linkLayerAddress: memberMAC, age: .seconds(1))
    #expect(gateway.ask(solicitation()) == [.installHostRoute(Self.route), answer()])
  }

  @Test func `it stays while the proxy's own interface is down, and the target is asked anew`() {
    var gateway = gateway(.interface("zt0"))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    let interface = Gateway.interfaces[0]
    for isUp in [false, true] {
      let changed = Interface(
        index: interface.index, name: interface.name,
        linkLayerAddress: interface.linkLayerAddress, isUp: isUp, hasNeighborDiscovery: true,
        addresses: interface.addresses)
      #expect(gateway.handle(.interfaceChanged(changed)) == [])
    }
    _ = gateway.wait(milliseconds: 1000)
    #expect(gateway.ask(solicitation()) == [unicastProbe()])
    #expect(
      gateway.answer(unicastAdvertisement())
        == [.installHostRoute(Self.route), Self.offer, answer()])
    // Where the target was, it goes with the interface.
    #expect(gateway.handle(.interfaceRemoved(Gateway.zt0)) == [.removeHostRoute(Self.route)])
  }

  @Test func `where its interface was down the target is asked as soon as it can be`() {
    var gateway = gateway(.interface("zt0"))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    let interface = Gateway.interfaces[1]
    func changed(isUp: Bool, hasAddresses: Bool = true) -> Event {
      .interfaceChanged(
        Interface(
          index: interface.index, name: interface.name,
          linkLayerAddress: interface.linkLayerAddress, isUp: isUp, hasNeighborDiscovery: true,
          addresses: hasAddresses ? interface.addresses : []))
    }
    #expect(gateway.handle(changed(isUp: false)) == [.removeHostRoute(Self.route)])
    #expect(gateway.handle(changed(isUp: false, hasAddresses: false)) == [])
    #expect(gateway.handle(changed(isUp: true, hasAddresses: false)) == [])
    #expect(gateway.wait(milliseconds: 2000) == [])
    #expect(gateway.handle(changed(isUp: true)) == [])
    #expect(gateway.wait(milliseconds: 1) == [unicastProbe()])
    #expect(gateway.answer(unicastAdvertisement()) == [.installHostRoute(Self.route), Self.offer])
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `it goes with the name by which the proxy has its interface`() {
    var proxy = ruleset([.interface("zt0")]).proxies[0]
    proxy.interface = "uplink"
    var gateway = Gateway([proxy])
    func named(_ names: [String]) -> Event {
      let interface = Gateway.interfaces[0]
      return .interfaceChanged(
        Interface(
          index: interface.index, name: interface.name, alternativeNames: names,
          linkLayerAddress: interface.linkLayerAddress, isUp: true, hasNeighborDiscovery: true,
          addresses: interface.addresses))
    }
    _ = gateway.handle(named(["uplink"]))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    #expect(gateway.engine.sessionCount == 1)
    #expect(gateway.handle(named(["other"])) == [.removeHostRoute(Self.route)])
    #expect(gateway.engine.sessionCount == 0)
  }

  @Test func `it goes with the target`() {
    var gateway = gateway(.interface("zt0"))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.ask(solicitation())
    // Asked again by unicast, then everywhere, always in vain.
    let actions = gateway.wait(milliseconds: 60_000)
    #expect(actions.filter { $0 == .removeHostRoute(Self.route) }.count == 1)
    #expect(actions.last == .removeHostRoute(Self.route))
  }

  @Test func `it goes when nobody asks any more`() {
    var gateway = gateway(.interface("zt0"))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    #expect(gateway.wait(milliseconds: 629_000) == [])
    #expect(gateway.wait(milliseconds: 1_000) == [.removeHostRoute(Self.route)])
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(
      gateway.answer(advertisement()) == [.installHostRoute(Self.route), Self.offer, answer()])
  }

  @Test(arguments: [true, false])
  func `it stays while routers may send without a question`(keepsAlive: Bool) {
    var gateway = gateway(.interface("zt0"), keepsAlive: keepsAlive)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    #expect(gateway.wait(milliseconds: 45_000) == [])
    #expect(gateway.ask(solicitation()) == [unicastProbe()])
    #expect(
      gateway.answer(unicastAdvertisement())
        == [.installHostRoute(Self.route), Self.offer, answer()])
  }

  @Test func `not asked for, it stays at a reload and goes with a silent target`() {
    var gateway = gateway(.interface("zt0"))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 45_000)
    var actions: [Action] = []
    _ = gateway.engine.replace(
      ruleset([.interface("zt0")]), limits: Limits(), now: gateway.now, into: &actions)
    #expect(actions == [])
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 10_000).last == .removeHostRoute(Self.route))
  }

  @Test func `it goes with its interface, asked for or not`() {
    var gateway = gateway(.interface("zt0"))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 45_000)
    #expect(gateway.handle(.interfaceRemoved(Gateway.zt0)) == [.removeHostRoute(Self.route)])
  }

  @Test func `it goes with the interface`() {
    for event in [
      Event.interfaceRemoved(Gateway.zt0), .interfaceRemoved(Gateway.eth0),
    ] {
      var gateway = gateway(.interface("zt0"))
      _ = gateway.ask(solicitation())
      _ = gateway.answer(advertisement())
      #expect(gateway.handle(event) == [.removeHostRoute(Self.route)])
    }
  }

  @Test func `it follows the target`() {
    var gateway = gateway(.interface("zt0"), .interface("zt1"))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 100)
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 32_900)
    let there = HostRoute(target: member, interface: Gateway.zt1, gateway: nil)
    // Until nobody else can claim it.
    let actions =
      gateway.answer(advertisement(to: ip("fe80::102")), on: Gateway.zt1)
      + gateway.wait(milliseconds: 100)
    let offer = Action.offerNeighbor(member, at: memberMAC, on: Gateway.zt1)
    #expect(actions == [.installHostRoute(there), offer])
  }

  @Test func `it leads by way of another host that spoke for the target`() {
    var gateway = gateway(.interface("zt0"), isVia: true)
    _ = gateway.ask(solicitation())
    // The target itself.
    #expect(gateway.answer(advertisement()).first == .installHostRoute(Self.route))
    _ = gateway.wait(milliseconds: 40_000)
    _ = gateway.ask(solicitation())
    var other = advertisement()
    other = EthernetFrame(
      source: other.source, destination: other.destination,
      message: NeighborAdvertisement(
        source: ip("fe80::dd"), destination: ip("fe80::101"), target: member, isRouter: true,
        isSolicited: true, isOverride: false, targetLinkLayerAddress: memberMAC))
    let via = HostRoute(target: member, interface: Gateway.zt0, gateway: ip("fe80::dd"))
    #expect(gateway.answer(other).first == .installHostRoute(via))
  }

  @Test func `a route that is the proof needs none`() {
    var gateway = gateway(.auto)
    _ = gateway.ask(solicitation())
    #expect(
      gateway.handle(.route(.onLink(Gateway.tun0), to: member, from: Gateway.eth0)) == [answer()])
  }

  @Test func `a reload takes them away, or adds them`() {
    var gateway = gateway(.interface("zt0"))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    var actions: [Action] = []
    _ = gateway.engine.replace(
      ruleset([.interface("zt0")], wires: false), limits: Limits(), now: gateway.now, into: &actions
    )
    #expect(actions == [.removeHostRoute(Self.route)])
    actions = []
    _ = gateway.engine.replace(
      ruleset([.interface("zt0")]), limits: Limits(), now: gateway.now, into: &actions)
    #expect(actions == [.installHostRoute(Self.route)])
    actions = []
    _ = gateway.engine.replace(
      ruleset([.interface("zt1")]), limits: Limits(), now: gateway.now, into: &actions)
    #expect(actions == [.removeHostRoute(Self.route)])
  }

  @Test func `two proxies share one route to a target`() {
    var gateway = Gateway()
    var both = ruleset([.interface("zt0")])
    both.proxies.append(both.proxies[0])
    both.proxies[1].interface = "zt1"
    gateway.engine = Engine(ruleset: both)
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.solicitation(solicitation(), on: Gateway.zt1))
    let installed = gateway.answer(advertisement()).filter { $0 == .installHostRoute(Self.route) }
    #expect(installed.count == 1)
    // It goes with the last of them.
    #expect(gateway.handle(.interfaceRemoved(Gateway.eth0)) == [])
    #expect(gateway.wait(milliseconds: 700_000) == [.removeHostRoute(Self.route)])
  }
}
