import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport
import Testing

/// Two engines on one link, with conditions that come and go at random, loss and delay.
///
/// Whatever happens, nobody answers who is not entitled to, what is announced would be answered,
/// and announcements make no storm. Each mutant breaks one of these, and is found.
struct TwoGatewaysTests {
  static let seeds: [UInt64] = Array(1...40)

  @Test(arguments: seeds)
  func `whatever happens, what holds of two gateways holds`(seed: UInt64) {
    var world = TwoGateways(seed: seed, mutant: nil)
    world.run()
    #expect(world.violations == [], "seed \(seed)")
    #expect(world.answers > 0)
  }

  @Test func `answers and announcements happen often enough to be judged`() {
    var (answers, announcements) = (0, 0)
    for seed in Self.seeds {
      var world = TwoGateways(seed: seed, mutant: nil)
      world.run()
      answers += world.answers
      announcements += world.announcements
    }
    #expect(answers > 1000 && announcements > 1000, "\(answers) \(announcements)")
  }

  @Test(arguments: TwoGateways.Mutant.allCases)
  func `a mutant is found`(mutant: TwoGateways.Mutant) {
    let found = Self.seeds.contains { seed in
      var world = TwoGateways(seed: seed, mutant: mutant)
      world.run()
      return world.violations.contains(mutant.crime)
    }
    #expect(found)
  }
}

/// The world of two gateways, and whoever judges them.
struct TwoGateways: ~Copyable {
  /// A mistake that the second gateway makes.
  enum Mutant: CaseIterable {
    /// It does not hear that a condition fails.
    case missesFailure
    /// At a take-over it announces all that was solicited, there or not.
    case announcesEverything
    /// It sends what it announces without a pause.
    case hasNoPace

    var crime: Violation {
      switch self {
      case .missesFailure: .answerWithoutTitle
      case .announcesEverything: .announcementOfAbsent
      case .hasNoPace: .storm
      }
    }
  }

  /// What must not happen.
  enum Violation { case answerWithoutTitle, announcementOfAbsent, storm }

  private enum Happening {
    case ask(IPv6Address)
    case hear(gateway: Int, Event)
    case turn(gateway: Int, Ruleset.Condition, holds: Bool)
    case toggle(member: IPv6Address)
  }

  private(set) var violations: Set<Violation> = []
  private(set) var answers = 0
  private(set) var announcements = 0

  private var first: Engine
  private var second: Engine
  private var random: SeededGenerator
  private let mutant: Mutant?
  private let loss: Double
  private var now = Instant(nanoseconds: 1_000_000_000_000)
  private var queue: [(at: Instant, number: Int, happening: Happening)] = []
  private var number = 0
  /// What each gateway has been told that holds.
  private var facts: [Set<Ruleset.Condition>] = [[], []]
  private var alive: Set<IPv6Address> = []
  /// When each gateway announced something.
  private var times: [[UInt64]] = [[], []]

  private static let rate = 20
  private static let conditions = [Ruleset.Condition.address(ip("fe80::5:1")), .gate("inner")]
  private static let outer = IPv6Prefix("2001:db8:1:0:fe::/80")!
  private static let inner = IPv6Prefix("2001:db8:1:0:ff::/80")!
  private static let length: UInt64 = 120_000_000_000

  init(seed: UInt64, mutant: Mutant?) {
    random = SeededGenerator(seed: seed)
    self.mutant = mutant
    loss = [0, 0, 0.1, 0.3].randomElement(using: &random)!
    var limits = Limits()
    limits.announcementsPerSecond = Self.rate
    func engine(_ seed: UInt64) -> Engine {
      var proxy = Ruleset.Proxy(
        interface: "eth0",
        rules: [
          Ruleset.Rule(prefix: Self.outer, method: .static),
          Ruleset.Rule(prefix: Self.inner, method: .interface(InterfacePattern("zt0"))),
        ])
      proxy.conditions = [Self.conditions[0]]
      proxy.rules[1].conditions = [Self.conditions[1]]
      return Engine(ruleset: Ruleset(proxies: [proxy]), limits: limits, seed: seed)
    }
    first = engine(seed)
    second = engine(seed + 1000)
    for gateway in 0..<2 { hear(.interfacesRead(Self.interfaces(of: gateway)), at: gateway) }
    plan()
  }

  private static func interfaces(of gateway: Int) -> [Interface] {
    var interfaces = Array(Gateway.interfaces.prefix(2))
    for place in interfaces.indices {
      interfaces[place].linkLayerAddress = mac(UInt64(0x100 + gateway * 0x100 + place))
      interfaces[place].addresses = [own("fe80::\(gateway + 1)0\(place)", 64)]
    }
    interfaces[0].addresses.append(own("2001:db8:1::\(gateway + 2)", 64))
    return interfaces
  }

  private mutating func plan() {
    let targets = (0..<12).map { place in
      let prefix = place < 6 ? Self.outer : Self.inner
      return IPv6Address(bits: prefix.address.bits | UInt128(0x10 + place))
    }
    alive = Set(targets.dropFirst(6).prefix(4))
    for _ in 0..<200 { add(.ask(targets.randomElement(using: &random)!), within: Self.length) }
    for _ in 0..<10 {
      add(.toggle(member: targets.dropFirst(6).randomElement(using: &random)!), within: Self.length)
    }
    for gateway in 0..<2 {
      for condition in Self.conditions {
        let count = Int.random(in: 2...20, using: &random)
        for _ in 0..<count {
          let holds = Bool.random(using: &random)
          add(.turn(gateway: gateway, condition, holds: holds), within: Self.length)
        }
      }
    }
  }

