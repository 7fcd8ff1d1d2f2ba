import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport
import Testing

/// Unsolicited advertisements: of which targets, to whom, when, and how fast.
struct AnnouncementTests {
  private static let address = ConditionTests.address
  private static let inZt0 = Ruleset.Method.interface(InterfacePattern("zt0"))

  private static func target(_ number: Int) -> IPv6Address {
    IPv6Address(bits: ip("2001:db8:1:0:ff::").bits | UInt128(0x1_0000 + number))
  }

  /// What is announced for a target.
  private static func announcement(
    of target: IPv6Address = member, to destination: IPv6Address = .allNodes,
    at linkLayerAddress: MACAddress = .allNodes, from own: UInt64 = 0x100
  ) -> Action {
    .advertise(
      EthernetFrame(
        source: mac(own), destination: linkLayerAddress,
        message: NeighborAdvertisement(
          source: ip("fe80::100"), destination: destination, target: target, isRouter: true,
          isSolicited: false, isOverride: true, targetLinkLayerAddress: mac(own))),
      on: Gateway.eth0)
  }

  @Test func `a take-over is announced in three rounds, to all and to who asked`() {
    var gateway = Gateway([ConditionTests.proxy(.static)])
    _ = gateway.ask(solicitation())
    #expect(gateway.handle(.condition(Self.address, holds: true)) == [])
    #expect(gateway.wait(milliseconds: 1) == [Self.announcement()])
    #expect(gateway.wait(milliseconds: 998) == [])
    #expect(gateway.wait(milliseconds: 2) == [Self.announcement(to: router, at: routerMAC)])
    #expect(gateway.wait(milliseconds: 997) == [])
    #expect(gateway.wait(milliseconds: 5) == [Self.announcement()])
    #expect(gateway.wait(milliseconds: 60_000) == [])
    #expect(gateway.engine.counters.total.announced == 3)
  }

