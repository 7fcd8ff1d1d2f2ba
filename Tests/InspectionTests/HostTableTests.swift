import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel
import Testing

@testable import Inspection

private func link(
  _ index: Int32, _ name: String, isUp: Bool = true, isRunning: Bool = true,
  master: Int32? = nil, address: String? = "02:00:00:00:00:01",
  hasNeighborDiscovery: Bool = true, alternativeNames: [String] = []
) -> Link {
  Link(
    index: index, name: name, linkLayerAddress: address.flatMap(MACAddress.init), isUp: isUp,
    isRunning: isRunning, master: master, hasNeighborDiscovery: hasNeighborDiscovery,
    alternativeNames: alternativeNames)
}

private func address(_ index: Int32, _ text: String, isTentative: Bool = false) -> LinkAddress {
  LinkAddress(
    index: index, address: IPv6Address(text)!, prefixLength: 64, isTentative: isTentative,
    isDeprecated: false)
}

private func addresses(in event: Event?) -> [String]? {
  guard case .interfaceChanged(let interface)? = event else { return nil }
  return interface.addresses.map { "\($0.address) \($0.state)" }
}

struct HostTableTests {
  @Test func `addresses gather under their interface, each in its place`() {
    var host = HostTable()
    #expect(host.apply(.address(address(7, "2001:db8::1"))) == nil, "its link is yet to come")
    #expect(addresses(in: host.apply(.link(link(7, "eth0")))) == ["2001:db8::1 preferred"])
    _ = host.apply(.address(address(7, "fe80::1", isTentative: true)))
    // The same address again, now usable, and another's lifetime renewed.
    _ = host.apply(.address(address(7, "2001:db8::1")))
    let event = host.apply(.address(address(7, "fe80::1")))
    #expect(addresses(in: event) == ["2001:db8::1 preferred", "fe80::1 preferred"])
    #expect(
      addresses(in: host.apply(.addressRemoved(address(7, "2001:db8::1")))) == ["fe80::1 preferred"]
    )
    #expect(host.hasAddresses(7))
    #expect(addresses(in: host.apply(.addressRemoved(address(7, "fe80::1")))) == [])
    #expect(!host.hasAddresses(7) && !host.hasAddresses(8))
  }

  @Test func `a removed link takes its addresses along`() {
    var host = HostTable()
    _ = host.apply(.link(link(7, "eth0")))
    _ = host.apply(.address(address(7, "2001:db8::1")))
    guard case .interfaceRemoved(let index)? = host.apply(.linkRemoved(7)) else {
      Issue.record("no event")
      return
    }
    #expect(index == InterfaceIndex(7))
    #expect(host.apply(.linkRemoved(7)) == nil, "it is gone already")
    #expect(addresses(in: host.apply(.link(link(7, "eth0")))) == [])
  }

  @Test func `frames come and go where an interface is up and nobody's port`() {
    let rows = [
      (link(7, "eth0"), true), (link(7, "eth0", isUp: false), false),
      (link(7, "eth0", isRunning: false), true), (link(7, "eth0", master: 9), false),
    ]
    for (link, isUp) in rows {
      var host = HostTable()
      guard case .interfaceChanged(let interface)? = host.apply(.link(link)) else {
        Issue.record("no event")
        continue
      }
      #expect(interface.isUp == isUp, "\(link)")
      #expect(interface.isRunning == link.isRunning)
    }
  }

  @Test func `a table read anew leads from the old one to the new one`() {
    var old = HostTable()
    _ = old.apply(.link(link(7, "eth0")))
    _ = old.apply(.link(link(8, "zt0")))
    var new = HostTable()
    _ = new.apply(.link(link(8, "zt0")))
    _ = new.apply(.link(link(9, "eth0")))
    guard case .interfacesRead(let interfaces) = new.event else {
      Issue.record("\(new.event)")
      return
    }
    #expect(interfaces.map { "\($0.index.rawValue) \($0.name)" } == ["8 zt0", "9 eth0"])
  }

  @Test func `an interface is found by each of its names, and by no name that it had`() {
    var host = HostTable()
    _ = host.apply(.link(link(7, "eno1", alternativeNames: ["enp3s0", "enx020000000007"])))
    for name in ["eno1", "enp3s0", "enx020000000007"] {
      #expect(host.link(named: name)?.index == 7, "\(name)")
    }
    #expect(host.links(matching: "en*").map(\.index) == [7])
    #expect(host.links(matching: "enp*").map(\.index) == [7])
    _ = host.apply(.link(link(7, "lan0", alternativeNames: ["eno1"])))
    #expect(host.link(named: "enp3s0") == nil)
    #expect(host.link(named: "eno1")?.name == "lan0")
    // Another one takes a name over before it is told that the first has lost it.
    _ = host.apply(.link(link(8, "eno1")))
    _ = host.apply(.link(link(7, "lan0")))
    #expect(host.link(named: "eno1")?.index == 8)
  }
}