  private mutating func add(_ happening: Happening, within nanoseconds: UInt64) {
    let delay = UInt64.random(in: 0..<nanoseconds, using: &random)
    number += 1
    queue.append((Instant(nanoseconds: now.nanoseconds + delay), number, happening))
  }

  mutating func run() {
    while true {
      let next = queue.indices.min {
        (queue[$0].at, queue[$0].number) < (queue[$1].at, queue[$1].number)
      }
      let deadline = [first.nextDeadline, second.nextDeadline].compactMap(\.self).min()
      guard let next else { return }
      if let deadline, deadline < queue[next].at {
        now = max(now, deadline)
        for gateway in 0..<2 { handleTimeout(of: gateway) }
        continue
      }
      let (at, _, happening) = queue.remove(at: next)
      now = max(now, at)
      happen(happening)
    }
  }

  private mutating func happen(_ happening: Happening) {
    switch happening {
    case .ask(let target):
      for gateway in 0..<2 {
        deliver(.solicitation(solicitation(for: target), on: Gateway.eth0), to: gateway)
      }
    case .hear(let gateway, let event): hear(event, at: gateway)
    case .turn(let gateway, let condition, let holds):
      if holds { facts[gateway].insert(condition) } else { facts[gateway].remove(condition) }
      if gateway == 1, mutant == .missesFailure, !holds { return }
      hear(.condition(condition, holds: holds), at: gateway)
      if gateway == 1, mutant == .announcesEverything, holds { announceEverything() }
    case .toggle(let member):
      if alive.remove(member) == nil { alive.insert(member) }
    }
  }

  private mutating func deliver(_ event: Event, to gateway: Int) {
    guard Double.random(in: 0..<1, using: &random) >= loss else { return }
    add(.hear(gateway: gateway, event), within: 20_000_000)
  }

  // MARK: - Gateways

  private mutating func hear(_ event: Event, at gateway: Int) {
    var actions: [Action] = []
    if gateway == 0 {
      first.handle(event, now: now, into: &actions)
    } else {
      second.handle(event, now: now, into: &actions)
    }
    perform(actions, of: gateway)
  }

  private mutating func handleTimeout(of gateway: Int) {
    var actions: [Action] = []
    if gateway == 0 {
      first.handleTimeout(now: now, into: &actions)
    } else {
      second.handleTimeout(now: now, into: &actions)
    }
    perform(actions, of: gateway)
  }

  private mutating func announceEverything() {
    let frames = second.rememberedTargets.map { remembered in
      Action.advertise(
        EthernetFrame(
          source: mac(0x200), destination: .allNodes,
          message: NeighborAdvertisement(
            source: ip("fe80::200"), destination: .allNodes, target: remembered.target,
            isRouter: true, isSolicited: false, isOverride: true,
            targetLinkLayerAddress: mac(0x200))),
        on: Gateway.eth0)
    }
    perform(frames, of: 1)
  }

  private mutating func perform(_ actions: [Action], of gateway: Int) {
    for action in actions {
      switch action {
      case .advertise(let frame, _):
        let isAnnounced = !frame.message.isSolicited
        let copies = gateway == 1 && mutant == .hasNoPace && isAnnounced ? Self.rate : 1
        for _ in 0..<copies { judge(frame, of: gateway) }
        if frame.destination.isMulticast {
          deliver(.advertisement(frame, on: Gateway.eth0), to: 1 - gateway)
        }
      case .solicit(let frame, let index):
        guard index == Gateway.zt0, alive.contains(frame.message.target) else { continue }
        let answer = advertisement(of: frame.message.target, to: frame.message.source)
        deliver(.advertisement(answer, on: index), to: gateway)
      case .locate(let target, let index):
        hear(.located(.elsewhere, of: target, from: index), at: gateway)
      case .lookUpNeighbor(let target, let index):
        hear(.neighbor(nil, of: target, on: index), at: gateway)
      default: continue
      }
    }
  }

  // MARK: - Judging

  private mutating func judge(_ frame: EthernetFrame<NeighborAdvertisement>, of gateway: Int) {
    let target = frame.message.target
    let isEntitled =
      facts[gateway].contains(Self.conditions[0])
      && (Self.outer.contains(target) || facts[gateway].contains(Self.conditions[1]))
    if !isEntitled { violations.insert(.answerWithoutTitle) }
    guard !frame.message.isSolicited else {
      answers += 1
      return
    }
    announcements += 1
    if !isAnswered(target, by: gateway) { violations.insert(.announcementOfAbsent) }
    times[gateway].append(now.nanoseconds)
    // No more than the rate in any second; the batch at its end belongs to the next one.
    let recent = times[gateway].suffix(Self.rate + 2)
    if recent.count == Self.rate + 2, now.nanoseconds - recent.first! < 990_000_000 {
      violations.insert(.storm)
    }
  }

  /// Whether a solicitation that came now would be answered at once.
  private func isAnswered(_ target: IPv6Address, by gateway: Int) -> Bool {
    let all =
      gateway == 0
      ? first.explanations(of: target, now: now, kernel: kernel())
      : second.explanations(of: target, now: now, kernel: kernel())
    return all.first?.outcome == .answered
  }
}
