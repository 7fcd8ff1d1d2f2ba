import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// What is counted for which interface and rule.
struct CountersTests {
  private static let inside = "2001:db8:1:0:ff::/80"

  private func tally(_ gateway: borrowing Gateway, _ name: String) -> Tally? {
    gateway.engine.counters.interfaces.first { $0.name == name }?.tally
  }

  @Test func `rules of one prefix tell what each is for, as long as that is short`() {
    let texts = ["a", "b", "b"] + (0..<20).map { "\($0) \(String(repeating: "x", count: 60))" }
    let proxy = Ruleset.Proxy(
      interface: "eth0",
      rules: texts.enumerated().map {
        var rule = Ruleset.Rule(
          prefix: IPv6Prefix("2001:db8::/64")!, method: .interface(InterfacePattern("zt\($0)")))
        rule.description = $1
        return rule
      })
    let engine = Engine(ruleset: Ruleset(proxies: [proxy]))
    let summaries = engine.ruleSummaries(from: 0, limit: 1)
    let description = summaries[0].rule.description
    #expect(description.hasPrefix("a; b; 0 x"))
    #expect(description.utf8.count < 500)
  }

  @Test func `messages are counted where they come and go`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.answer(advertisement(of: ip("2001:db8:1:0:ff::77")))
    _ = gateway.handle(.malformed(.checksum, on: Gateway.zt0))
    _ = gateway.handle(.malformed(.hopLimit))
    let eth0 = tally(gateway, "eth0")
    let zt0 = tally(gateway, "zt0")
    #expect(eth0?.solicitationsReceived == 1)
    #expect(eth0?.advertised == 1)
    #expect(eth0?.solicited == 0)
    #expect(zt0?.solicited == 1)
    #expect(zt0?.advertisementsReceived == 2)
    #expect(zt0?[.advertisementNotAwaited] == 1)
    #expect(eth0?[.advertisementNotAwaited] == 0)
    #expect(zt0?[.checksum] == 1)
    #expect(gateway.engine.counters[.checksum] == 1)
    #expect(gateway.engine.counters[.hopLimit] == 1)
    #expect(tally(gateway, "zt1") == nil)
  }

  @Test func `what time brings is nobody's`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 5000)
    #expect(gateway.engine.counters.solicited == 3)
    #expect(tally(gateway, "zt0")?.solicited == 3)
  }

  @Test func `a route that is missing counts where the question came`() {
    var gateway = Gateway((Self.inside, .auto))
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.route(.unreachable, to: member, from: Gateway.eth0))
    #expect(tally(gateway, "eth0")?[.noRoute] == 1)
  }

  @Test func `an interface that comes back goes on counting`() {
    var gateway = Gateway((Self.inside, .static))
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.interfaceRemoved(Gateway.eth0))
    let again = Interface(
      index: InterfaceIndex(9), name: "eth0", linkLayerAddress: mac(0x100), isUp: true,
      hasNeighborDiscovery: true, addresses: [own("fe80::100", 64)])
    _ = gateway.handle(.interfaceChanged(again))
    _ = gateway.handle(.solicitation(solicitation(), on: InterfaceIndex(9)))
    #expect(tally(gateway, "eth0")?.advertised == 2)
    #expect(gateway.engine.counters.interfaces.count == 1)
  }

  @Test func `of very many interfaces some are counted in the total alone`() {
    var gateway = Gateway((Self.inside, .static))
    for number in 0..<300 {
      let index = InterfaceIndex(Int32(100 + number))
      _ = gateway.handle(
        .interfaceChanged(
          Interface(
            index: index, name: "veth\(number)", linkLayerAddress: mac(UInt64(0x1000 + number)),
            isUp: true, hasNeighborDiscovery: true, addresses: [])))
      _ = gateway.handle(.malformed(.checksum, on: index))
    }
    #expect(gateway.engine.counters.interfaces.count == 256)
    #expect(gateway.engine.counters[.checksum] == 300)
    // The place of one that is gone is free for another.
    _ = gateway.handle(.interfaceRemoved(InterfaceIndex(100)))
    _ = gateway.handle(.malformed(.checksum, on: InterfaceIndex(399)))
    #expect(tally(gateway, "veth299")?[.checksum] == 1)
    #expect(tally(gateway, "veth0") == nil)
  }

  @Test func `rules count questions and answers, and go on after a reload`() {
    let other = "2001:db8:9::/64"
    var gateway = Gateway((other, .static), (Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.ask(solicitation(from: ip("fe80::ab")))
    _ = gateway.answer(advertisement())
    _ = gateway.ask(solicitation())
    _ = gateway.ask(solicitation(for: ip("2001:db8:9::1")))
    func counts(_ gateway: borrowing Gateway) -> [[UInt64]] {
      gateway.engine.ruleSummaries(from: 0, limit: 10).map {
        [UInt64($0.rule.prefix.length), $0.count.questions, $0.count.answers]
      }
    }
    #expect(counts(gateway) == [[64, 1, 1], [80, 3, 3]])
    #expect(gateway.engine.ruleSummaries(from: 1, limit: 1).map(\.rule.prefix.length) == [80])
    let proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [
        Ruleset.Rule(prefix: IPv6Prefix(Self.inside)!, method: .static),
        Ruleset.Rule(prefix: IPv6Prefix("2001:db8:8::/64")!, method: .static),
      ])
    _ = gateway.replace(Ruleset(proxies: [proxy]), limits: Limits())
    #expect(counts(gateway) == [[80, 3, 3], [64, 0, 0]])
  }

  @Test func `who waits is counted by how long`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 300)
    // Asking again does not make the wait shorter.
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 200)
    _ = gateway.answer(advertisement())
    let waits = gateway.engine.counters.waits
    #expect(waits.count == 1)
    #expect(waits.sum == 500_000_000)
    _ = gateway.ask(solicitation())
    #expect(gateway.engine.counters.waits.count == 1)
  }

  @Test func `targets are forgotten by prefix, and listed page by page`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    for number in 1...9 { _ = gateway.ask(solicitation(for: ip("2001:db8:1:0:ff::\(number)00"))) }
    var seen: Set<IPv6Address> = []
    var start: Int? = 0
    while let from = start {
      let page = gateway.engine.sessionSummaries(from: from, limit: 4)
      #expect(page.sessions.count <= 4)
      seen.formUnion(page.sessions.map(\.target))
      start = page.next
    }
    #expect(seen.count == 8 || seen.count == 9)
    var actions: [Action] = []
    let known = gateway.engine.sessionCount
    #expect(
      gateway.engine.forgetTargets(
        in: IPv6Prefix("2001:db8:1:0:ff::200/120")!, into: &actions) == 1)
    #expect(gateway.engine.sessionCount == known - 1)
    #expect(
      gateway.engine.forgetTargets(in: IPv6Prefix("::/0")!, into: &actions) == known - 1)
    #expect(gateway.engine.sessionCount == 0)
  }

  static let times: [(UInt64, Int)] = [
    (0, 0), (1, 0), (1000, 0), (1001, 1), (2000, 1), (2001, 2), (4000, 2), (1_000_000, 10),
    (16_777_216_000, 24), (16_777_216_001, 25), (.max / 2, 25),
  ]

  @Test(arguments: times)
  func `a bucket takes what is no more than its bound`(nanoseconds: UInt64, place: Int) {
    var histogram = LatencyHistogram()
    histogram.add(nanoseconds, times: 3)
    #expect(histogram.counts.firstIndex(of: 3) == place)
    #expect(histogram.count == 3)
    var sum = LatencyHistogram()
    sum.add(histogram)
    #expect(sum.counts == histogram.counts)
  }
}

