import NDPWire
import ProxyModel
import TestSupport
import Testing

@testable import ProxyEngine

/// One neighbor that has any number of addresses takes nothing from others.
struct CrowdTests {
  private static let crowd = mac(0xee)

  private func target(_ number: UInt64) -> IPv6Address {
    IPv6Address(bits: ip("2001:db8:1:0:ff::").bits | UInt128(0x1_0000 + number))
  }

  private func gateway(sessions: Int, wires: Bool) -> Gateway {
    var gateway = Gateway()
    var proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [
        Ruleset.Rule(prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!, method: .interface("zt0"))
      ])
    proxy.installsHostRoutes = wires
    var limits = Limits()
    limits.sessions = sessions
    gateway.engine = Engine(ruleset: Ruleset(proxies: [proxy]), limits: limits)
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    return gateway
  }

  /// Has a neighbor answer for a target; returns what comes of it.
  private func find(
    _ gateway: inout Gateway, _ target: IPv6Address, at station: MACAddress
  ) -> [Action] {
    let actions = gateway.ask(solicitation(for: target))
    guard actions.contains(probe(for: target)) else { return actions }
    return actions + gateway.answer(advertisement(of: target, linkLayerAddress: station))
  }

  @Test(arguments: [true, false])
  func `whoever has most makes room for others`(wires: Bool) {
    var gateway = gateway(sessions: 256, wires: wires)
    _ = find(&gateway, member, at: memberMAC)
    var removed: [Action] = []
    for number in 0..<2000 as Range<UInt64> {
      removed += find(&gateway, target(number), at: Self.crowd).filter {
        if case .removeHostRoute = $0 { true } else { false }
      }
      _ = gateway.wait(milliseconds: 5)
    }
    let route = HostRoute(target: member, interface: Gateway.zt0, gateway: nil)
    #expect(!removed.contains(.removeHostRoute(route)))
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.engine.sessionCount <= 256)
  }

  @Test func `one neighbor has a share of the host routes`() {
    var gateway = gateway(sessions: 8192, wires: true)
    var installed = 0
    for number in 0..<3000 as Range<UInt64> {
      installed += find(&gateway, target(number), at: Self.crowd).count {
        if case .installHostRoute = $0 { true } else { false }
      }
      _ = gateway.wait(milliseconds: 5)
    }
    #expect(installed == 1024, "an eighth of all sessions")
    #expect(find(&gateway, member, at: memberMAC).contains(answer()))
    let actions = gateway.ask(solicitation())
    #expect(actions == [answer()])
  }

  @Test func `a route that moves is the new neighbor's`() {
    var gateway = gateway(sessions: 512, wires: true)
    for number in 0..<64 as Range<UInt64> {
      _ = find(&gateway, target(number), at: Self.crowd)
      _ = gateway.wait(milliseconds: 5)
    }
    _ = find(&gateway, member, at: memberMAC)
    _ = gateway.wait(milliseconds: 31_000)
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 1_500)
    // Its owner is silent, and somebody answers who has his share.
    let claim = advertisement(linkLayerAddress: Self.crowd)
    let actions = gateway.answer(claim) + gateway.wait(milliseconds: 200)
    let route = HostRoute(target: member, interface: Gateway.zt0, gateway: nil)
    #expect(actions.contains(.removeHostRoute(route)))
    #expect(!actions.contains(.installHostRoute(route)))
  }

  @Test func `what the kernel has a route to goes last, and only when it is silent`() {
    var gateway = gateway(sessions: 8, wires: true)
    for number in 0..<8 as Range<UInt64> {
      _ = find(&gateway, target(number), at: mac(0x200 + number))
    }
    #expect(gateway.engine.sessionCount == 8)
    _ = gateway.wait(milliseconds: 2000)
    // Nobody has more than others: one of them is asked, and the newcomer waits.
    let actions = gateway.ask(solicitation())
    #expect(gateway.engine.counters[.sessionLimit] == 1)
    #expect(actions.count == 1)
    #expect(!actions.contains { if case .removeHostRoute = $0 { true } else { false } })
    // It does not answer, and makes room.
    _ = gateway.wait(milliseconds: 10_000)
    #expect(gateway.ask(solicitation()).contains(probe()))
  }
}
