import NDPWire
import ProxyEngine
import ProxyModel
import Testing

private func gateway(
  _ extra: (String, Ruleset.Method)..., limits: Limits = Limits(),
  timers: Ruleset.Timers = Ruleset.Timers()
) -> Gateway {
  Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")), limits: limits, timers: timers)
}

struct InterfaceRuleTests {
  @Test func `a live target is asked for once, then answered from what is known`() {
    var gateway = gateway()
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.answer(advertisement()) == [answer()])
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.ask(solicitation(to: member)) == [answer()])
    #expect(gateway.engine.counters.solicited == 1)
  }

  @Test func `everyone who waits gets its own answer`() {
    var gateway = gateway()
    let second = ip("2001:db8:1::1")
    let third = ip("fe80::cc")
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.ask(solicitation(from: second, mac: mac(0xcc), answerTo: mac(0xcc))) == [])
    #expect(gateway.ask(solicitation(from: third, mac: mac(0xce), answerTo: nil, to: member)) == [])
    #expect(gateway.ask(solicitation()) == [], "the same asker again")
    #expect(
      gateway.answer(advertisement()) == [
        answer(), answer(to: second, at: mac(0xcc), from: ip("2001:db8:1::2")),
        answer(to: third, at: mac(0xce)),
      ])
    #expect(gateway.answer(advertisement()) == [], "a second advertisement")
  }

  @Test func `a dead target is asked three times, a second apart, and then left alone`() {
    var gateway = gateway()
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.wait(milliseconds: 999) == [])
    #expect(gateway.wait(milliseconds: 1) == [probe()])
    #expect(gateway.wait(milliseconds: 1000) == [probe()])
    #expect(gateway.wait(milliseconds: 1000) == [])
    #expect(gateway.ask(solicitation()) == [], "deadtime")
    #expect(gateway.engine.counters[.targetFailed] == 1)
    #expect(gateway.wait(milliseconds: 3000) == [])
    #expect(gateway.engine.sessionCount == 0)
    #expect(gateway.engine.nextDeadline == nil)
    #expect(gateway.ask(solicitation()) == [probe()])
  }

  @Test func `an answer that comes late is an answer`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 3500)
    #expect(gateway.answer(advertisement()) == [], "its askers gave up")
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `a target asked for since it was confirmed is asked again by unicast`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 29_000) == [], "a little earlier than ttl")
    #expect(gateway.wait(milliseconds: 1000) == [unicastProbe()])
    #expect(gateway.ask(solicitation()) == [answer()], "still believed while asked")
    #expect(gateway.answer(unicastAdvertisement()) == [])
    #expect(gateway.wait(milliseconds: 28_000) == [], "one probe is enough")
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `a target nobody asks for is left in peace, and asked anew before it is answered`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    #expect(gateway.wait(milliseconds: 30_000) == [])
    // Most likely it is where it was.
    #expect(gateway.ask(solicitation()) == [unicastProbe()])
    #expect(gateway.answer(unicastAdvertisement()) == [answer()])
    #expect(gateway.wait(milliseconds: 629_000) == [])
    #expect(gateway.engine.sessionCount == 1)
    #expect(gateway.wait(milliseconds: 1000) == [])
    #expect(gateway.engine.sessionCount == 0)
  }

  @Test func `without keepalive a target is not asked again when its time is up`() {
    var timers = Ruleset.Timers()
    timers.keepsAlive = false
    var gateway = gateway(timers: timers)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 30_000) == [])
    #expect(gateway.ask(solicitation()) == [unicastProbe()])
  }

  @Test func `a target that died is answered for three probes longer and then no more`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 32_000) == [unicastProbe(), unicastProbe(), unicastProbe()])
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.wait(milliseconds: 1000) == [probe()])
    #expect(gateway.ask(solicitation()) == [], "only a fresh answer counts now")
    #expect(gateway.wait(milliseconds: 2000) == [probe(), probe()])
    #expect(gateway.wait(milliseconds: 1000) == [])
    #expect(gateway.ask(solicitation()) == [])
    #expect(gateway.engine.counters[.targetFailed] == 1)
  }

  @Test func `a target that moved to another link-layer address is found by multicast`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 33_000)
    #expect(gateway.ask(solicitation()) == [])
    #expect(gateway.answer(advertisement(linkLayerAddress: mac(0xee))) == [answer()])
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 30_000) == [unicastProbe(at: mac(0xee))])
  }

  static let unconvincing:
    [(String, EthernetFrame<NeighborAdvertisement>, InterfaceIndex, DiscardReason)] = [
      (
        "not solicited", advertisement(isSolicited: false), Gateway.zt0,
        .advertisementNotSolicited
      ),
      (
        "to all nodes", advertisement(to: .allNodes, isSolicited: false), Gateway.zt0,
        .advertisementNotSolicited
      ),
      (
        "to nobody here", advertisement(to: ip("2001:db8:1:0:ff::2")), Gateway.zt0,
        .advertisementNotSolicited
      ),
      ("on the proxy interface", advertisement(), Gateway.eth0, .advertisementNotSolicited),
      (
        "on the proxy interface, to its address", advertisement(to: ip("fe80::100")),
        Gateway.eth0, .advertisementNotAwaited
      ),
      (
        "on a third interface", advertisement(to: ip("fe80::102")), Gateway.zt1,
        .advertisementNotAwaited
      ),
      (
        "of another target", advertisement(of: ip("2001:db8:1:0:ff::99")), Gateway.zt0,
        .advertisementNotAwaited
      ),
      (
        "without a link-layer address", advertisement(linkLayerAddress: nil), Gateway.zt0,
        .advertisementLinkLayerAddress
      ),
      (
        "with our link-layer address",
        advertisement(linkLayerAddress: mac(0x101), mac: memberMAC), Gateway.zt0,
        .advertisementLinkLayerAddress
      ),
      (
        "in a frame of our own", advertisement(linkLayerAddress: mac(0x101)), Gateway.zt0,
        .ownFrame
      ),
    ]

  @Test(arguments: unconvincing)
  func `an advertisement that proves nothing changes nothing`(
    name: String, frame: EthernetFrame<NeighborAdvertisement>, index: InterfaceIndex,
    reason: DiscardReason
  ) {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(frame, on: index) == [], "\(name)")
    #expect(gateway.engine.counters[reason] == 1, "\(name)")
    #expect(gateway.answer(advertisement()) == [answer()], "\(name)")
  }

  @Test func `two rules of one prefix ask on both interfaces, and the first answer wins`() {
    var gateway = Gateway(
      ("2001:db8:1:0:ff::/80", .interface("zt0")), ("2001:db8:1:0:ff::/80", .interface("zt1")))
    #expect(gateway.ask(solicitation()) == [probe(), probe(on: Gateway.zt1)])
    #expect(gateway.answer(advertisement(to: ip("fe80::102")), on: Gateway.zt1) == [answer()])
    // Two stations have answered one question.
    #expect(
      gateway.answer(advertisement()) == [
        .reportConflict(member, claimedBy: memberMAC, on: Gateway.zt0)
      ])
  }

  @Test func `a target that moved to the other rule interface is found again`() {
    var gateway = Gateway(
      ("2001:db8:1:0:ff::/80", .interface("zt0")), ("2001:db8:1:0:ff::/80", .interface("zt1")))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 33_000).suffix(2) == [probe(), probe(on: Gateway.zt1)])
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(advertisement(to: ip("fe80::102")), on: Gateway.zt1) == [answer()])
  }

  @Test func `a rule waits for its interface and never becomes static`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("veth9")))
    #expect(gateway.ask(solicitation()) == [])
    #expect(gateway.engine.counters[.ruleInterfaceUnavailable] == 1)
    #expect(gateway.engine.sessionCount == 0)
    var late = Gateway.interfaces[1]
    late.name = "veth9"
    _ = gateway.handle(.interfaceChanged(late))
    #expect(gateway.ask(solicitation()) == [probe()])
  }

  @Test func `a rule on an interface without neighbors, or its own, stays silent`() {
    for name in ["tun0", "eth0"] {
      var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface(InterfacePattern(name))))
      #expect(gateway.ask(solicitation()) == [], "\(name)")
      #expect(gateway.engine.counters[.ruleInterfaceUnavailable] == 1, "\(name)")
    }
  }

  @Test(arguments: ["down", "removed", "renamed"])
  func `what was known by way of an interface goes with it`(change: String) {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    var zt0 = Gateway.interfaces[1]
    switch change {
    case "down":
      zt0.isUp = false
      _ = gateway.handle(.interfaceChanged(zt0))
    case "renamed":
      zt0.name = "zt7"
      _ = gateway.handle(.interfaceChanged(zt0))
    default:
      _ = gateway.handle(.interfaceRemoved(Gateway.zt0))
    }
    #expect(gateway.engine.sessionCount == 0)
    #expect(gateway.engine.nextDeadline == nil)
    #expect(gateway.ask(solicitation()) == [])
    _ = gateway.handle(.interfaceChanged(Gateway.interfaces[1]))
    #expect(gateway.ask(solicitation()) == [probe()])
  }

  @Test(arguments: [500, 4000] as [UInt64])
  func `an address regained ends the silence at once`(milliseconds: UInt64) {
    var gateway = gateway()
    #expect(gateway.ask(solicitation()) == [probe()])
    var zt0 = Gateway.interfaces[1]
    zt0.addresses = []
    _ = gateway.handle(.interfaceChanged(zt0))
    _ = gateway.wait(milliseconds: milliseconds)
    #expect(gateway.ask(solicitation()) == [])
    _ = gateway.handle(.interfaceChanged(Gateway.interfaces[1]))
    // Whoever waits gets its question put within RetransTimer.
    let actions = gateway.ask(solicitation()) + gateway.wait(milliseconds: 1000 - 1)
    #expect(actions == [probe()])
  }

  @Test func `a cable put back ends the silence, and what was known stays known`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    var zt0 = Gateway.interfaces[1]
    zt0.isRunning = false
    _ = gateway.handle(.interfaceChanged(zt0))
    let other = ip("2001:db8:1:0:ff::11")
    #expect(gateway.ask(solicitation(for: other)) == [probe(for: other)])
    _ = gateway.wait(milliseconds: 4000)
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.ask(solicitation(for: other)) == [])
    _ = gateway.handle(.interfaceChanged(Gateway.interfaces[1]))
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.ask(solicitation(for: other)) == [probe(for: other)])
  }

  @Test func `an interface of others does not end the silence`() {
    var gateway = gateway()
    _ = gateway.handle(.interfaceRemoved(Gateway.zt1))
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 4000)
    _ = gateway.handle(.interfaceChanged(Gateway.interfaces[2]))
    #expect(gateway.ask(solicitation()) == [])
    #expect(gateway.engine.counters[.targetFailed] == 1)
  }

  @Test func `timers given in the configuration are honoured`() {
    var timers = Ruleset.Timers()
    timers.timeout = .milliseconds(300)
    timers.retries = 1
    timers.deadtime = .milliseconds(500)
    var gateway = gateway(timers: timers)
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 300) == [probe()])
    #expect(gateway.wait(milliseconds: 800) == [])
    #expect(gateway.ask(solicitation()) == [probe()])
  }
}

