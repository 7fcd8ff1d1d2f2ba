import NDPWire
import ProxyModel
import TestSupport
import Testing

@testable import ProxyEngine

/// Who is believed where several stations say to have an address.
struct ClaimTests {
  private static let attacker = mac(0xee)
  private static let route = HostRoute(target: member, interface: Gateway.zt0, gateway: nil)
  private static let offer = Action.offerNeighbor(member, at: memberMAC, on: Gateway.zt0)
  private static let claim = advertisement(to: ip("fe80::102"), linkLayerAddress: attacker)

  private func gateway(wires: Bool = true, at location: Location = .elsewhere) -> Gateway {
    var gateway = Gateway()
    var proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [
        Ruleset.Rule(prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!, method: .interface("zt*"))
      ])
    proxy.installsHostRoutes = wires
    gateway.engine = Engine(ruleset: Ruleset(proxies: [proxy]))
    gateway.location = location
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    return gateway
  }

  @Test func `a claim that nobody asked for counts for nothing`() {
    var gateway = gateway()
    #expect(gateway.answer(Self.claim, on: Gateway.zt1) == [])
    #expect(gateway.ask(solicitation()) == [probe(), probe(on: Gateway.zt1)])
    #expect(gateway.answer(advertisement()) == [])
    #expect(
      gateway.wait(milliseconds: 100) == [.installHostRoute(Self.route), Self.offer, answer()])
  }

  @Test func `where two claim a target the kernel gets no route, and somebody is told`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(Self.claim, on: Gateway.zt1) == [])
    #expect(
      gateway.answer(advertisement()) == [
        .reportConflict(member, claimedBy: memberMAC, on: Gateway.zt0)
      ])
    // It is there, wherever that is.
    #expect(gateway.wait(milliseconds: 100) == [answer()])
  }

  @Test func `the kernel's route decides, whoever is first`() {
    var gateway = gateway(at: .onLink(Gateway.zt0))
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(Self.claim, on: Gateway.zt1) == [])
    #expect(gateway.answer(advertisement()) == [])
    #expect(
      gateway.wait(milliseconds: 100) == [.installHostRoute(Self.route), Self.offer, answer()])
  }

  @Test func `an owner where the kernel's route leads is no hearsay, whoever spoke before`() {
    var gateway = gateway(wires: false, at: .onLink(Gateway.zt0))
    _ = gateway.ask(solicitation())
    let hearsay = advertisement(
      to: ip("fe80::102"), isOverride: false, linkLayerAddress: Self.attacker)
    #expect(gateway.answer(hearsay, on: Gateway.zt1) == [answer()])
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 2000)
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `who is where the kernel's route leads need not wait`() {
    var gateway = gateway(at: .onLink(Gateway.zt0))
    _ = gateway.ask(solicitation())
    #expect(
      gateway.answer(advertisement()) == [.installHostRoute(Self.route), Self.offer, answer()])
  }

  @Test func `an owner that is slow to answer takes the route away from who was quick`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(Self.claim, on: Gateway.zt1)
    let wrong = HostRoute(target: member, interface: Gateway.zt1, gateway: nil)
    #expect(gateway.wait(milliseconds: 100).first == .installHostRoute(wrong))
    #expect(
      gateway.answer(advertisement()) == [
        .removeHostRoute(wrong), .reportConflict(member, claimedBy: memberMAC, on: Gateway.zt0),
      ])
  }

  @Test func `a dispute is over when only one still claims the target`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(Self.claim, on: Gateway.zt1)
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 100)
    _ = gateway.ask(solicitation())
    // All are asked again after `ttl`.
    let actions = gateway.wait(milliseconds: 30_000)
    // First where it was believed to be.
    #expect(actions.prefix(2) == [probe(on: Gateway.zt1), probe()])
    let ended = gateway.answer(advertisement()) + gateway.wait(milliseconds: 100)
    #expect(ended.contains(.installHostRoute(Self.route)))
  }

  @Test func `while a target is asked by unicast nobody else confirms it`() {
    var gateway = gateway(wires: false)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 30_000) == [unicastProbe()])
    #expect(gateway.answer(Self.claim, on: Gateway.zt1) == [])
    let neighbor = advertisement(linkLayerAddress: Self.attacker)
    #expect(
      gateway.answer(neighbor) == [
        .reportConflict(member, claimedBy: Self.attacker, on: Gateway.zt0)
      ])
    #expect(gateway.answer(unicastAdvertisement()) == [])
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.wait(milliseconds: 3000) == [])
  }

  @Test func `nor while one that was not believed any more is asked at its old place`() {
    var gateway = gateway(wires: false)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 40_000)
    #expect(gateway.ask(solicitation()) == [unicastProbe()])
    #expect(gateway.answer(Self.claim, on: Gateway.zt1) == [])
    #expect(gateway.answer(unicastAdvertisement()) == [answer()])
  }
}
