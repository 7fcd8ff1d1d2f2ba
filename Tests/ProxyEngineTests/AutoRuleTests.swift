import NDPWire
import ProxyEngine
import ProxyModel
import Testing

private func gateway() -> Gateway { Gateway(("2001:db8::/32", .auto)) }

struct AutoRuleTests {
  @Test func `a target that moves back to where the route leads is found`() {
    let prefix = "2001:db8:1:0:ff::/80"
    var gateway = Gateway((prefix, .auto), (prefix, .interface("zt1")))
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    _ = gateway.answer(advertisement(to: ip("fe80::102")), on: Gateway.zt1)
    _ = gateway.wait(milliseconds: 31_000)
    // First where it was.
    #expect(gateway.ask(solicitation()) == [unicastProbe(on: Gateway.zt1)])
    #expect(gateway.wait(milliseconds: 1000) == [probe(on: Gateway.zt1), probe()])
  }

  @Test func `a target that moves to where only an iface rule sends us is found`() {
    let prefix = "2001:db8:1:0:ff::/80"
    var gateway = Gateway((prefix, .auto), (prefix, .interface("zt1")))
    _ = gateway.ask(solicitation())
    let asked = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    #expect(asked == [probe(), probe(on: Gateway.zt1)])
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 31_000)
    #expect(gateway.ask(solicitation()) == [unicastProbe()])
    #expect(gateway.wait(milliseconds: 1000) == [probe(), probe(on: Gateway.zt1)])
  }

  @Test func `an on-link target is asked for where its route points`() {
    var gateway = gateway()
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(
      gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)) == [probe()])
    #expect(gateway.answer(advertisement()) == [answer()])
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `a second target of the same route is served as well`() {
    var gateway = gateway()
    let second = ip("2001:db8:1:0:ff::11")
    for target in [member, second] {
      #expect(gateway.ask(solicitation(for: target)) == [lookup(of: target)])
      #expect(
        gateway.handle(.route(.onLink(Gateway.zt0), to: target, from: Gateway.eth0)) == [
          probe(for: target)
        ])
      #expect(gateway.answer(advertisement(of: target)) == [answer(for: target)])
    }
  }

  static let proofs: [(String, Route)] = [
    ("a gateway", .gateway(Gateway.zt0)),
    ("an interface without neighbors", .onLink(Gateway.tun0)),
    ("a gateway on an interface without neighbors", .gateway(Gateway.tun0)),
    ("this host", .local),
  ]

  @Test(arguments: proofs)
  func `some routes are the proof themselves`(name: String, route: Route) {
    var gateway = gateway()
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(gateway.handle(.route(route, to: member, from: Gateway.eth0)) == [answer()], "\(name)")
    #expect(gateway.ask(solicitation()) == [answer()], "\(name)")
    #expect(gateway.ask(duplicateDetection()) == [], "a route defends nothing")
    #expect(gateway.wait(milliseconds: 30_000) == [], "\(name)")
    #expect(gateway.ask(solicitation()) == [lookup(of: member)], "\(name)")
  }

  static let silent: [(String, Route)] = [
    ("unreachable", .unreachable),
    ("back out of the proxy interface", .onLink(Gateway.eth0)),
    ("to the router it came from", .gateway(Gateway.eth0)),
    ("an interface that is not there", .onLink(InterfaceIndex(77))),
  ]

  @Test(arguments: silent)
  func `other routes mean silence`(name: String, route: Route) {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    #expect(gateway.handle(.route(route, to: member, from: Gateway.eth0)) == [], "\(name)")
    #expect(gateway.engine.counters[.noRoute] == 1, "\(name)")
    #expect(gateway.ask(solicitation()) == [], "\(name)")
    #expect(gateway.wait(milliseconds: 3000) == [], "\(name)")
    #expect(gateway.ask(solicitation()) == [lookup(of: member)], "\(name)")
  }

  @Test func `a changed route is noticed by the next question`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    _ = gateway.answer(advertisement())
    _ = gateway.handle(.routesChanged)
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(
      gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)) == [answer()],
      "the same")
    #expect(gateway.ask(solicitation()) == [answer()], "concluded anew")

    _ = gateway.handle(.routesChanged)
    _ = gateway.ask(solicitation())
    #expect(
      gateway.handle(.route(.onLink(Gateway.zt1), to: member, from: Gateway.eth0)) == [
        probe(on: Gateway.zt1)
      ])
    #expect(gateway.answer(advertisement(to: ip("fe80::102")), on: Gateway.zt1) == [answer()])

    _ = gateway.handle(.routesChanged)
    _ = gateway.ask(solicitation())
    #expect(gateway.handle(.route(.unreachable, to: member, from: Gateway.eth0)) == [])
    #expect(gateway.ask(solicitation()) == [])
  }

  @Test func `a route that appears ends the silence`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.route(.unreachable, to: member, from: Gateway.eth0))
    _ = gateway.handle(.routesChanged)
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(
      gateway.handle(.route(.gateway(Gateway.zt0), to: member, from: Gateway.eth0)) == [answer()])
  }

  @Test func `an interface that comes back ends the silence, though its route stayed`() {
    var gateway = gateway()
    var zt0 = Gateway.interfaces[1]
    zt0.isUp = false
    _ = gateway.handle(.interfaceChanged(zt0))
    _ = gateway.ask(solicitation())
    #expect(gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)) == [])
    #expect(gateway.ask(solicitation()) == [])
    _ = gateway.handle(.interfaceChanged(Gateway.interfaces[1]))
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(
      gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)) == [probe()])
  }

  @Test func `after a route change the owner is still asked to defend its address`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 5000)
    _ = gateway.handle(.routesChanged)
    #expect(gateway.ask(duplicateDetection()) == [lookup(of: member)])
    #expect(
      gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)) == [
        unicastProbe()
      ])
    #expect(gateway.answer(advertisement()) == [defence()])
  }

  @Test(arguments: [false, true])
  func `a late answer does not overrule a route that has gone`(wasConfirmed: Bool) {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    if wasConfirmed {
      _ = gateway.answer(advertisement())
      _ = gateway.ask(solicitation())
      #expect(gateway.wait(milliseconds: 30_000) == [unicastProbe()])
    }
    _ = gateway.handle(.routesChanged)
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(gateway.handle(.route(.unreachable, to: member, from: Gateway.eth0)) == [])
    #expect(gateway.answer(advertisement()) == [])
    #expect(gateway.ask(solicitation()) == [])
  }

  @Test func `a route that is the proof goes with its interface`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    #expect(
      gateway.handle(.route(.onLink(Gateway.tun0), to: member, from: Gateway.eth0)) == [answer()])
    _ = gateway.handle(.interfaceRemoved(Gateway.tun0))
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
  }

  @Test func `an answer to a lookup that nobody made is ignored`() {
    var gateway = gateway()
    #expect(gateway.handle(.route(.gateway(Gateway.zt0), to: member, from: Gateway.eth0)) == [])
    #expect(gateway.engine.sessionCount == 0)
  }

  @Test func `an iface rule of the same prefix asks on its interface as well`() {
    var gateway = Gateway(("2001:db8::/32", .auto), ("2001:db8::/32", .interface("zt1")))
    _ = gateway.ask(solicitation())
    #expect(
      gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
        == [probe(), probe(on: Gateway.zt1)])
    let lost = ip("2001:db8:1:0:ff::99")
    _ = gateway.ask(solicitation(for: lost))
    #expect(
      gateway.handle(.route(.unreachable, to: lost, from: Gateway.eth0)) == [
        probe(for: lost, on: Gateway.zt1)
      ])
  }
}
