import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// How targets are asked for that were confirmed longer than `ttl` ago, and may have moved.
struct StaleTargetTests {
  private func gateway(timers: Ruleset.Timers = Ruleset.Timers()) -> Gateway {
    Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")), timers: timers)
  }

  @Test func `where one question is all, a stale target is asked for by multicast`() {
    var timers = Ruleset.Timers()
    timers.retries = 0
    var gateway = gateway(timers: timers)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 60_000)
    // Its link-layer address may be another one by now.
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.answer(advertisement(linkLayerAddress: mac(0xde))) == [answer()])
  }

  @Test func `a stale target is asked for by multicast where the kernel knows of a new address`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 60_000)
    gateway.cached = CachedNeighbor(
      state: .reachable, linkLayerAddress: mac(0xde), age: .seconds(1))
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.answer(advertisement(linkLayerAddress: mac(0xde))) == [answer()])
  }
}
