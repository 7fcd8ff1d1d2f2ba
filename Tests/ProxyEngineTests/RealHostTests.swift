import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport
import Testing

/// What hosts and the kernel of this one really say, and what it leads to.
struct RealHostTests {
  private static let inside = "2001:db8:1:0:ff::/80"

  /// A gateway that has just had the member confirmed.
  private func gateway(_ method: Ruleset.Method = .interface("zt0")) -> Gateway {
    var gateway = Gateway((Self.inside, method))
    _ = gateway.ask(solicitation())
    if method == .auto {
      _ = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    }
    _ = gateway.answer(advertisement())
    return gateway
  }

  private func entry(
    _ state: CachedNeighbor.State, age: Duration = .seconds(1), at place: MACAddress = memberMAC
  ) -> CachedNeighbor {
    CachedNeighbor(state: state, linkLayerAddress: place, age: age)
  }

  // MARK: - Renewal

  @Test(arguments: Dialect.all.filter { !$0.isProxy }.map(\.name))
  func `one question renews a living target, however it answers`(name: String) throws {
    let dialect = try #require(Dialect.all.first { $0.name == name })
    var gateway = gateway()
    for _ in 0..<3 {
      #expect(gateway.ask(solicitation()) == [answer()])
      let asked = gateway.wait(milliseconds: 30_000)
      #expect(asked == [unicastProbe()])
      #expect(gateway.answer(unicastAdvertisement(speaking: dialect)) == [])
    }
    #expect(gateway.engine.counters[.advertisementNotAwaited] == 0)
  }

  // MARK: - The kernel

  @Test func `while the kernel vouches for a target it is looked up only if somebody asks`() {
    var gateway = gateway()
    gateway.cached = entry(.reachable)
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.wait(milliseconds: 45_000) == [])
    #expect(gateway.engine.nextDeadline.map { $0 > gateway.now + .seconds(60) } == true)
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `that the kernel asks for a target is no proof of one that was long silent`() {
    var gateway = gateway()
    // Nobody asks, and the ttl passes.
    #expect(gateway.wait(milliseconds: 60_000) == [])
    gateway.cached = entry(.probing)
    #expect(gateway.ask(solicitation()) == [unicastProbe()])
    #expect(gateway.answer(unicastAdvertisement()) == [answer()])
  }

  // MARK: - Where it is asked

  @Test func `after a route change a target is not asked where no rule leads any more`() {
    var gateway = gateway(.auto)
    #expect(gateway.wait(milliseconds: 60_000) == [])
    _ = gateway.handle(.routesChanged)
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(
      gateway.handle(.route(.onLink(Gateway.zt1), to: member, from: Gateway.eth0))
        == [probe(on: Gateway.zt1)])
    let other = advertisement(to: ip("fe80::102"))
    #expect(gateway.answer(other, on: Gateway.zt1) == [answer()])
  }

  @Test(arguments: ["*", "eth*"])
  func `nobody upstream can claim a target, whatever a pattern names`(pattern: String) {
    var gateway = Gateway(
      (Self.inside, .interface(InterfacePattern(pattern))), (Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    let lie = EthernetFrame(
      source: mac(0xee), destination: mac(0x100),
      message: NeighborAdvertisement(
        source: member, destination: ip("fe80::100"), target: member, isRouter: false,
        isSolicited: true, isOverride: true, targetLinkLayerAddress: mac(0xee)))
    #expect(gateway.answer(lie, on: Gateway.eth0) == [])
    #expect(gateway.answer(advertisement()) == [answer()])
  }

  @Test func `an interface that can be asked on later is not asked twice within a second`() {
    var zt1 = Gateway.interfaces[2]
    let addresses = zt1.addresses
    var gateway = Gateway((Self.inside, .interface("zt*")))
    zt1.addresses = []
    _ = gateway.handle(.interfaceChanged(zt1))
    #expect(gateway.ask(solicitation()) == [probe()])
    _ = gateway.wait(milliseconds: 700)
    zt1.addresses = addresses
    #expect(gateway.handle(.interfaceChanged(zt1)) == [probe(on: Gateway.zt1)])
    #expect(gateway.wait(milliseconds: 999) == [])
    let asked = gateway.wait(milliseconds: 1)
    #expect(asked.count == 2)
    #expect(asked.contains(probe()) && asked.contains(probe(on: Gateway.zt1)))
  }

  // MARK: - Reload

  @Test func `a target that was long silent gets no route by a reload`() {
    var gateway = gateway()
    #expect(gateway.wait(milliseconds: 60_000) == [])
    var proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [Ruleset.Rule(prefix: IPv6Prefix(Self.inside)!, method: .interface("zt0"))])
    proxy.installsHostRoutes = true
    var actions: [Action] = []
    _ = gateway.engine.replace(
      Ruleset(proxies: [proxy]), limits: Limits(), now: gateway.now, into: &actions)
    #expect(actions == [])
    let route = HostRoute(target: member, interface: Gateway.zt0, gateway: nil)
    #expect(gateway.ask(solicitation()) == [unicastProbe()])
    #expect(gateway.answer(unicastAdvertisement()).contains(.installHostRoute(route)))
  }
}
