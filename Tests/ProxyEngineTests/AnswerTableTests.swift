import NDPWire
import ProxyModel
import TestSupport
import Testing

@testable import ProxyEngine

/// What is answered at once is what the engine would have said, and is counted like it.
struct AnswerTableTests {
  private static let rules = [
    ("2001:db8:1:0:ff::/80", Ruleset.Method.static), ("2001:db8:1:0:ff:1::/96", .interface("zt0")),
    ("2001:db8:1:0:ff:2::/96", .auto), ("2001:db8:1:0:fe::/80", .static), ("::/0", .static),
  ]

  private func ruleset(
    _ source: Ruleset.AdvertisementSource, asksAtHome: Bool = false
  ) -> Ruleset {
    var proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: Self.rules.map { prefix, method in
        let isWide = prefix == "::/0"
        return Ruleset.Rule(
          prefix: IPv6Prefix(prefix)!, method: method,
          excluded: isWide ? [IPv6Prefix("2001:db8:5::/48")!] : [])
      })
    proxy.source = source
    var other = Ruleset.Proxy(
      interface: "zt0", isRouter: false, timers: Ruleset.Timers(),
      rules: [Ruleset.Rule(prefix: IPv6Prefix("2001:db8:7::/64")!, method: .static)])
    other.isOverride = true
    if asksAtHome {
      other.rules.append(
        Ruleset.Rule(prefix: IPv6Prefix("2001:db8:8::/64")!, method: .interface("zt*")))
    }
    return Ruleset(proxies: [proxy, other])
  }

  /// A question of any kind, with addresses that mean something to the gateway.
  private func question(
    using random: inout SeededGenerator
  ) -> EthernetFrame<NeighborSolicitation> {
    func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }
    let target = pick(
      [
        "2001:db8:1:0:ff::10", "2001:db8:1:0:ff::10", "2001:db8:1:0:ff:1:0:1", "2001:db8:1::2",
        "2001:db8:1:0:ff:2:0:1", "2001:db8:1:0:fe::9", "2001:db8:5::1", "2001:db8:1::", "fe80::100",
        "::1", "::ffff:1.2.3.4", "::1.2.3.4", "2001:db8:1:0:ff::1", "2001:db8:7::1", "fe80::aa",
        "2001:db8:8::1", "2001:db8:1:0:ff::",
      ].map { IPv6Address($0)! })
    let source = pick(
      [
        "fe80::aa", "fe80::aa", "2001:db8:1::aa", "2001:db8:9::aa", "::", "fe80::100", "fe80::101",
        "2001:db8:1:0:ff::10", "2001:db8:1::2", "fe80:1::5",
      ].map { IPv6Address($0)! })
    let station = pick([mac(0xaa), mac(0xaa), mac(0xbb), mac(0x100), mac(0x101), mac(0x102)])
    let claimed = pick([station, station, nil, mac(0xcc), mac(0x100), mac(0x101)])
    let isUnicast = !source.isUnspecified && Bool.random(using: &random)
    return EthernetFrame(
      source: station,
      destination: isUnicast ? mac(0x100) : MACAddress(multicast: target.solicitedNodeMulticast),
      message: NeighborSolicitation(
        source: source, destination: isUnicast ? target : target.solicitedNodeMulticast,
        target: target, sourceLinkLayerAddress: source.isUnspecified ? nil : claimed))
  }

  @Test(arguments: [
    Ruleset.AdvertisementSource.auto, .linkLocal, .global, .target,
    .address(IPv6Address("2001:db8:1::2")!), .address(IPv6Address("2001:db8:1::99")!),
  ])
  func `it says what the engine says`(source: Ruleset.AdvertisementSource) {
    var random = SeededGenerator(seed: 1)
    var answered = 0
    for asksAtHome in [false, true] {
      var fast = Gateway()
      fast.engine = Engine(ruleset: ruleset(source, asksAtHome: asksAtHome))
      var slow = Gateway()
      slow.engine = Engine(ruleset: ruleset(source, asksAtHome: asksAtHome))
      for gateway in 0..<2 {
        var interfaces = Gateway.interfaces
        // A second address of each scope, so that there is a choice.
        if gateway == 1 {
          interfaces[0].addresses += [own("fe80::200", 64), own("2001:db8:9::2", 64)]
        }
        _ = fast.handle(.interfacesRead(interfaces))
        _ = slow.handle(.interfacesRead(interfaces))
        for _ in 0..<5000 {
          let frame = question(using: &random)
          let index = [Gateway.eth0, Gateway.eth0, Gateway.zt0, Gateway.zt1].randomElement(
            using: &random)!
          let event = Event.solicitation(frame, on: index)
          let expected = slow.handle(event)
          let answer = fast.engine.answer(frame, on: index)
          if let answer {
            answered += 1
            #expect(expected == [.advertise(answer, on: index)])
          } else {
            #expect(fast.handle(event) == expected)
          }
        }
      }
      #expect("\(fast.engine.counters)" == "\(slow.engine.counters)")
    }
    let isSomewhere = source != .address(IPv6Address("2001:db8:1::99")!)
    #expect(answered > 500 || !isSomewhere)
  }

  @Test func `a change of addresses, rules or the link-layer address counts at once`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    #expect(gateway.engine.answer(solicitation(), on: Gateway.eth0)?.source == mac(0x100))
    var changed = Gateway.interfaces[0]
    changed.linkLayerAddress = mac(0x111)
    _ = gateway.handle(.interfaceChanged(changed))
    #expect(gateway.engine.answer(solicitation(), on: Gateway.eth0)?.source == mac(0x111))
    changed.addresses.append(own("2001:db8:1:0:ff::10", 128))
    _ = gateway.handle(.interfaceChanged(changed))
    #expect(gateway.engine.answer(solicitation(), on: Gateway.eth0) == nil)
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    #expect(gateway.engine.answer(solicitation(), on: Gateway.eth0) != nil)
    _ = gateway.replace(Ruleset(proxies: []), limits: Limits())
    #expect(gateway.engine.answer(solicitation(), on: Gateway.eth0) == nil)
  }

  @Test func `questions without an answer are no change`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    var mute = Gateway.interfaces[0]
    mute.addresses = []
    _ = gateway.handle(.interfaceChanged(mute))
    #expect(gateway.ask(solicitation()) == [.reportMissingSource(on: Gateway.eth0)])
    #expect(gateway.engine.answer(solicitation(), on: Gateway.eth0) == nil)
    #expect(gateway.ask(solicitation()) == [])
    let areCurrent = gateway.engine.areAnswersCurrent
    #expect(areCurrent)
  }

  @Test func `a limit of advertisements is the engine's to keep`() {
    var limits = Limits()
    limits.advertisementsPerSecond = 100
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static), limits: limits)
    #expect(gateway.engine.answer(solicitation(), on: Gateway.eth0) == nil)
  }
}
