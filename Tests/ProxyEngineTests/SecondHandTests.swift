import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// What another proxy says of a target, and two proxies that listen to each other.
struct SecondHandTests {
  /// What a proxy behind `zt0` answers: without the Override flag (RFC 4861 §7.2.8).
  private static let hearsay = advertisement(isOverride: false)

  @Test func `hearsay serves who waits for it, and nobody after`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(Self.hearsay) == [answer()])
    _ = gateway.wait(milliseconds: 1000)
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.answer(Self.hearsay) == [answer()])
    // Too early to ask again: the asker waits until then.
    _ = gateway.wait(milliseconds: 300)
    #expect(gateway.ask(solicitation()) == [])
    #expect(gateway.wait(milliseconds: 700) == [probe()])
    #expect(gateway.answer(Self.hearsay) == [answer()])
  }

  @Test func `what the target says itself replaces hearsay`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    _ = gateway.ask(solicitation())
    let lie = advertisement(isOverride: false, linkLayerAddress: mac(0xbad))
    #expect(gateway.answer(lie) == [answer()])
    #expect(gateway.answer(advertisement()) == [])
    _ = gateway.wait(milliseconds: 1000)
    #expect(gateway.ask(solicitation()) == [answer()], "from what it said itself")
    // It is asked, and not who lied.
    #expect(gateway.ask(duplicateDetection()) == [unicastProbe()])
    #expect(gateway.answer(advertisement()) == [defence()])
  }

  @Test(arguments: [nil, memberMAC, mac(0xbad)])
  func `hearsay replaces nothing that the target said`(address: MACAddress?) {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 30_000) == [unicastProbe()])
    _ = gateway.answer(advertisement(isOverride: false, linkLayerAddress: address))
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 1000)
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `nor after routes have changed`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .auto))
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    _ = gateway.answer(Self.hearsay)
    _ = gateway.wait(milliseconds: 1000)
    _ = gateway.handle(.routesChanged)
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(
      gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)) == [probe()])
    #expect(gateway.answer(Self.hearsay) == [answer()])
  }

  @Test func `hearsay is not kept alive`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(Self.hearsay)
    #expect(gateway.wait(milliseconds: 60_000) == [])
  }

  @Test func `hearsay alone defends nobody`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(Self.hearsay)
    #expect(gateway.ask(duplicateDetection()) == [])
    _ = gateway.wait(milliseconds: 1000)
    #expect(gateway.ask(duplicateDetection()) == [unicastProbe()])
    #expect(gateway.answer(Self.hearsay) == [defence()])
  }

  /// Two links, and a proxy each way: what one asks the other hears (RFC 4389 §6).
  private struct Ring: ~Copyable {
    static let west = InterfaceIndex(2)
    static let east = InterfaceIndex(3)
    private var first: Engine
    private var second: Engine
    var now = Instant(nanoseconds: 1_000_000_000_000)
    var solicitations = 0
    var answers: [IPv6Address] = []
    /// Whether the target lives on the eastern link.
    var isAlive = true

    init() {
      func engine(_ number: UInt64, from: String, to: String) -> Engine {
        var timers = Ruleset.Timers()
        timers.ttl = .seconds(3)
        let rule = Ruleset.Rule(
          prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!, method: .interface(InterfacePattern(to)))
        let proxy = Ruleset.Proxy(interface: from, isRouter: true, timers: timers, rules: [rule])
        var engine = Engine(ruleset: Ruleset(proxies: [proxy]))
        var actions: [Action] = []
        for (index, name) in [(Self.west, "west"), (Self.east, "east")] {
          let place = number + UInt64(index.rawValue) * 16
          let interface = Interface(
            index: index, name: name, linkLayerAddress: mac(place), isUp: true,
            hasNeighborDiscovery: true,
            addresses: [
              own(IPv6Address(bits: ip("fe80::").bits | UInt128(place)).description, 64)
            ])
          engine.handle(
            .interfaceChanged(interface), now: Instant(nanoseconds: 1), into: &actions)
        }
        return engine
      }
      first = engine(0xa00, from: "west", to: "east")
      second = engine(0xb00, from: "east", to: "west")
    }

    /// Both engines, and the target, hear what is on a link.
    mutating func broadcast(_ frame: EthernetFrame<NeighborSolicitation>, on link: InterfaceIndex) {
      var actions: [Action] = []
      first.handle(.solicitation(frame, on: link), now: now, into: &actions)
      perform(actions)
      actions = []
      second.handle(.solicitation(frame, on: link), now: now, into: &actions)
      perform(actions)
      guard isAlive, link == Self.east, let asked = frame.message.sourceLinkLayerAddress else {
        return
      }
      hear(
        EthernetFrame(
          source: memberMAC, destination: asked,
          message: NeighborAdvertisement(
            source: member, destination: frame.message.source, target: member, isRouter: false,
            isSolicited: true, isOverride: true, targetLinkLayerAddress: memberMAC)), on: link)
    }

    private mutating func hear(
      _ frame: EthernetFrame<NeighborAdvertisement>, on link: InterfaceIndex
    ) {
      if frame.message.destination == router { answers.append(frame.message.target) }
      var actions: [Action] = []
      first.handle(.advertisement(frame, on: link), now: now, into: &actions)
      perform(actions)
      actions = []
      second.handle(.advertisement(frame, on: link), now: now, into: &actions)
      perform(actions)
    }

    private mutating func perform(_ actions: [Action]) {
      for action in actions {
        switch action {
        case .solicit(let frame, let link):
          solicitations += 1
          broadcast(frame, on: link)
        case .advertise(let frame, let link): hear(frame, on: link)
        default: continue
        }
      }
    }

    mutating func wait(milliseconds: UInt64) {
      let end = now + .milliseconds(Int64(milliseconds))
      while let next = [first.nextDeadline, second.nextDeadline].compactMap(\.self).min(),
        next <= end
      {
        now = max(now, next)
        var actions: [Action] = []
        first.handleTimeout(now: now, into: &actions)
        perform(actions)
        actions = []
        second.handleTimeout(now: now, into: &actions)
        perform(actions)
      }
      now = end
    }
  }

  @Test func `a question for nobody goes round once`() {
    var ring = Ring()
    ring.isAlive = false
    ring.broadcast(solicitation(), on: Ring.west)
    ring.wait(milliseconds: 60_000)
    #expect(ring.solicitations <= 6)
    #expect(ring.answers == [])
  }

  @Test func `two proxies do not keep a dead target alive between them`() {
    var ring = Ring()
    for _ in 0..<10 {
      ring.broadcast(solicitation(), on: Ring.west)
      ring.broadcast(solicitation(), on: Ring.east)
      ring.wait(milliseconds: 500)
    }
    #expect(ring.answers.count >= 10, "while it lives it is answered for")
    ring.isAlive = false
    ring.wait(milliseconds: 10_000)
    ring.answers = []
    for _ in 0..<100 {
      ring.broadcast(solicitation(), on: Ring.west)
      ring.wait(milliseconds: 170)
      ring.broadcast(solicitation(), on: Ring.east)
      ring.wait(milliseconds: 330)
    }
    #expect(ring.answers == [])
  }
}