/// The names by which users' monitoring knows reasons: a change here breaks somebody's graph.
struct ReasonNameTests {
  @Test func `reasons to ignore a message keep their names`() {
    #expect(
      DiscardReason.allCases.map(\.name).joined(separator: " ") == """
        notProxyInterface noRule excluded conditionUnmet ownAddress targetNotProxied ownFrame \
        askerIsTarget \
        duplicateAddressDetection ruleInterfaceUnavailable targetUpstream askerOffLink \
        offLinkLimit sessionLimit noRoute routeLookupFailed askedHere targetFailed \
        noSourceAddress advertisementLimit solicitationLimit routeLookupLimit \
        advertisementNotAwaited advertisementNotSolicited conflictingOwner \
        otherGateway advertisementLinkLayerAddress
        """)
  }

  @Test func `reasons to drop a frame keep their names`() {
    #expect(
      DropReason.allCases.map(\.name).joined(separator: " ") == """
        truncatedFrame notIPv6 frameSourceNotUnicast payloadLongerThanFrame fragment \
        extensionHeader notICMPv6 notNeighborDiscovery hopLimit code truncatedMessage checksum \
        source destination targetMulticast unspecifiedSourceDestination \
        unspecifiedSourceLinkLayerAddress solicitedMulticast zeroLengthOption truncatedOption \
        linkLayerAddressLength linkLayerAddressNotUnicast
        """)
  }
}
