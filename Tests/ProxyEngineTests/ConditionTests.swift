import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// What the engine does while conditions are not met, and when they become so.
struct ConditionTests {
  static let address = Ruleset.Condition.address(ip("fe80::5:1"))
  static let gate = Ruleset.Condition.gate("master")
  static let inside = "2001:db8:1:0:ff::/80"

  /// A proxy on `eth0` with one rule.
  static func proxy(
    _ method: Ruleset.Method, prefix: String = inside, requires: [Ruleset.Condition] = [address],
    ruleRequires: [Ruleset.Condition] = [], autowire: Bool = false
  ) -> Ruleset.Proxy {
    var rule = Ruleset.Rule(prefix: IPv6Prefix(prefix)!, method: method)
    rule.conditions = ruleRequires
    var proxy = Ruleset.Proxy(interface: "eth0", rules: [rule])
    proxy.conditions = requires
    proxy.installsHostRoutes = autowire
    return proxy
  }

  private static let inZt0 = Ruleset.Method.interface(InterfacePattern("zt0"))

  @Test(arguments: [Ruleset.Method.static, inZt0, .auto])
  func `nothing is answered while a condition is not met`(method: Ruleset.Method) {
    var gateway = Gateway([Self.proxy(method)])
    #expect(gateway.ask(solicitation()).advertisements == [])
    #expect(gateway.engine.counters[.conditionUnmet] == 1)
    #expect(gateway.engine.answer(solicitation(), on: Gateway.eth0, now: gateway.now) == nil)
    let methods = gateway.engine.publishedRules(on: Gateway.eth0).map(\.method)
    #expect(methods == [.excluded])
    // Neither are those answered who look for duplicates.
    #expect(gateway.ask(duplicateDetection()).advertisements == [])
  }

