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
    let all = gateway.engine.explanations(of: member, now: gateway.now, route: { _ in nil })
    let found = try #require(all.first)
    guard case .silence(.conditionUnmet) = found.outcome else { fatalError("\(found.outcome)") }
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
