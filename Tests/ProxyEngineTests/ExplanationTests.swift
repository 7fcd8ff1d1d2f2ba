import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// What is said to become of a question, against what becomes of it.
struct ExplanationTests {
  private static let inside = "2001:db8:1:0:ff::/80"

  private func explain(
    _ gateway: borrowing Gateway, _ target: IPv6Address = member, route: Route = .unreachable,
    location: Location = .elsewhere, neighbor: CachedNeighbor? = nil
  ) -> TargetExplanation? {
    gateway.engine.explanations(
      of: target, now: gateway.now, kernel: kernel(route, location, neighbor)
    ).first
  }

  @Test func `a target that nobody knows would be asked for, and is not`() {
    let gateway = Gateway((Self.inside, .interface("zt0")))
    let explanation = explain(gateway)
    #expect(explanation?.outcome == .asked)
    #expect(explanation?.askedOn == [Gateway.zt0])
    #expect(explanation?.session == nil)
    #expect(gateway.engine.sessionCount == 0)
    #expect(gateway.engine.counters.solicited == 0)
    #expect(gateway.engine.counters[.targetFailed] == 0)
  }

  @Test(arguments: ["::/0", "ff00::/8"])
  func `a group is nobody's, whatever a rule covers`(prefix: String) {
    let gateway = Gateway((prefix, .static))
    #expect(explain(gateway, ip("ff02::1"))?.outcome == .ignored(.targetNotProxied))
  }

  @Test func `a known target would be answered for, as it is`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    #expect(explain(gateway)?.outcome == .waiting)
    _ = gateway.answer(advertisement())
    let explanation = explain(gateway)
    #expect(explanation?.outcome == .answered)
    let message = explanation?.advertisement
    #expect(message?.target == member && message?.isRouter == true && message?.isSolicited == true)
    #expect(message?.source == ip("fe80::100"))
    #expect(explanation?.session?.state == .reachable)
    #expect(explanation?.session?.linkLayerAddress == memberMAC)
    #expect(explanation?.session?.answers == 1)
  }

  @Test func `a target that failed is remembered after its session`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 3000)
    let failed = explain(gateway)
    #expect(failed?.outcome == .ignored(.targetFailed))
    _ = gateway.wait(milliseconds: 4000)
    let later = explain(gateway)
    #expect(later?.session == nil)
    #expect(later?.failed != nil)
    // Of many, the oldest is not.
    for number in 0..<256 {
      _ = gateway.ask(solicitation(for: ip("2001:db8:1:0:ff::1:\(String(number, radix: 16))")))
      _ = gateway.wait(milliseconds: 4000)
    }
    #expect(explain(gateway)?.failed == nil)
  }

  static let silent: [(String, IPv6Address, Route, DiscardReason)] = [
    ("an exclusion", ip("2001:db8:1:0:ff::ee01"), .unreachable, .excluded),
    ("no route", ip("2001:db8:2::1"), .unreachable, .noRoute),
    ("a route that leads back", ip("2001:db8:2::1"), .onLink(Gateway.eth0), .noRoute),
    (
      "an interface that is not there", ip("2001:db8:3::1"), .unreachable, .ruleInterfaceUnavailable
    ),
    ("an own address", ip("2001:db8:1::2"), .local, .ownAddress),
  ]

  @Test(arguments: silent)
  func `silence has its reason`(
    name: String, target: IPv6Address, route: Route, reason: DiscardReason
  ) {
    let proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [
        Ruleset.Rule(
          prefix: IPv6Prefix(Self.inside)!, method: .static,
          excluded: [IPv6Prefix("2001:db8:1:0:ff::ee00/120")!]),
        Ruleset.Rule(prefix: IPv6Prefix("2001:db8:2::/64")!, method: .auto),
        Ruleset.Rule(prefix: IPv6Prefix("2001:db8:3::/64")!, method: .interface("zt9")),
        Ruleset.Rule(prefix: IPv6Prefix("2001:db8:1::/64")!, method: .static),
      ])
    var gateway = Gateway()
    _ = gateway.replace(Ruleset(proxies: [proxy]), limits: Limits())
    #expect(explain(gateway, target, route: route)?.outcome == .ignored(reason), "\(name)")
    // And so it is.
    let actions = gateway.ask(solicitation(for: target))
    if actions == [lookup(of: target)] {
      _ = gateway.handle(.route(route, to: target, from: Gateway.eth0))
    }
    #expect(gateway.engine.counters[reason] == 1, "\(name)")
  }

  @Test func `rules that cover the target are told, the longest first`() {
    let gateway = Gateway(
      ("2001:db8::/32", .auto), (Self.inside, .interface("zt0")), (Self.inside, .interface("zt1")))
    let rules = explain(gateway)?.rules ?? []
    #expect(rules.map(\.rule.prefix.length) == [80, 32])
    #expect(rules.first?.interfaces == ["zt0", "zt1"])
    #expect(rules.last?.rule.isAuto == true)
    #expect(
      gateway.engine.explanations(of: ip("2001:db9::1"), now: gateway.now, kernel: kernel(.local))
        .isEmpty)
  }

  @Test func `a proxy without its interface cannot be asked`() {
    var gateway = Gateway((Self.inside, .static))
    _ = gateway.handle(.interfaceRemoved(Gateway.eth0))
    let explanation = explain(gateway)
    #expect(explanation != nil && explanation?.outcome == nil)
  }

  @Test func `what the kernel has of a target counts as it does for a question`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    let upstream = explain(gateway, location: .neighbor)
    #expect(upstream?.outcome == .ignored(.targetUpstream) && upstream?.askedOn == [])
    // Then whoever is on the link of the proxy is asked, too.
    #expect(
      explain(gateway, location: .onProxyLink)?.askedOn == [Gateway.zt0, Gateway.eth0])
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 40_000)
    #expect(gateway.engine.sessionSummaries(from: 0, limit: 1).sessions.first?.state == .stale)
    #expect(explain(gateway)?.outcome == .asked)
    let known = CachedNeighbor(state: .reachable, linkLayerAddress: memberMAC, age: .zero)
    #expect(explain(gateway, neighbor: known)?.outcome == .answered)
  }
}
