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
      ].map { IPv6Address($0)! } + members + members + members)
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

  /// The same rules and the same events twice: one gateway answers from the table whatever it can.
  private struct Pair: ~Copyable {
    var fast = Gateway()
    var slow = Gateway()
    var answers = 0
    var answersForKnown = 0

    init(_ ruleset: Ruleset) {
      fast.engine = Engine(ruleset: ruleset)
      slow.engine = Engine(ruleset: ruleset)
    }

    /// Both do the same.
    @discardableResult
    mutating func handle(_ event: Event) -> [Action] {
      let expected = slow.handle(event)
      #expect(fast.handle(event) == expected)
      return expected
    }

    mutating func ask(_ frame: EthernetFrame<NeighborSolicitation>, on index: InterfaceIndex) {
      let event = Event.solicitation(frame, on: index)
      let expected = slow.handle(event)
      if let answer = fast.engine.answer(frame, on: index, now: fast.now) {
        answers += 1
        if members.contains(frame.message.target) { answersForKnown += 1 }
        #expect(expected == [.advertise(answer, on: index)])
      } else {
        #expect(fast.handle(event) == expected)
      }
      for case .lookUpRoute(let target, let index) in expected {
        handle(.route(.onLink(Gateway.zt0), to: target, from: index))
      }
    }

    mutating func wait(milliseconds: UInt64) {
      #expect(fast.wait(milliseconds: milliseconds) == slow.wait(milliseconds: milliseconds))
    }
  }

  /// What the members behind an `iface` and an `auto` rule say, first hand or not.
  private func memberAnswer(using random: inout SeededGenerator) -> Event {
    let target = members.randomElement(using: &random)!
    let isFirstHand = Int.random(in: 0..<16, using: &random) > 0
    return .advertisement(
      EthernetFrame(
        source: mac(0xdd), destination: mac(0x101),
        message: NeighborAdvertisement(
          source: target, destination: ip("fe80::101"), target: target, isRouter: false,
          isSolicited: true, isOverride: isFirstHand, targetLinkLayerAddress: mac(0xdd))),
      on: Gateway.zt0)
  }

  @Test(arguments: [
    Ruleset.AdvertisementSource.auto, .linkLocal, .global, .target,
    .address(IPv6Address("2001:db8:1::2")!), .address(IPv6Address("2001:db8:1::99")!),
  ])
  func `it says what the engine says`(source: Ruleset.AdvertisementSource) {
    var random = SeededGenerator(seed: 1)
    var (answers, answersForKnown) = (0, 0)
    for asksAtHome in [false, true] {
      var pair = Pair(ruleset(source, asksAtHome: asksAtHome))
      for round in 0..<2 {
        var interfaces = Gateway.interfaces
        // A second address of each scope, so that there is a choice.
        if round == 1 {
          interfaces[0].addresses += [own("fe80::200", 64), own("2001:db8:9::2", 64)]
        }
        pair.handle(.interfacesRead(interfaces))
        for _ in 0..<5000 {
          pair.ask(
            question(using: &random),
            on: [Gateway.eth0, Gateway.eth0, Gateway.zt0, Gateway.zt1].randomElement(
              using: &random)!)
          if Bool.random(using: &random) { pair.handle(memberAnswer(using: &random)) }
          if Int.random(in: 0..<50, using: &random) == 0 { pair.handle(.routesChanged) }
          pair.wait(milliseconds: .random(in: 0..<200, using: &random))
        }
      }
      #expect("\(pair.fast.engine.counters)" == "\(pair.slow.engine.counters)")
      let known = pair.fast.engine.sessionSummaries(from: 0, limit: 100).sessions
      #expect("\(known)" == "\(pair.slow.engine.sessionSummaries(from: 0, limit: 100).sessions)")
      answers += pair.answers
      answersForKnown += pair.answersForKnown
    }
    let isSomewhere = source != .address(IPv6Address("2001:db8:1::99")!)
    #expect(answers > 500 || !isSomewhere)
    #expect(answersForKnown > 200 || !isSomewhere, "\(answersForKnown)")
  }

  @Test func `a change of addresses, rules or the link-layer address counts at once`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    #expect(gateway.answerAtOnce()?.source == mac(0x100))
    var changed = Gateway.interfaces[0]
    changed.linkLayerAddress = mac(0x111)
    _ = gateway.handle(.interfaceChanged(changed))
    #expect(gateway.answerAtOnce()?.source == mac(0x111))
    changed.addresses.append(own("2001:db8:1:0:ff::10", 128))
    _ = gateway.handle(.interfaceChanged(changed))
    #expect(gateway.answerAtOnce() == nil)
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    #expect(gateway.answerAtOnce() != nil)
    _ = gateway.replace(Ruleset(proxies: []), limits: Limits())
    #expect(gateway.answerAtOnce() == nil)
  }

  @Test func `questions without an answer are no change`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    var mute = Gateway.interfaces[0]
    mute.addresses = []
    _ = gateway.handle(.interfaceChanged(mute))
    #expect(gateway.ask(solicitation()) == [.reportMissingSource(on: Gateway.eth0)])
    #expect(gateway.answerAtOnce() == nil)
    #expect(gateway.ask(solicitation()) == [])
    let areCurrent = gateway.engine.answers.areCurrent
    #expect(areCurrent)
  }

  @Test func `a limit of advertisements is the engine's to keep`() {
    var limits = Limits()
    limits.advertisementsPerSecond = 100
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static), limits: limits)
    #expect(gateway.answerAtOnce() == nil)
  }
}

/// One behind the `iface` rule and one behind `auto`.
private let members = [ip("2001:db8:1:0:ff:1:0:1"), ip("2001:db8:1:0:ff:2:0:1")]

extension Gateway {
  /// The answer to a router's question that needs no event.
  fileprivate mutating func answerAtOnce() -> EthernetFrame<NeighborAdvertisement>? {
    engine.answer(solicitation(), on: Self.eth0, now: now)
  }
}