  @Test func `a target that is there is announced at once, one that is not is asked for`() {
    var gateway = Gateway([ConditionTests.proxy(Self.inZt0)])
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    let other = Self.target(1)
    _ = gateway.ask(solicitation(for: other))
    // Nobody answers, and `deadtime` passes.
    _ = gateway.wait(milliseconds: 7000)
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.wait(milliseconds: 1) == [Self.announcement(), probe(for: other)])
    #expect(gateway.answer(advertisement(of: other)) == [])
    #expect(gateway.wait(milliseconds: 50) == [Self.announcement(of: other)])
  }

  @Test func `a scan of absent targets does not keep those waiting that are there`() {
    var limits = Limits()
    limits.solicitationsPerSecond = 100_000
    var gateway = Gateway([ConditionTests.proxy(Self.inZt0)], limits: limits)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    for number in 0..<2000 { _ = gateway.ask(solicitation(for: Self.target(number))) }
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.wait(milliseconds: 1).first == Self.announcement())
  }

  @Test func `a link that returns while the rule is not in force is no take-over`() {
    var gateway = Gateway([ConditionTests.proxy(.static)])
    _ = gateway.ask(solicitation())
    var interface = Gateway.interfaces[0]
    for isRunning in [false, true] {
      interface.isRunning = isRunning
      _ = gateway.handle(.interfaceChanged(interface))
    }
    #expect(gateway.wait(milliseconds: 5000) == [])
    #expect(gateway.engine.counters.announcementRounds == 0)
  }

  @Test func `nothing is announced any more when the condition fails`() {
    var gateway = Gateway([ConditionTests.proxy(.static)])
    for number in 0..<100 { _ = gateway.ask(solicitation(for: Self.target(number))) }
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.wait(milliseconds: 50).count == 30)
    _ = gateway.handle(.condition(Self.address, holds: false))
    #expect(gateway.wait(milliseconds: 60_000) == [])
  }

  @Test func `ten thousand targets are announced at the rate, the newest first`() {
    var gateway = Gateway([ConditionTests.proxy(.static)])
    let count = 10_000
    for number in 0..<count { _ = gateway.ask(solicitation(for: Self.target(number))) }
    _ = gateway.handle(.condition(Self.address, holds: true))
    var times: [(at: UInt64, target: IPv6Address)] = []
    let start = gateway.now.nanoseconds
    while let deadline = gateway.engine.nextDeadline {
      gateway.now = max(gateway.now, deadline)
      var actions: [Action] = []
      gateway.engine.handleTimeout(now: gateway.now, into: &actions)
      times += actions.advertisements.map { (gateway.now.nanoseconds - start, $0.target) }
    }
    let first = times.prefix { $0.at < 1_000_000_000 }.map(\.target)
    #expect(first == (0..<500).map { Self.target(count - 1 - $0) })
    #expect(Set(times.map(\.target)).count == count)
    #expect(times.last!.at < 30_000_000_000)
    for (place, time) in times.enumerated() where place >= 500 {
      #expect(time.at - times[place - 500].at >= 1_000_000_000)
    }
  }

  @Test func `no more is announced than 'max-announcements' allows`() {
    var limits = Limits()
    limits.announcementsPerSecond = 3
    var gateway = Gateway([ConditionTests.proxy(.static)], limits: limits)
    for number in 0..<10 { _ = gateway.ask(solicitation(for: Self.target(number))) }
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.wait(milliseconds: 990).count == 3)
    #expect(gateway.wait(milliseconds: 1000).count == 3)
  }

  @Test func `a rule that comes into force leaves what others announce`() {
    let other = "2001:db8:1:0:fe::/80"
    var proxy = ConditionTests.proxy(.static, requires: [], ruleRequires: [Self.address])
    proxy.rules +=
      ConditionTests.proxy(
        .static, prefix: other, ruleRequires: [ConditionTests.gate]
      ).rules
    var gateway = Gateway([proxy])
    let targets = (0..<100).flatMap { number in
      [Self.target(number), IPv6Address(bits: ip("2001:db8:1:0:fe::").bits | UInt128(number))]
    }
    for target in targets { _ = gateway.ask(solicitation(for: target)) }
    _ = gateway.handle(.condition(Self.address, holds: true))
    var said = gateway.wait(milliseconds: 50)
    _ = gateway.handle(.condition(ConditionTests.gate, holds: true))
    said += gateway.wait(milliseconds: 60_000)
    #expect(Set(said.advertisements.map(\.target)) == Set(targets))
    #expect(said.count == 3 * targets.count)
  }

  @Test func `'now-and-every' does not start over before all have been announced`() {
    var proxy = ConditionTests.proxy(.static, requires: [])
    proxy.announcements = .every(.seconds(10))
    var gateway = Gateway([proxy])
    let targets = (0..<10_000).map(Self.target)
    for target in targets { _ = gateway.ask(solicitation(for: target)) }
    let said = gateway.wait(milliseconds: 45_000).advertisements.map(\.target)
    #expect(Set(said) == Set(targets))
  }

  @Test func `a scan does not make those forgotten that answer`() {
    var limits = Limits()
    limits.solicitationsPerSecond = 100_000
    var gateway = Gateway([ConditionTests.proxy(Self.inZt0)], limits: limits)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    for number in 0..<20_000 { _ = gateway.ask(solicitation(for: Self.target(number))) }
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.wait(milliseconds: 1).first == Self.announcement())
  }

  @Test func `of those that have to be asked for the ones come first that answered before`() {
    var gateway = Gateway([ConditionTests.proxy(Self.inZt0)])
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    // It is not believed any more when the others are asked for.
    _ = gateway.wait(milliseconds: 120_000)
    for number in 0..<100 { _ = gateway.ask(solicitation(for: Self.target(number))) }
    _ = gateway.wait(milliseconds: 10_000)
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.wait(milliseconds: 1).first == unicastProbe())
  }

  @Test func `a question that 'max-solicitations' refuses is put later`() {
    var limits = Limits()
    limits.solicitationsPerSecond = 10
    var gateway = Gateway([ConditionTests.proxy(Self.inZt0)], limits: limits)
    let targets = (0..<30).map(Self.target)
    gateway.engine.remember(
      targets.map { RememberedTarget(proxy: "eth0", target: $0, solicitors: []) })
    _ = gateway.handle(.condition(Self.address, holds: true))
    let asked = gateway.wait(milliseconds: 25_000).compactMap { action in
      if case .solicit(let frame, _) = action { frame.message.target } else { nil }
    }
    #expect(Set(asked) == Set(targets))
  }

  @Test func `new targets do not keep those waiting that are taken over`() {
    var limits = Limits()
    limits.announcementsPerSecond = 100
    limits.solicitationsPerSecond = 100_000
    var proxy = ConditionTests.proxy(Self.inZt0)
    proxy.announcesNewTargets = true
    proxy.rules += ConditionTests.proxy(.static, prefix: "2001:db8:1:0:fe::/80").rules
    var gateway = Gateway([proxy], limits: limits)
    let old = (0..<300).map { IPv6Address(bits: ip("2001:db8:1:0:fe::").bits | UInt128($0)) }
    for target in old { _ = gateway.ask(solicitation(for: target)) }
    _ = gateway.handle(.condition(Self.address, holds: true))
    var said: Set<IPv6Address> = []
    for number in 0..<800 {
      _ = gateway.ask(solicitation(for: Self.target(number)))
      _ = gateway.answer(advertisement(of: Self.target(number)))
      said.formUnion(gateway.wait(milliseconds: 10).advertisements.map(\.target))
    }
    #expect(said.isSuperset(of: old))
    #expect(said.count > 500)
  }

  @Test func `a target that is found again while it waits is announced once`() {
    var proxy = ConditionTests.proxy(Self.inZt0)
    proxy.announcesNewTargets = true
    var gateway = Gateway([proxy])
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 10_000)
    _ = gateway.handle(.condition(Self.address, holds: true))
    // It is asked for to be announced.
    #expect(gateway.wait(milliseconds: 1) == [probe()])
    _ = gateway.answer(advertisement())
    #expect(gateway.wait(milliseconds: 10_000).advertisements.filter(\.isOverride).count == 3)
  }

  @Test(arguments: [500, 120, 3])
  func `'max-announcements' holds for every second, however late we are called`(rate: Int) {
    var limits = Limits()
    limits.announcementsPerSecond = rate
    var gateway = Gateway([ConditionTests.proxy(.static)], limits: limits)
    for number in 0..<(3 * rate) {
      for other in 1...2 {
        _ = gateway.ask(
          solicitation(
            for: Self.target(number), from: IPv6Address(bits: router.bits | UInt128(other << 8))))
      }
    }
    _ = gateway.handle(.condition(Self.address, holds: true))
    var times: [UInt64] = []
    var random = SeededGenerator(seed: 1)
    while let deadline = gateway.engine.nextDeadline {
      let late = times.isEmpty ? 19 : UInt64.random(in: 0...15, using: &random)
      gateway.now = max(gateway.now, deadline)
      gateway.now.nanoseconds += late * 1_000_000
      var actions: [Action] = []
      gateway.engine.handleTimeout(now: gateway.now, into: &actions)
      times += actions.advertisements.map { _ in gateway.now.nanoseconds }
    }
    #expect(times.count > 3 * rate)
    let pauses = zip(times, times.dropFirst(rate)).map { $1 - $0 }
    #expect(pauses.min()! >= 1_000_000_000)
  }

  @Test func `flapping does not make a storm of announcements`() {
    var gateway = Gateway([ConditionTests.proxy(.static)])
    for number in 0..<1000 { _ = gateway.ask(solicitation(for: Self.target(number))) }
    var count = 0
    for _ in 0..<50 {
      _ = gateway.handle(.condition(Self.address, holds: true))
      count += gateway.wait(milliseconds: 1).count
      _ = gateway.handle(.condition(Self.address, holds: false))
      count += gateway.wait(milliseconds: 1).count
    }
    #expect(1...60 ~= count)
  }

  @Test func `a proxy interface that comes back or moves announces its targets`() {
    var proxy = ConditionTests.proxy(.static, requires: [])
    proxy.announcements = .yes
    var gateway = Gateway([proxy])
    // Answered at once, and remembered all the same.
    _ = gateway.engine.answer(solicitation(), on: Gateway.eth0, now: gateway.now)
    #expect(gateway.wait(milliseconds: 5000) == [])
    var interface = Gateway.interfaces[0]
    interface.isRunning = false
    _ = gateway.handle(.interfaceChanged(interface))
    #expect(gateway.wait(milliseconds: 5000) == [])
    interface.isRunning = true
    _ = gateway.handle(.interfaceChanged(interface))
    #expect(gateway.wait(milliseconds: 10) == [Self.announcement()])
    _ = gateway.wait(milliseconds: 10_000)
    interface.linkLayerAddress = mac(0x177)
    _ = gateway.handle(.interfaceChanged(interface))
    #expect(gateway.wait(milliseconds: 10) == [Self.announcement(from: 0x177)])
  }

  @Test func `an interface that cannot speak yet announces when it can`() {
    var gateway = Gateway([ConditionTests.proxy(.static)])
    _ = gateway.ask(solicitation())
    var interface = Gateway.interfaces[0]
    let addresses = interface.addresses
    interface.addresses = []
    _ = gateway.handle(.interfaceChanged(interface))
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.wait(milliseconds: 2000) == [])
    interface.addresses = addresses
    _ = gateway.handle(.interfaceChanged(interface))
    #expect(gateway.wait(milliseconds: 10) == [Self.announcement()])
  }

  @Test func `'announce no' announces nothing`() {
    var proxy = ConditionTests.proxy(.static)
    proxy.announcements = .no
    var gateway = Gateway([proxy])
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.wait(milliseconds: 5000) == [])
  }

  @Test func `a proxy without conditions announces nothing unless it is told to`() {
    var gateway = Gateway([ConditionTests.proxy(.static, requires: [])])
    _ = gateway.ask(solicitation())
    var interface = Gateway.interfaces[0]
    interface.linkLayerAddress = mac(0x177)
    _ = gateway.handle(.interfaceChanged(interface))
    #expect(gateway.wait(milliseconds: 5000) == [])
    #expect(gateway.engine.rememberedCount == nil)
  }

  @Test func `'now-and-every' announces again and again`() {
    var proxy = ConditionTests.proxy(.static, requires: [])
    proxy.announcements = .every(.seconds(60))
    var gateway = Gateway([proxy])
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 59_000) == [])
    #expect(gateway.wait(milliseconds: 10_000).count == 3)
    #expect(gateway.wait(milliseconds: 60_000).count == 3)
  }

  @Test func `'announce-new' announces a target that was found`() {
    var proxy = ConditionTests.proxy(Self.inZt0, requires: [])
    proxy.announcesNewTargets = true
    var gateway = Gateway([proxy])
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(advertisement()) == [answer()])
    #expect(gateway.wait(milliseconds: 10) == [Self.announcement()])
  }

  @Test func `the kernel's own addresses and exclusions are not announced`() {
    var proxy = ConditionTests.proxy(.static, prefix: "2001:db8:1::/64")
    proxy.rules[0].excluded = [IPv6Prefix("2001:db8:1:0:ff::/80")!]
    var gateway = Gateway([proxy])
    for target in [ip("2001:db8:1::2"), member, ip("2001:db8:1::77")] {
      _ = gateway.ask(solicitation(for: target))
    }
    _ = gateway.handle(.condition(Self.address, holds: true))
    #expect(gateway.wait(milliseconds: 10) == [Self.announcement(of: ip("2001:db8:1::77"))])
  }

  @Test func `an advertisement of another gateway is counted, and reported once`() {
    var gateway = Gateway([ConditionTests.proxy(.static)])
    let theirs = EthernetFrame(
      source: mac(0x200), destination: .allNodes,
      message: NeighborAdvertisement(
        source: ip("fe80::200"), destination: .allNodes, target: member, isRouter: true,
        isSolicited: false, isOverride: true, targetLinkLayerAddress: mac(0x200)))
    // While we do not answer, it is the master's right.
    #expect(gateway.answer(theirs, on: Gateway.eth0) == [])
    #expect(gateway.engine.counters[.otherGateway] == 0)
    _ = gateway.handle(.condition(Self.address, holds: true))
    let report = Action.reportConflict(member, claimedBy: mac(0x200), on: Gateway.eth0)
    #expect(gateway.answer(theirs, on: Gateway.eth0) == [report])
    #expect(gateway.answer(theirs, on: Gateway.eth0) == [])
    #expect(gateway.engine.counters[.otherGateway] == 2)
    let changed = gateway.now
    _ = gateway.wait(milliseconds: 5001)
    _ = gateway.answer(theirs, on: Gateway.eth0)
    #expect(gateway.engine.otherGatewayHeard == gateway.now)
    #expect(gateway.engine.entitlementBeforeHeard == changed)
  }
}
