import FrameFuzzing
import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport
import Testing

@testable import KernelAnswering
@testable import KernelPath

/// The program, run by the kernel on single frames, beside the engine.
///
/// Whatever it answers has to be the engine's answer, to the octet; it may leave any question to
/// the engine.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct AnswerProgramTests {
  private let host = try! NetworkNamespace()
  private let ends: Veth
  private let maps: AnswerMaps
  private let program: BPFProgram
  private let early: BPFProgram
  private static let own = MACAddress("02:00:00:00:00:0a")!
  private static let inner = MACAddress("02:00:00:00:00:0b")!

  init() throws {
    ends = try Veth(in: host)
    (maps, program, early) = try host.run {
      let maps = try AnswerMaps(AnswerCapacity(rules: 100, targets: 100))
      return (maps, try BPFProgram(answeringBy: maps), try BPFProgram(answeringEarlyBy: maps))
    }
  }

  /// An engine with `a0` as its proxy interface, and `b0` as the one behind which members are.
  private func engine(source: Ruleset.AdvertisementSource, isRouter: Bool) -> Engine {
    var proxy = Ruleset.Proxy(
      interface: "a0", isRouter: isRouter, timers: Ruleset.Timers(),
      rules: [
        ("2001:db8:1:0:ff::/80", Ruleset.Method.static),
        ("2001:db8:1:0:ff:1::/96", .interface(InterfacePattern("b0"))), ("::/0", .static),
      ].map { prefix, method in
        Ruleset.Rule(
          prefix: IPv6Prefix(prefix)!, method: method,
          excluded: prefix == "::/0" ? [IPv6Prefix("2001:db8:5::/48")!] : [])
      })
    proxy.source = source
    var engine = Engine(ruleset: Ruleset(proxies: [proxy]))
    func interface(_ index: Int32, _ name: String, _ mac: MACAddress, _ addresses: [String])
      -> Interface
    {
      Interface(
        index: InterfaceIndex(index), name: name, linkLayerAddress: mac, isUp: true,
        hasNeighborDiscovery: true,
        addresses: addresses.map {
          .init(IPv6Address($0)!, prefixLength: 64, state: .preferred)
        })
    }
    var actions: [Action] = []
    engine.handle(
      .interfacesRead([
        interface(ends.first, "a0", Self.own, ["fe80::a", "2001:db8:1::2"]),
        interface(ends.second, "b0", Self.inner, ["fe80::b", "2001:db8:1:0:ff::1"]),
      ]), now: Instant(nanoseconds: 1), into: &actions)
    return engine
  }

  private func fill(from engine: inout Engine) throws {
    let contents = engine.answerContents()
    #expect(contents.count == 1)
    for table in contents {
      try maps.add(
        engine.publishedRules(on: table.interface).map(AnswerRule.init),
        on: UInt32(table.interface.rawValue))
    }
    var identities = HostIdentities()
    identities.replace(by: engine.allInterfaces)
    try maps.update(
      contents.map { AnswerLink($0, answersEarly: true) },
      identities.takeChanges())
  }

  private static let member = IPv6Address("2001:db8:1:0:ff:1:0:1")!

  /// A question of any kind, with addresses that mean something here.
  private func question(
    using random: inout SeededGenerator
  ) -> EthernetFrame<NeighborSolicitation> {
    func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }
    let target = pick(
      [
        "2001:db8:1:0:ff::10", "2001:db8:1:0:ff::10", "2001:db8:1:0:ff:1:0:1",
        "2001:db8:1:0:ff:1:0:1", "2001:db8:1:0:ff:1:0:2", "2001:db8:1::2", "2001:db8:5::1",
        "2001:db8:1::", "fe80::100", "::1", "::ffff:1.2.3.4", "::1.2.3.4", "2001:db8:1:0:ff::1",
        "3ffe::9", "fe80::a", "febf::1", "fec0::1", "2001:db8:1:0:ff::", "::1:0:0",
      ].map { IPv6Address($0)! })
    let source = pick(
      [
        "fe80::aa", "fe80::aa", "2001:db8:1::aa", "2001:db8:9::aa", "::", "fe80::a", "fe80::b",
        "2001:db8:1:0:ff::10", "2001:db8:1::2", "fe80:1::5", "2001:db8:1::", "fec0::5",
      ].map { IPv6Address($0)! })
    let station = pick(
      ["aa", "aa", "aa", "bb", "0a", "0b"].map { MACAddress("02:00:00:00:00:\($0)")! })
    let claimed = pick([station, station, station, nil, MACAddress("02:00:00:00:00:cc")!, Self.own])
    let isUnicast = !source.isUnspecified && Int.random(in: 0..<3, using: &random) == 0
    return EthernetFrame(
      source: station,
      destination: isUnicast ? Self.own : MACAddress(multicast: target.solicitedNodeMulticast),
      message: NeighborSolicitation(
        source: source, destination: isUnicast ? target : target.solicitedNodeMulticast,
        target: target, sourceLinkLayerAddress: source.isUnspecified ? nil : claimed))
  }

  /// What the engine makes of octets; `nil` where it answers nothing.
  private func answer(_ engine: inout Engine, _ octets: [UInt8], now: Instant) -> [UInt8]? {
    guard case .solicitation(let frame)? = try? NeighborDiscoveryFrame(decoding: octets.span.bytes)
    else { return nil }
    var actions: [Action] = []
    let index = InterfaceIndex(ends.first)
    engine.handle(.solicitation(frame, on: index), now: now, into: &actions)
    for case .locate(let target, let link) in actions {
      engine.handle(.located(.elsewhere, of: target, from: link), now: now, into: &actions)
    }
    for case .advertise(let answer, on: index) in actions { return answer.octets }
    return nil
  }

  @Test(arguments: [
    (Ruleset.AdvertisementSource.auto, true), (.linkLocal, false), (.global, true), (.target, true),
    (.address(IPv6Address("2001:db8:1::2")!), false),
  ])
  func `what it answers is what the engine answers`(
    source: Ruleset.AdvertisementSource, isRouter: Bool
  ) throws {
    var engine = engine(source: source, isRouter: isRouter)
    try fill(from: &engine)
    try makeKnown(Self.member, to: &engine)
    var random = SeededGenerator(seed: 7)
    var tally = Tally()
    try host.run {
      for _ in 0..<3000 {
        let frame = question(using: &random)
        var octets = frame.octets
        // Any octet may be another, with a checksum that is right or not.
        if Int.random(in: 0..<4, using: &random) == 0 {
          octets[Int.random(in: 0..<octets.count, using: &random)] ^= UInt8.random(
            in: 1...255, using: &random)
          if Bool.random(using: &random) { octets.mendChecksum() }
        }
        try check(octets, &engine, &tally)
      }
    }
    #expect(tally.answered > 150, "\(tally)")
    #expect(tally.answeredForMember > 20, "\(tally)")
    #expect(tally.handedOver > 50, "\(tally)")
  }

  /// `make fuzz-program` sends ten million.
  @Test func `of mutated frames it answers what the engine answers`() throws {
    let count = CurrentProcess.environment("NDPPROXY_PROGRAM_FRAMES").flatMap { Int($0) } ?? 20_000
    var engine = engine(source: .auto, isRouter: true)
    try fill(from: &engine)
    try makeKnown(Self.member, to: &engine)
    let seed = CurrentProcess.environment("NDPPROXY_PROGRAM_SEED").flatMap { UInt64($0) } ?? 1
    var random = SeededGenerator(seed: seed)
    let mutator = FrameMutator(
      addresses: [
        "2001:db8:1:0:ff::10", "2001:db8:1:0:ff:1:0:1", "2001:db8:1::2", "2001:db8:5::1",
        "fe80::a", "fe80::aa", "2001:db8:1::aa",
      ].map { IPv6Address($0)! },
      stations: [Self.own, Self.inner, MACAddress("02:00:00:00:00:aa")!])
    let bases = (0..<64).map { _ in question(using: &random).octets }
    var tally = Tally()
    try host.run {
      for _ in 0..<count {
        let octets = mutator.frame(from: bases[...], using: &random)
        // BPF_PROG_TEST_RUN takes no frame without an IPv6 header, and none above a page.
        guard 54...3000 ~= octets.count else { continue }
        try check(octets, &engine, &tally)
      }
    }
    print("\(count) frames: \(tally)")
    #expect(tally.answered > count / 400 && tally.handedOver > count / 1000, "\(tally)")
  }

  /// What became of frames.
  private struct Tally {
    var answered = 0
    var answeredForMember = 0
    var handedOver = 0
    var passed = 0
  }

  /// Has the kernel run the program on a frame, and compares that with what the engine makes of it;
  /// to be called in the host's namespace.
  private func check(_ octets: [UInt8], _ engine: inout Engine, _ tally: inout Tally) throws {
    let trial = try program.run(on: octets, interface: UInt32(ends.first))
    // In a driver it is the same, but for what the daemon gets.
    let sooner = try early.run(on: octets, interface: UInt32(ends.first))
    let isAnswered = trial.verdict == 7
    #expect(sooner.verdict == (isAnswered ? 3 : 2), "\(octets)")
    #expect(sooner.frame == (isAnswered ? trial.frame : octets), "\(octets)")
    switch trial.verdict {
    case 7:
      tally.answered += 1
      if octets[62..<78].elementsEqual(Self.memberOctets) { tally.answeredForMember += 1 }
      let expected = answer(&engine, octets, now: Self.start)
      #expect(trial.frame == expected, "\(octets)")
    case 2:
      tally.handedOver += 1
      checkHandedOver(octets)
    default:
      tally.passed += 1
      #expect(trial.verdict == -1 && trial.frame == octets, "\(octets)")
    }
  }

  private static let memberOctets = (0..<16).map {
    UInt8(truncatingIfNeeded: member.bits >> (120 - 8 * UInt128($0)))
  }

  /// The kernel gets no solicitation that was sent to a target of a rule; the daemon gets it whole.
  private func checkHandedOver(_ octets: [UInt8]) {
    var handed: [[UInt8]] = []
    let count = maps.handed.receive { frame, interface in
      #expect(interface == ends.first)
      handed.append(
        (0..<frame.byteCount).map { frame.unsafeLoad(fromByteOffset: $0, as: UInt8.self) })
    }
    #expect(count == 1 && handed == [octets])
    // To the target itself, at this host, and not one of its own addresses.
    #expect(octets[38..<54] == octets[62..<78])
    #expect(MACAddress(bits: octets[0..<6].reduce(0) { $0 << 8 | UInt64($1) }) == Self.own)
    let target = IPv6Address(bits: octets[62..<78].reduce(0) { $0 << 8 | UInt128($1) })
    let excluded = IPv6Prefix("2001:db8:5::/48")!
    #expect(!target.isLinkLocal && !target.isMulticast && !excluded.contains(target))
    let own = ["2001:db8:1::2", "2001:db8:1::", "2001:db8:1:0:ff::1"].map { IPv6Address($0)! }
    #expect(!own.contains(target))
  }

  private static let start = Instant(nanoseconds: BootClock.nanoseconds)

  /// Has a member answer, so that it is known for a while, to the maps as well.
  private func makeKnown(_ target: IPv6Address, to engine: inout Engine) throws {
    let question = EthernetFrame(
      source: MACAddress("02:00:00:00:00:aa")!,
      destination: MACAddress(multicast: target.solicitedNodeMulticast),
      message: NeighborSolicitation(
        source: IPv6Address("fe80::aa")!, destination: target.solicitedNodeMulticast,
        target: target, sourceLinkLayerAddress: MACAddress("02:00:00:00:00:aa")!))
    _ = answer(&engine, question.octets, now: Self.start)
    var actions: [Action] = []
    engine.handle(
      .advertisement(
        EthernetFrame(
          source: MACAddress("02:00:00:00:00:dd")!, destination: Self.inner,
          message: NeighborAdvertisement(
            source: target, destination: IPv6Address("fe80::b")!, target: target, isRouter: false,
            isSolicited: true, isOverride: true,
            targetLinkLayerAddress: MACAddress("02:00:00:00:00:dd")!)),
        on: InterfaceIndex(ends.second)), now: Self.start, into: &actions)
    #expect(actions.count >= 1)
    try maps.set(
      target, on: UInt32(ends.first), until: Self.start.nanoseconds + 3600 * 1_000_000_000,
      routesAt: nil)
  }
}

extension [UInt8] {
  /// Sets the checksum right of an ICMPv6 message behind plain headers.
  fileprivate mutating func mendChecksum() {
    guard count > 58 else { return }
    self[56] = 0
    self[57] = 0
    let sum = ~horribleChecksum(
      Array(self[54...]), source: Array(self[22..<38]), destination: Array(self[38..<54]))
    self[56] = UInt8(sum >> 8)
    self[57] = UInt8(sum & 0xff)
  }
}
