import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// What a target's own messages on a rule interface lead to.
struct LifeSignTests {
  /// A gateway that has asked three times in vain.
  private func gatewayWithSilentTarget(
    _ method: Ruleset.Method = .interface("zt0")
  ) -> Gateway {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", method))
    var actions = gateway.ask(solicitation())
    if actions == [lookup(of: member)] {
      actions = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    }
    _ = gateway.wait(milliseconds: 3000)
    #expect(gateway.ask(solicitation()) == [])
    #expect(gateway.engine.counters[.targetFailed] == 1)
    return gateway
  }

  /// What a target asks for its gateway, or for duplicates of itself.
  private static let own = solicitation(
    for: ip("2001:db8:1:0:ff::1"), from: member, mac: memberMAC, answerTo: memberMAC)

  @Test(arguments: [Ruleset.Method.interface("zt0"), .auto])
  func `a silent target that speaks is asked at once`(method: Ruleset.Method) {
    for sign in [Self.own, duplicateDetection(mac: memberMAC)] {
      var gateway = gatewayWithSilentTarget(method)
      _ = gateway.wait(milliseconds: 100)
      #expect(gateway.handle(.solicitation(sign, on: Gateway.zt0)) == [probe()])
      #expect(gateway.answer(advertisement()) == [])
      #expect(gateway.ask(solicitation()) == [answer()])
    }
  }

  @Test func `so is one that advertises itself unasked`() {
    var gateway = gatewayWithSilentTarget()
    _ = gateway.wait(milliseconds: 100)
    let unsolicited = advertisement(to: .allNodes, isSolicited: false)
    #expect(gateway.answer(unsolicited) == [probe()])
  }

  @Test func `it is not asked more often than every RetransTimer`() {
    var gateway = gatewayWithSilentTarget()
    var asked = 0
    for _ in 0..<500 {
      let actions =
        gateway.handle(.solicitation(Self.own, on: Gateway.zt0)) + gateway.wait(milliseconds: 10)
      asked += actions.count { $0 == probe() }
    }
    #expect(4...6 ~= asked, "in 5 s")
  }

  @Test func `nobody is asked where no rule says so, or nobody asked before`() {
    var gateway = gatewayWithSilentTarget()
    _ = gateway.wait(milliseconds: 100)
    #expect(gateway.handle(.solicitation(Self.own, on: Gateway.zt1)) == [])
    let elsewhere = solicitation(for: ip("2001:db8:9::1"), from: member, mac: memberMAC)
    #expect(gateway.ask(elsewhere) == [], "on the proxy interface")
    let other = solicitation(for: ip("2001:db8:1:0:ff::1"), from: ip("2001:db8:1:0:ff::77"))
    #expect(gateway.handle(.solicitation(other, on: Gateway.zt0)) == [])
  }

  @Test func `a target that speaks elsewhere is looked for`() {
    var gateway = Gateway(
      ("2001:db8:1:0:ff::/80", .interface("zt0")), ("2001:db8:1:0:ff::/80", .interface("zt1")))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 1500)
    #expect(gateway.handle(.solicitation(Self.own, on: Gateway.zt1)) == [unicastProbe()])
    let actions = gateway.wait(milliseconds: 3000)
    #expect(actions == [unicastProbe(), unicastProbe(), probe(), probe(on: Gateway.zt1)])
    _ = gateway.answer(advertisement(to: ip("fe80::102")), on: Gateway.zt1)
    #expect(gateway.ask(solicitation()) == [answer()])
    // Where it is now, nothing more needs to be found out.
    #expect(gateway.handle(.solicitation(Self.own, on: Gateway.zt1)) == [])
  }
}