struct PatternConditionsTests {
  @Test func `one usable interface is enough, and its going shows`() {
    var conditions = PatternConditions()
    #expect(conditions.summary == .unmatched)
    conditions.set(7, to: .down)
    #expect(conditions.summary == .down)
    conditions.set(8, to: .usable)
    conditions.set(8, to: .usable)
    #expect(conditions.summary == .usable)
    conditions.set(8, to: nil)
    #expect(conditions.summary == .down)
    conditions.set(7, to: .usable)
    conditions.set(7, to: .enslaved("br0"))
    #expect(conditions.summary == .enslaved("br0"))
    conditions.set(7, to: nil)
    #expect(conditions.summary == .unmatched)
  }
}

struct InterfacePlanTests {
  private let plan = InterfacePlan(
    Ruleset(proxies: [
      .init(
        interface: "eth0", isRouter: true, timers: .init(),
        rules: [
          .init(prefix: IPv6Prefix("2001:db8::/64")!, method: .interface("zt0")),
          .init(prefix: IPv6Prefix("2001:db9::/64")!, method: .interface("zt0")),
          .init(prefix: IPv6Prefix("2001:dba::/64")!, method: .static),
        ])
    ]))

  @Test func `each interface is named once, with what it is for`() {
    #expect(plan.names == ["eth0", "zt0"])
    #expect(plan.purpose(of: "eth0")?.solicitedPrefixes.count == 3)
    #expect(plan.proxyNames == ["eth0"])
    #expect(plan.purpose(of: "zt0") == nil && plan.isAsked("zt0") && !plan.isAsked("eth0"))
    #expect(plan.asks)
  }

  @Test func `what stands in the way is told apart`() {
    var host = HostTable()
    #expect(plan.condition(of: "eth0", in: host) == .missing)
    _ = host.apply(.link(link(7, "eth0", isUp: false)))
    #expect(plan.condition(of: "eth0", in: host) == .down)
    _ = host.apply(.link(link(7, "eth0")))
    #expect(plan.condition(of: "eth0", in: host) == .usable)
    _ = host.apply(.link(link(9, "br0")))
    _ = host.apply(.link(link(7, "eth0", master: 9)))
    #expect(plan.condition(of: "eth0", in: host) == .enslaved("br0"))
    for name in ["eth0", "zt0"] {
      _ = host.apply(.link(link(7, name, address: nil, hasNeighborDiscovery: false)))
      let condition = plan.condition(of: name, in: host)
      #expect(condition == (name == "eth0" ? .notEthernet : .noNeighbors))
      #expect(!condition.allowsSocket)
      #expect(condition.sentence(about: name).hasPrefix("\(name): "))
    }
  }
  @Test func `a pattern is as well off as the best interface that matches`() {
    let plan = InterfacePlan(
      Ruleset(proxies: [
        .init(
          interface: "eth0", isRouter: true, timers: .init(),
          rules: [.init(prefix: IPv6Prefix("2001:db8::/64")!, method: .interface("zt*"))])
      ]))
    var host = HostTable()
    #expect(plan.condition(of: "zt*", in: host) == .unmatched)
    _ = host.apply(.link(link(9, "br0")))
    _ = host.apply(.link(link(7, "zt0", master: 9)))
    #expect(plan.condition(of: "zt*", in: host) == .enslaved("br0"))
    _ = host.apply(.link(link(8, "zt1")))
    #expect(plan.condition(of: "zt*", in: host) == .usable)
    _ = host.apply(.link(link(7, "zt0", isUp: false)))
    _ = host.apply(.link(link(8, "zt1", address: nil, hasNeighborDiscovery: false)))
    #expect(plan.condition(of: "zt*", in: host) == .down)
  }
}