  @Test func `a static rule is in force as soon as its condition is met`() {
    var gateway = Gateway([Self.proxy(.static)])
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.ask(solicitation()) == [answer()])
    let atOnce = gateway.engine.answer(solicitation(), on: Gateway.eth0, now: gateway.now)
    #expect(atOnce != nil)
    #expect(gateway.engine.publishedRules(on: Gateway.eth0).map(\.method) == [.static])
    _ = gateway.handle(.condition(Self.address, holds: false))
    #expect(gateway.ask(solicitation()) == [])
    #expect(gateway.engine.answer(solicitation(), on: Gateway.eth0, now: gateway.now) == nil)
    #expect(gateway.engine.publishedRules(on: Gateway.eth0).map(\.method) == [.excluded])
  }

  @Test func `targets are learnt meanwhile, so that they are answered for at once`() {
    var gateway = Gateway([Self.proxy(Self.inZt0)])
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.answer(advertisement()) == [])
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `who waits when the condition fails is not answered`() {
    var gateway = Gateway([Self.proxy(Self.inZt0)])
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.ask(solicitation()) == [probe()])
    _ = gateway.handle(.condition(Self.address, holds: false))
    #expect(gateway.answer(advertisement()) == [])
    #expect(gateway.engine.counters[.conditionUnmet] == 1)
  }

  @Test func `a target of an auto rule is learnt, too`() {
    var gateway = Gateway([Self.proxy(.auto)])
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    let asked = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    #expect(asked == [probe()])
    #expect(gateway.answer(advertisement()) == [])
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `the conditions of a proxy and of its rule must all hold`() {
    var gateway = Gateway([Self.proxy(.static, ruleRequires: [Self.gate])])
    _ = gateway.handle(.condition(Self.gate, holds: true))
    #expect(gateway.ask(solicitation()) == [])
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.ask(solicitation()) == [answer()])
    _ = gateway.handle(.condition(Self.gate, holds: false))
    #expect(gateway.ask(solicitation()) == [])
  }

  @Test func `a shorter rule does not stand in for one that is not in force`() {
    var proxy = Self.proxy(.static, requires: [], ruleRequires: [Self.gate])
    proxy.rules.append(Ruleset.Rule(prefix: IPv6Prefix("2001:db8:1::/64")!, method: .static))
    var gateway = Gateway([proxy])
    #expect(gateway.ask(solicitation()) == [])
    let outside = ip("2001:db8:1::77")
    #expect(gateway.ask(solicitation(for: outside)) == [answer(for: outside)])
  }

  @Test func `there is a host route only while the rule is in force`() {
    var gateway = Gateway([Self.proxy(Self.inZt0, autowire: true)])
    let route = HostRoute(target: member, interface: Gateway.zt0, gateway: nil)
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.answer(advertisement()) == [])
    #expect(
      gateway.handle(.condition(Self.address, holds: true)).contains(.installHostRoute(route)))
    #expect(gateway.handle(.condition(Self.address, holds: false)) == [.removeHostRoute(route)])
  }

  @Test func `the condition that is not met is told, and since when`() throws {
    var gateway = Gateway([Self.proxy(.static, ruleRequires: [Self.gate])])
    _ = gateway.handle(.condition(Self.address, holds: true))
    _ = gateway.handle(.condition(Self.gate, holds: false))
    let since = gateway.now
    _ = gateway.wait(milliseconds: 5000)
    let all = gateway.engine.explanations(of: member, now: gateway.now, kernel: kernel())
    let found = try #require(all.first)
    #expect(found.outcome == .ignored(.conditionUnmet))
    #expect(found.unmet?.condition == Self.gate && found.unmet?.since == since)
  }

  @Test func `a reload does not make conditions forgotten`() {
    var gateway = Gateway([Self.proxy(.static)])
    _ = gateway.handle(.condition(Self.address, holds: true))
    var other = Self.proxy(.static, ruleRequires: [Self.gate])
    other.description = "another"
    _ = gateway.replace(Ruleset(proxies: [other]), limits: Limits())
    #expect(gateway.ask(solicitation()) == [])
    _ = gateway.handle(.condition(Self.gate, holds: true))
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  /// What another ruleset brings into force or out of it, and whether that is announced.
  static let reloads: [(String, before: Ruleset.Proxy, after: Ruleset.Proxy?, Bool, Bool)] = [
    (
      "nothing changes", proxy(.static, requires: [gate]), proxy(.static, requires: [gate]), false,
      false
    ),
    ("no condition any more", proxy(.static), announcing(proxy(.static, requires: [])), true, true),
    ("a met condition instead", proxy(.static), proxy(.static, requires: [gate]), true, true),
    (
      "a met condition of the rule instead", proxy(.static, ruleRequires: [address]),
      proxy(.static, requires: [], ruleRequires: [gate]), true, true
    ),
    ("an unmet condition", proxy(.static, requires: [gate]), proxy(.static), true, false),
    ("no proxy any more", proxy(.static, requires: [gate]), nil, true, false),
  ]

  private static func announcing(_ proxy: Ruleset.Proxy) -> Ruleset.Proxy {
    var proxy = proxy
    proxy.announcements = .yes
    return proxy
  }

  @Test func `what a reload brings into force is announced, and counts as a change`() {
    for (name, before, after, isChange, isAnnounced) in Self.reloads {
      var gateway = Gateway([before])
      _ = gateway.handle(.condition(Self.gate, holds: true))
      _ = gateway.ask(solicitation())
      _ = gateway.wait(milliseconds: 10_000)
      let count = gateway.engine.conditionChangeCount
      _ = gateway.replace(Ruleset(proxies: after.map { [$0] } ?? []), limits: Limits())
      #expect((gateway.engine.conditionChangeCount != count) == isChange, "\(name)")
      let said = gateway.wait(milliseconds: 10).advertisements
      #expect(said.map(\.target) == (isAnnounced ? [member] : []), "\(name)")
    }
  }

  @Test func `what was solicited is remembered as long as some rule is about it`() {
    var slower = Self.proxy(.static)
    slower.timers.timeout = .seconds(2)
    let kept = [
      slower, Self.proxy(.auto), Self.proxy(.static, prefix: "2001:db8:1:0:ff::/112"),
      Self.proxy(.static, prefix: "2001:db8:1::/64"),
    ]
    for proxy in kept + [Self.proxy(.static, prefix: "2001:db8:7::/64")] {
      var gateway = Gateway([Self.proxy(.static)])
      _ = gateway.ask(solicitation())
      _ = gateway.replace(Ruleset(proxies: [proxy]), limits: Limits())
      let count = proxy.rules[0].prefix.contains(member) ? 1 : 0
      #expect(gateway.engine.rememberedCount == count, "\(proxy.rules[0].prefix)")
    }
  }

  @Test func `what was solicited of a rule is announced when it is enabled again`() {
    var proxy = Self.proxy(.static, requires: [])
    proxy.announcements = .yes
    var disabled = proxy
    (disabled.rules, disabled.disabledRules) = ([], proxy.rules)
    var gateway = Gateway([proxy])
    _ = gateway.ask(solicitation())
    _ = gateway.replace(Ruleset(proxies: [disabled]), limits: Limits())
    let whileDisabled = gateway.engine.isInForce(proxyNamed: "eth0")
    #expect(gateway.wait(milliseconds: 5000) == [] && !whileDisabled)
    _ = gateway.replace(Ruleset(proxies: [proxy]), limits: Limits())
    #expect(gateway.wait(milliseconds: 10).advertisements.map(\.target) == [member])
    let whenEnabled = gateway.engine.isInForce(proxyNamed: "eth0")
    #expect(whenEnabled)
  }

  @Test func `a proxy of whose rules only exclusions are in force stands by`() {
    var proxy = Self.proxy(.static, requires: [], ruleRequires: [Self.gate])
    proxy.rules[0].excluded = [IPv6Prefix("2001:db8:1:0:ff::/112")!]
    let gateway = Gateway([proxy])
    let standsBy = gateway.engine.isStandingBy(proxyNamed: "eth0")
    let isInForce = gateway.engine.isInForce(proxyNamed: "eth0")
    #expect(standsBy && !isInForce)
  }

  @Test func `a condition that fails too often is held back`() {
    var gateway = Gateway([Self.proxy(.static)])
    for _ in 0...Limits.toleratedFailures {
      _ = gateway.handle(.condition(Self.address, holds: true))
      #expect(gateway.ask(solicitation()) == [answer()])
      _ = gateway.handle(.condition(Self.address, holds: false))
      #expect(gateway.ask(solicitation()) == [])
      _ = gateway.wait(milliseconds: 100)
    }
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.ask(solicitation()) == [])
    _ = gateway.wait(milliseconds: 9900)
    #expect(gateway.ask(solicitation()) == [])
    // A failure meanwhile has it start over.
    _ = gateway.handle(.condition(Self.address, holds: false))
    _ = gateway.handle(.condition(Self.address, holds: true))
    _ = gateway.wait(milliseconds: 9900)
    #expect(gateway.ask(solicitation()) == [])
    _ = gateway.wait(milliseconds: 200)
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `a condition that has held for a minute counts at once again`() {
    var gateway = Gateway([Self.proxy(.static)])
    for holds in (0...Limits.toleratedFailures).flatMap({ _ in [true, false] }) {
      _ = gateway.handle(.condition(Self.address, holds: holds))
    }
    _ = gateway.wait(milliseconds: 60_000)
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.ask(solicitation()) == [answer()])
  }
}

extension [Action] {
  /// What is advertised, in order.
  var advertisements: [NeighborAdvertisement] {
    compactMap { if case .advertise(let frame, _) = $0 { frame.message } else { nil } }
  }
}
