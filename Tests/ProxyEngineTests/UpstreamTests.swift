import NDPWire
import ProxyModel
import TestSupport
import Testing

@testable import ProxyEngine

/// What belongs to a host on the link of the question is nobody's to answer for.
struct UpstreamTests {
  private static let upstream = advertisement(
    to: ip("fe80::100"), linkLayerAddress: mac(0xcc))
  /// Our question on the link of the proxy itself.
  private static let probeUpstream = Action.solicit(
    EthernetFrame(
      source: mac(0x100), destination: MACAddress(multicast: member.solicitedNodeMulticast),
      message: NeighborSolicitation(
        source: ip("fe80::100"), destination: member.solicitedNodeMulticast, target: member,
        sourceLinkLayerAddress: mac(0x100))),
    on: Gateway.eth0)

  private func gateway(at location: Location, wires: Bool = false) -> Gateway {
    var gateway = Gateway()
    var proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [
        Ruleset.Rule(prefix: IPv6Prefix("2001:db8:1::/64")!, method: .interface("zt0"))
      ])
    proxy.installsHostRoutes = wires
    gateway.engine = Engine(ruleset: Ruleset(proxies: [proxy]))
    gateway.location = location
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    return gateway
  }

  @Test func `a neighbor of the proxy is not asked for elsewhere`() {
    var gateway = gateway(at: .neighbor)
    #expect(gateway.ask(solicitation()) == [])
    #expect(gateway.engine.counters[.targetUpstream] == 1)
    #expect(gateway.answer(advertisement()) == [])
    #expect(gateway.engine.sessionCount == 0)
  }

  @Test func `where the route leads back, hosts there are asked, too, and win`() {
    var gateway = gateway(at: .onProxyLink, wires: true)
    #expect(gateway.ask(solicitation()) == [probe(), Self.probeUpstream])
    // The member claims it first.
    #expect(gateway.answer(advertisement()) == [])
    _ = gateway.wait(milliseconds: 100)
    #expect(gateway.answer(Self.upstream, on: Gateway.eth0) == [])
    #expect(gateway.engine.counters[.targetUpstream] == 1)
    #expect(gateway.answer(advertisement()) == [], "later claims count for nothing")
    #expect(gateway.wait(milliseconds: 1000) == [])
    #expect(gateway.ask(solicitation()) == [])
  }

  @Test func `an owner that is slow to answer is believed afterwards, too`() {
    var gateway = gateway(at: .onProxyLink, wires: true)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    let route = HostRoute(target: member, interface: Gateway.zt0, gateway: nil)
    #expect(gateway.wait(milliseconds: 200).first == .installHostRoute(route))
    #expect(gateway.answer(Self.upstream, on: Gateway.eth0) == [.removeHostRoute(route)])
    #expect(gateway.ask(solicitation()) == [])
  }

  @Test func `where nobody there answers, the member is answered for`() {
    var gateway = gateway(at: .onProxyLink)
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(advertisement()) == [])
    #expect(gateway.wait(milliseconds: 200) == [answer()])
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `another proxy there says nothing about the owner`() {
    var gateway = gateway(at: .onProxyLink)
    _ = gateway.ask(solicitation())
    let hearsay = advertisement(
      to: ip("fe80::100"), isOverride: false, linkLayerAddress: mac(0xcc))
    #expect(gateway.answer(hearsay, on: Gateway.eth0) == [])
    #expect(gateway.answer(advertisement()) == [])
    #expect(gateway.wait(milliseconds: 200) == [answer()])
  }

  @Test(arguments: [Location.neighbor, .onProxyLink])
  func `hosts there may have the address whatever members say`(location: Location) {
    var gateway = gateway(at: location)
    #expect(gateway.ask(duplicateDetection()) == [])
    #expect(gateway.answer(advertisement()) == [])
    #expect(gateway.wait(milliseconds: 1000) == [])
    // Not even where the member is known.
    _ = gateway.wait(milliseconds: 10_000)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 200)
    #expect(gateway.ask(duplicateDetection()) == [])
    #expect(gateway.wait(milliseconds: 1000).allSatisfy { $0 != defence() })
  }

  @Test func `what the kernel finds there later is not the member's any more`() {
    var gateway = gateway(at: .elsewhere, wires: true)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    let found = CachedNeighbor(state: .reachable, linkLayerAddress: mac(0xcc), age: .zero)
    let route = HostRoute(target: member, interface: Gateway.zt0, gateway: nil)
    #expect(
      gateway.handle(.neighbor(found, of: member, on: Gateway.eth0)) == [.removeHostRoute(route)])
    #expect(gateway.engine.sessionCount == 0)
  }

  @Test func `what is only stale there stays the member's`() {
    var gateway = gateway(at: .elsewhere, wires: true)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    let old = CachedNeighbor(state: .stale, linkLayerAddress: mac(0xcc), age: .zero)
    #expect(gateway.handle(.neighbor(old, of: member, on: Gateway.eth0)) == [])
    #expect(gateway.ask(solicitation()) == [answer()])
  }
}
