import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// A gateway whose one static rule answers with the given options.
private func answer(
  to frame: EthernetFrame<NeighborSolicitation>, _ change: (inout Ruleset.Proxy) -> Void
) -> NeighborAdvertisement? {
  var proxy = Ruleset.Proxy(
    interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
    rules: [.init(prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!, method: .static)])
  change(&proxy)
  var engine = Engine(ruleset: Ruleset(proxies: [proxy]))
  var actions: [Action] = []
  let now = Instant(nanoseconds: 1)
  engine.handle(.interfaceChanged(Gateway.interfaces[0]), now: now, into: &actions)
  engine.handle(.solicitation(frame, on: Gateway.eth0), now: now, into: &actions)
  guard case .advertise(let answer, _)? = actions.first else { return nil }
  return answer.message
}

struct AdvertisementOptionTests {
  static let sources: [(String, Ruleset.AdvertisementSource, String, String?)] = [
    ("automatic, link-local asker", .auto, "fe80::aa", "fe80::100"),
    ("automatic, global asker", .auto, "2001:db8:1::1", "2001:db8:1::2"),
    ("link-local", .linkLocal, "2001:db8:1::1", "fe80::100"),
    ("global", .global, "fe80::aa", "2001:db8:1::2"),
    ("target", .target, "fe80::aa", "2001:db8:1:0:ff::10"),
    ("an address it has", .address(ip("2001:db8:1::2")), "fe80::aa", "2001:db8:1::2"),
    ("an address it has not", .address(ip("2001:db8:1::3")), "fe80::aa", nil),
  ]

  @Test(arguments: sources)
  func `advertisements come from the address that is asked for`(
    name: String, source: Ruleset.AdvertisementSource, asker: String, expected: String?
  ) {
    let message = answer(to: solicitation(from: ip(asker))) { $0.source = source }
    #expect(message?.source.description == expected, "\(name)")
  }

  @Test(arguments: [false, true])
  func `the override flag is the configuration's`(isOverride: Bool) {
    #expect(answer(to: solicitation()) { $0.isOverride = isOverride }?.isOverride == isOverride)
  }

  static let detections: [(Ruleset.DuplicateDetection, String, Bool)] = [
    (.ignore, "2001:db8:1:0:ff::/80", false), (.ignore, "2001:db8:1:0:ff::10/128", false),
    (.verify, "2001:db8:1:0:ff::/80", false), (.verify, "2001:db8:1:0:ff::10/128", true),
    (.defend, "2001:db8:1:0:ff::/80", true), (.defend, "2001:db8:1:0:ff::10/128", true),
  ]

  @Test(arguments: detections)
  func `static rules answer duplicate detection as the configuration says`(
    detection: Ruleset.DuplicateDetection, prefix: String, isAnswered: Bool
  ) {
    let message = answer(to: duplicateDetection()) {
      $0.duplicateDetection = detection
      $0.rules[0].prefix = IPv6Prefix(prefix)!
    }
    #expect((message != nil) == isAnswered)
    if let message { #expect(message.destination == .allNodes && !message.isSolicited) }
  }

  @Test func `duplicate detection that is to be ignored asks nobody`() {
    var proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [.init(prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!, method: .interface("zt0"))])
    proxy.duplicateDetection = .ignore
    var engine = Engine(ruleset: Ruleset(proxies: [proxy]))
    var actions: [Action] = []
    let now = Instant(nanoseconds: 1)
    for interface in Gateway.interfaces {
      engine.handle(.interfaceChanged(interface), now: now, into: &actions)
    }
    engine.handle(.solicitation(duplicateDetection(), on: Gateway.eth0), now: now, into: &actions)
    #expect(actions == [])
    #expect(engine.sessionCount == 0)
  }
}
