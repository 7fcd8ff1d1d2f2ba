import NDPWire
import ProxyEngine
import ProxyModel
import Testing

struct StaticRuleTests {
  @Test func `a link-local asker is answered from the link-local address`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.engine.sessionCount == 0)
    #expect(gateway.engine.nextDeadline == nil)
  }

  @Test func `a global asker is answered from the address of its prefix`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    let asker = ip("2001:db8:1::1")
    #expect(
      gateway.ask(solicitation(from: asker)) == [answer(to: asker, from: ip("2001:db8:1::2"))])
  }

  @Test func `an asker of another prefix is answered from a global address`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    let asker = ip("2001:db8:99::fd")
    #expect(
      gateway.ask(solicitation(from: asker)) == [answer(to: asker, from: ip("2001:db8:1::2"))])
  }

  @Test func `a unicast solicitation is answered like any other`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    #expect(gateway.ask(solicitation(to: member)) == [answer()])
    #expect(gateway.ask(solicitation(to: ip("fe80::100"))) == [answer()])
  }

  @Test func `without a source link-layer address the frame's source is answered`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    #expect(gateway.ask(solicitation(mac: mac(0xab), answerTo: nil)) == [answer(at: mac(0xab))])
  }

  @Test func `the source link-layer address wins over the frame's source`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    #expect(
      gateway.ask(solicitation(mac: mac(0xab), answerTo: mac(0xcd))) == [answer(at: mac(0xcd))])
  }

  @Test func `the router flag is the configuration's`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static), isRouter: false)
    #expect(gateway.ask(solicitation()) == [answer(isRouter: false)])
  }

  static let refused: [(String, EthernetFrame<NeighborSolicitation>, DiscardReason)] = [
    ("no rule", solicitation(for: ip("2001:db9::1")), .noRule),
    ("link-local target", solicitation(for: ip("fe80::1234")), .targetNotProxied),
    ("unspecified target", solicitation(for: ip("::")), .targetNotProxied),
    ("loopback target", solicitation(for: ip("::1")), .targetNotProxied),
    ("IPv4-mapped target", solicitation(for: ip("::ffff:192.0.2.1")), .targetNotProxied),
    ("our link-local address", solicitation(for: ip("fe80::100")), .targetNotProxied),
    ("our global address", solicitation(for: ip("2001:db8:1::2")), .ownAddress),
    ("our subnet-router anycast address", solicitation(for: ip("2001:db8:1::")), .ownAddress),
    ("asker asks for itself", solicitation(from: member), .askerIsTarget),
    ("our own frame", solicitation(mac: mac(0x100), answerTo: nil), .ownFrame),
    ("our link-layer address in the option", solicitation(answerTo: mac(0x100)), .ownFrame),
    ("our own source", solicitation(from: ip("fe80::100")), .ownFrame),
    ("duplicate detection", duplicateDetection(), .duplicateAddressDetection),
  ]

  @Test(arguments: refused)
  func `what must not be answered is discarded and counted`(
    name: String, frame: EthernetFrame<NeighborSolicitation>, reason: DiscardReason
  ) {
    var gateway = Gateway(
      ("2001:db8::/32", .static), ("fe80::/10", .static), ("::/32", .static))
    #expect(gateway.ask(frame) == [], "\(name)")
    #expect(gateway.engine.counters[reason] == 1, "\(name)")
    #expect(gateway.engine.counters.advertised == 0, "\(name)")
  }

  @Test func `a tentative address of ours is left to the kernel`() {
    var gateway = Gateway(("2001:db8::/32", .static))
    var eth0 = Gateway.interfaces[0]
    eth0.addresses.append(own("2001:db8:7::7", 128, .tentative))
    _ = gateway.handle(.interfaceChanged(eth0))
    #expect(gateway.ask(solicitation(for: ip("2001:db8:7::7"))) == [])
    #expect(
      gateway.ask(solicitation(from: ip("2001:db8:7::8"))).first
        == answer(
          to: ip("2001:db8:7::8"), from: ip("2001:db8:1::2")))
  }

  @Test func `a static rule for one address defends it`() {
    var gateway = Gateway(("2001:db8:1:0:ff::10/128", .static))
    #expect(gateway.ask(duplicateDetection()) == [defence()])
  }

  @Test func `an address of another interface is answered at once`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    let own = ip("2001:db8:1:0:ff::1")
    #expect(gateway.ask(solicitation(for: own)) == [answer(for: own)])
    #expect(gateway.engine.sessionCount == 0)
  }

  @Test func `solicitations on other interfaces are nobody's`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    #expect(gateway.handle(.solicitation(solicitation(), on: Gateway.zt0)) == [])
    #expect(gateway.engine.counters[.notProxyInterface] == 1)
  }

  @Test func `an interface without any address cannot answer`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    var eth0 = Gateway.interfaces[0]
    eth0.addresses = [own("fe80::100", 64, .tentative)]
    _ = gateway.handle(.interfaceChanged(eth0))
    #expect(gateway.ask(solicitation()) == [.reportMissingSource(on: Gateway.eth0)])
    #expect(gateway.ask(solicitation()) == [], "it is said once")
    #expect(gateway.engine.counters[.noSourceAddress] == 2)
    // A router advertisement renews an address: nothing is different.
    _ = gateway.handle(.interfaceChanged(eth0))
    #expect(gateway.ask(solicitation()) == [])
    eth0.addresses[0] = own("fe80::100", 64, .duplicate)
    _ = gateway.handle(.interfaceChanged(eth0))
    #expect(gateway.ask(solicitation()) == [.reportMissingSource(on: Gateway.eth0)])
    _ = gateway.handle(.interfaceChanged(Gateway.interfaces[0]))
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `a changed link-layer address is advertised from then on`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    var eth0 = Gateway.interfaces[0]
    eth0.linkLayerAddress = mac(0x999)
    _ = gateway.handle(.interfaceChanged(eth0))
    guard case .advertise(let frame, _) = gateway.ask(solicitation()).first else {
      Issue.record("no answer")
      return
    }
    #expect(frame.source == mac(0x999))
    #expect(frame.message.targetLinkLayerAddress == mac(0x999))
  }

  @Test func `the longest prefix decides, whatever the order`() {
    let rules: [(String, Ruleset.Method)] = [
      ("2001:db8:1::/64", .interface("zt0")), ("2001:db8:1:0:ff::/80", .static),
    ]
    for (first, second) in [(rules[0], rules[1]), (rules[1], rules[0])] {
      var gateway = Gateway(first, second)
      #expect(gateway.ask(solicitation()) == [answer()])
      let outside = ip("2001:db8:1::77")
      #expect(gateway.ask(solicitation(for: outside)) == [probe(for: outside)])
    }
  }

  @Test func `excluded targets are not answered for, unless a longer rule is about them`() {
    let proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [
        .init(
          prefix: IPv6Prefix("2001:db8:1::/64")!, method: .static,
          excluded: ["2001:db8:1:0:ff::/80", "2001:db8:1:0:fe::/80"].map { IPv6Prefix($0)! }),
        .init(prefix: IPv6Prefix("2001:db8:1:0:ff::10/128")!, method: .static),
        .init(prefix: IPv6Prefix("2001:db8:1:0:fe::/80")!, method: .static),
        .init(prefix: IPv6Prefix("2001:db8::/32")!, method: .static),
      ])
    var gateway = Gateway(("::/0", .static))
    gateway.engine = Engine(ruleset: Ruleset(proxies: [proxy]))
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    let answered = [
      "2001:db8:1::1": true, "2001:db8:1:0:ff::11": false, "2001:db8:1:0:ff::10": true,
      "2001:db8:1:0:fe::1": true,
    ]
    for (text, isAnswered) in answered {
      let actions = gateway.ask(solicitation(for: ip(text)))
      #expect(actions == (isAnswered ? [answer(for: ip(text))] : []), "\(text)")
    }
    #expect(gateway.engine.counters[.excluded] == 1)
  }

  @Test func `by default every question is answered, however many there are at once`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    for _ in 0..<300_000 { #expect(gateway.ask(solicitation()).count == 1) }
    #expect(gateway.engine.counters[.advertisementLimit] == 0)
  }

  @Test func `no more answers than the limit, and again a second later`() {
    var limits = Limits()
    limits.advertisementsPerSecond = 80
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static), limits: limits)
    let answers = (0..<25).map { _ in gateway.ask(solicitation()).count }
    // Half of a quarter, and then its own share.
    #expect(answers == [Int](repeating: 1, count: 13) + [Int](repeating: 0, count: 12))
    #expect(gateway.engine.counters[.advertisementLimit] == 12)
    _ = gateway.wait(milliseconds: 100)
    #expect(gateway.ask(solicitation()).count == 1)
  }
}
