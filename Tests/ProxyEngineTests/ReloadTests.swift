import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// What is kept and what is forgotten when another ruleset takes over.
struct ReloadTests {
  private static let inside = "2001:db8:1:0:ff::/80"

  private func ruleset(
    _ rules: (String, Ruleset.Method)..., interface: String = "eth0", isRouter: Bool = true,
    timers: Ruleset.Timers = Ruleset.Timers(), excluded: [String] = []
  ) -> Ruleset {
    Ruleset(proxies: [
      Ruleset.Proxy(
        interface: interface, isRouter: isRouter, timers: timers,
        rules: rules.map {
          Ruleset.Rule(
            prefix: IPv6Prefix($0)!, method: $1, excluded: excluded.map { IPv6Prefix($0)! })
        })
    ])
  }

  /// A gateway that knows the member.
  private func gateway() -> Gateway {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    return gateway
  }

  @Test func `a target whose rule stays is still known`() {
    var gateway = gateway()
    let same = ruleset(("2001:db8:9::/64", .static), (Self.inside, .interface("zt0")))
    #expect(gateway.replace(same, limits: Limits()) == [])
    #expect(gateway.ask(solicitation()) == [answer()])
    let added = ip("2001:db8:9::9")
    #expect(gateway.ask(solicitation(for: added)) == [answer(for: added)])
  }

  @Test func `it keeps its timers`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 29_000)
    _ = gateway.replace(ruleset((Self.inside, .interface("zt0"))), limits: Limits())
    #expect(gateway.wait(milliseconds: 1000) == [unicastProbe()])
  }

  @Test func `an asker that waits is answered after the change`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.replace(ruleset((Self.inside, .interface("zt0"))), limits: Limits())
    #expect(gateway.answer(advertisement()) == [answer()])
  }

  @Test func `a target whose rule is another is found out about anew`() {
    let others = [
      ruleset((Self.inside, .interface("zt1"))),
      ruleset((Self.inside, .auto)),
      ruleset((Self.inside, .static)),
      ruleset((Self.inside, .interface("zt0")), ("2001:db8:1:0:ff::/112", .interface("zt1"))),
    ]
    for other in others {
      var gateway = gateway()
      #expect(gateway.replace(other, limits: Limits()) == [])
      #expect(gateway.engine.sessionCount == 0)
      let actions = gateway.ask(solicitation())
      #expect(other.proxies[0].rules[0].method == .static || actions != [answer()])
    }
  }

  @Test func `a target that is where the other rule looks for it is still known`() {
    var timers = Ruleset.Timers()
    timers.ttl = .seconds(60)
    let others = [
      ruleset((Self.inside, .interface("zt*"))),
      ruleset((Self.inside, .interface("zt0")), (Self.inside, .interface("zt1"))),
      ruleset((Self.inside, .interface("zt0")), timers: timers),
      ruleset((Self.inside, .interface("zt0")), ("2001:db8:1:0:ff::/112", .interface("zt0"))),
      ruleset(("2001:db8:1::/64", .interface("zt0"))),
    ]
    for other in others {
      var gateway = gateway()
      #expect(gateway.replace(other, limits: Limits()) == [])
      #expect(gateway.engine.sessionCount == 1)
      #expect(gateway.ask(solicitation()) == [answer()])
    }
  }

  @Test func `a time that is shorter counts for what is known already`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    var timers = Ruleset.Timers()
    timers.ttl = .seconds(5)
    _ = gateway.replace(
      ruleset((Self.inside, .interface("zt0")), timers: timers), limits: Limits())
    #expect(gateway.wait(milliseconds: 4999) == [])
    #expect(gateway.wait(milliseconds: 1) == [unicastProbe()])
  }

  @Test func `a target that is no rule's any more gets silence`() {
    let others = [
      Ruleset(proxies: []),
      ruleset((Self.inside, .interface("zt0")), interface: "zt1"),
      ruleset(("2001:db8:1:0:fe::/80", .interface("zt0"))),
      ruleset((Self.inside, .interface("zt0")), excluded: ["2001:db8:1:0:ff::10/128"]),
    ]
    for other in others {
      var gateway = gateway()
      _ = gateway.replace(other, limits: Limits())
      #expect(gateway.ask(solicitation()) == [])
      #expect(gateway.engine.nextDeadline == nil)
    }
  }

  @Test func `proxies may change places`() {
    let first = ruleset((Self.inside, .interface("zt0")))
    let second = ruleset((Self.inside, .interface("zt0")), interface: "zt1")
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.replace(
      Ruleset(proxies: first.proxies + second.proxies), limits: Limits())
    let other = ip("2001:db8:1:0:ff::77")
    for (target, index) in [(member, Gateway.eth0), (other, Gateway.zt1)] {
      _ = gateway.handle(.solicitation(solicitation(for: target), on: index))
      _ = gateway.answer(advertisement(of: target))
    }
    _ = gateway.replace(
      Ruleset(proxies: second.proxies + first.proxies), limits: Limits())
    _ = gateway.wait(milliseconds: 1000)
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.ask(solicitation(for: other)) == [probe(for: other)], "known on zt1 only")
    let elsewhere = gateway.handle(.solicitation(solicitation(for: other), on: Gateway.zt1))
    #expect(elsewhere.count == 1)
    guard case .advertise = elsewhere.first else {
      Issue.record("\(elsewhere)")
      return
    }
  }

  @Test func `the router flag stays as it was`() {
    var gateway = Gateway((Self.inside, .static))
    let other = ruleset((Self.inside, .static), isRouter: false)
    #expect(gateway.replace(other, limits: Limits()) == ["eth0"])
    #expect(gateway.ask(solicitation()) == [answer()])
    // Not even by way of a ruleset without the proxy.
    _ = gateway.replace(Ruleset(proxies: []), limits: Limits())
    #expect(gateway.replace(other, limits: Limits()) == ["eth0"])
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `a lower limit takes effect`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    for number in 0..<20 {
      _ = gateway.ask(
        solicitation(for: IPv6Address(bits: member.bits + UInt128(number))))
    }
    var limits = Limits()
    limits.sessions = 5
    _ = gateway.replace(ruleset((Self.inside, .interface("zt0"))), limits: limits)
    #expect(gateway.engine.sessionCount == 5)
  }
}