struct DuplicateDetectionTests {
  @Test func `a live owner defends its address each time`() {
    var gateway = gateway()
    #expect(gateway.ask(duplicateDetection()) == [probe()])
    #expect(gateway.wait(milliseconds: 200) == [])
    #expect(gateway.answer(advertisement()) == [defence()])
    #expect(gateway.ask(duplicateDetection()) == [defence()], "it has just spoken")
    #expect(gateway.wait(milliseconds: 300) == [])
    #expect(gateway.ask(duplicateDetection()) == [], "it is asked as soon as it may be")
    #expect(gateway.wait(milliseconds: 500) == [unicastProbe()])
    #expect(gateway.answer(advertisement()) == [defence()])
  }

  @Test func `what the owner says too late for the host is kept to ourselves`() {
    var gateway = gateway()
    _ = gateway.ask(duplicateDetection())
    _ = gateway.wait(milliseconds: 701)
    #expect(gateway.answer(advertisement()) == [])
    #expect(gateway.engine.counters[.duplicateAddressDetection] == 1)
  }

  @Test func `a known owner is asked again before it is defended`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 5000)
    #expect(gateway.ask(duplicateDetection()) == [unicastProbe()])
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.answer(advertisement()) == [defence()])
  }

  @Test func `an address without an owner is not defended`() {
    var gateway = gateway()
    #expect(gateway.ask(duplicateDetection()) == [probe()])
    #expect(gateway.wait(milliseconds: 3000) == [probe(), probe()])
    #expect(gateway.ask(duplicateDetection()) == [])
  }

  @Test func `askers and a host that detects duplicates each get theirs`() {
    var gateway = gateway()
    _ = gateway.ask(duplicateDetection())
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(advertisement()) == [defence(), answer()])
  }

  @Test func `an owner that moved over to this link is no duplicate`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    _ = gateway.wait(milliseconds: 5000)
    #expect(gateway.ask(duplicateDetection(mac: memberMAC)) == [unicastProbe()])
    #expect(gateway.answer(advertisement()) == [], "somebody else used its address")
    #expect(gateway.ask(solicitation()) == [answer()])
    _ = gateway.wait(milliseconds: 1000)
    #expect(gateway.ask(duplicateDetection(mac: memberMAC)) == [unicastProbe()])
    _ = gateway.wait(milliseconds: 3000)
    #expect(gateway.ask(solicitation()) == [], "it has moved indeed")
  }

  /// A gateway whose `eth0` and `zt1` are proxies for what lives behind `zt0`.
  private func gatewayWithTwoProxies() -> Gateway {
    var gateway = Gateway()
    gateway.engine = Engine(
      ruleset: Ruleset(
        proxies: ["eth0", "zt1"].map {
          Ruleset.Proxy(
            interface: $0, isRouter: true, timers: Ruleset.Timers(),
            rules: [
              Ruleset.Rule(prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!, method: .interface("zt0"))
            ])
        }))
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    return gateway
  }

  @Test func `two proxies that ask on one interface ask once`() {
    var gateway = gatewayWithTwoProxies()
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.handle(.solicitation(solicitation(), on: Gateway.zt1)) == [])
    // One answer confirms the target to both.
    #expect(gateway.answer(advertisement()).count == 2)
  }

  @Test func `what one proxy has just found out the other need not ask`() {
    var gateway = gatewayWithTwoProxies()
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    let actions = gateway.handle(.solicitation(solicitation(), on: Gateway.zt1))
    guard case .advertise(_, on: Gateway.zt1)? = actions.first, actions.count == 1 else {
      Issue.record("\(actions)")
      return
    }
    // Later it asks itself.
    var later = gatewayWithTwoProxies()
    _ = later.ask(solicitation())
    _ = later.answer(advertisement())
    _ = later.wait(milliseconds: 1000)
    #expect(later.handle(.solicitation(solicitation(), on: Gateway.zt1)) == [probe()])
  }
}
