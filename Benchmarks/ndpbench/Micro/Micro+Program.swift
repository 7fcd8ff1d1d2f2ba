import KernelPath
import LinuxNet
import LinuxSurvey
import NDPWire
import ProxyModel

// The program that answers in the kernel, run by the kernel on one frame after the other.

extension Micro {
  /// How long an answer takes with more and more static rules, and how long each step of it; needs
  /// CAP_BPF and CAP_NET_ADMIN.
  func measureProgram(_ report: inout Report) async {
    for count in [1, 1_000, 100_000] {
      do {
        let times = try await ProgramUnderTest.measure(rules: count) { [runs] program in
          try (0..<runs).map { _ in try program.timeOfAnswer() }
        }
        for time in times {
          report.add(
            figure(
              "program", time, "ns", at: "\(grouped(count)) rules", position: Double(count)))
        }
      } catch {
        report.fail("program in the kernel with \(count) rules", error)
      }
    }
    await measureProgramSteps(&report)
  }

  /// What each step takes: the time up to it, less the time up to the step before.
  private func measureProgramSteps(_ report: inout Report) async {
    do {
      let rounds = try await ProgramUnderTest.measure(rules: 1_000) { [runs] program in
        try (0..<runs).map { _ in try ProgramStep.allCases.map { try program.times(upTo: $0) } }
      }
      for times in rounds {
        var (single, repeated) = (0.0, 0.0)
        for (step, time) in zip(ProgramStep.allCases, times) {
          report.add(figure("program, single", time.single - single, "ns", at: step.rawValue))
          single = time.single
          guard let warm = time.repeated else { continue }
          report.add(figure("program, repeated", warm - repeated, "ns", at: step.rawValue))
          repeated = warm
        }
      }
    } catch {
      report.fail("steps of the program in the kernel", error)
    }
  }
}

/// How far a solicitation gets in the program, in this order.
enum ProgramStep: String, CaseIterable, Sendable {
  /// To where the program finds out that it is no IPv6: every other packet gets as far.
  case protocolCheck = "other protocol"
  /// All fields are right, but not the checksum.
  case checksum = "checksum"
  /// The sender is one of this host's own addresses.
  case sender = "interface and sender"
  /// The target is not, but the source is.
  case source = "target and source"
  /// The target is excluded from the rules.
  case rule = "rule"
  /// The answer.
  case answer = "answer"
}

/// The program with rules, on a thread of its own that has no other capabilities than the daemon.
///
/// With CAP_PERFMON, the kernel leaves out its precautions against speculative execution.
struct ProgramUnderTest {
  private let program: BPFProgram
  /// Returns zero.
  private let nothing: BPFProgram
  private let answered: [[UInt8]]

  /// The loopback interface, which is in every network namespace; nothing is attached to it.
  private static let interface: UInt32 = 1
  private static let own = MACAddress(bits: 0x0200_0000_000a)
  private static let ownAddress = IPv6Address(bits: 0xfe80 << 112 | 0x0a)
  private static let solicitor = MACAddress(bits: 0x0200_0000_00aa)
  private static let linkLocal = IPv6Address(bits: 0xfe80 << 112 | 0xaa)
  private static let onLink = IPv6Prefix(IPv6Address(bits: 0x2001_0db8_00aa << 80), length: 64)
  private static let excluded = IPv6Address(bits: 0x2001_0db8_00ff << 80 | 1)

  /// Measures on a new thread; throws what `measure` throws, and where the program is refused.
  static func measure<Result: Sendable>(
    rules count: Int, _ measure: @Sendable @escaping (ProgramUnderTest) throws -> Result
  ) async throws -> Result {
    try await OwnThread.run {
      try Privileges.drop(to: nil, keeping: [.bpf, .netAdmin])
      return try measure(ProgramUnderTest(rules: count))
    }
  }

  private init(rules count: Int) throws {
    let maps = try AnswerMaps(AnswerCapacity(rules: count + 1, targets: 1))
    let rules = (0..<count).map { AnswerRule(rulePrefix($0), .static, countedAt: $0) }
    let exclusion = AnswerRule(
      IPv6Prefix(Self.excluded, length: 128), .excluded, countedAt: count)
    try maps.add(rules + [exclusion], on: Self.interface)
    let addresses = [
      (Self.ownAddress, IPv6Prefix(Self.ownAddress, length: 64)),
      (Self.address(1), Self.onLink),
    ]
    try maps.update(
      [
        AnswerLink(
          interface: Self.interface, linkLayerAddress: Self.own, isRouter: true,
          isOverride: false, linkLocalSource: Self.ownAddress,
          places: [(Self.onLink, addresses[1].0)], answersAsTarget: false, addresses: addresses)
      ], HostChanges(stations: [Self.own: true]))
    program = try BPFProgram(answeringBy: maps)
    nothing = try BPFProgram(.nothing, maps: [:])
    var random = FastGenerator(seed: 7)
    answered = (0..<256).map { _ in
      Self.solicitation(for: Targets.ofRules(count).next(&random))
    }
  }

  /// The median time of an answer in nanoseconds, less that of a program that does nothing.
  ///
  /// Each run follows a system call, so that much is not in the processor's caches.
  func timeOfAnswer() throws -> Double {
    try time(of: answered, expecting: Self.redirected) - timeOfNothing()
  }

  /// The same up to a step; the second time is of many runs in succession, which there are not of
  /// answers: an answer takes the place of its solicitation.
  func times(upTo step: ProgramStep) throws -> (single: Double, repeated: Double?) {
    let rest = try timeOfNothing()
    let frame = Self.frame(endingAt: step)
    if step == .answer { return (try time(of: [frame], expecting: Self.redirected) - rest, nil) }
    let count = 10_000
    let repeated = try (0..<20).map { _ in
      let trial = try program.run(on: frame, interface: Self.interface, repeat: count)
      let empty = try nothing.run(on: frame, interface: Self.interface, repeat: count)
      return Double(trial.nanoseconds) - Double(empty.nanoseconds)
    }
    let single = try time(of: [frame], expecting: Self.passed) - rest
    return (single, repeated.sorted()[repeated.count / 2])
  }

  private func timeOfNothing() throws -> Double {
    Double(try Self.median(of: nothing, answered, expecting: 0))
  }

  private func time(of frames: [[UInt8]], expecting verdict: Int32) throws -> Double {
    Double(try Self.median(of: program, frames, expecting: verdict))
  }

  private static let redirected: Int32 = 7
  private static let passed: Int32 = -1

  private static func median(
    of program: BPFProgram, _ frames: [[UInt8]], expecting verdict: Int32
  ) throws -> UInt32 {
    var times: [UInt32] = []
    for number in 0..<20_000 {
      let trial = try program.run(on: frames[number % frames.count], interface: interface)
      guard trial.verdict == verdict else {
        throw BenchFailure("the program returned \(trial.verdict)")
      }
      times.append(trial.nanoseconds)
    }
    return times.sorted()[times.count / 2]
  }

  /// An address that is on-link.
  private static func address(_ number: UInt128) -> IPv6Address {
    IPv6Address(bits: onLink.address.bits | number)
  }

  private static func frame(endingAt step: ProgramStep) -> [UInt8] {
    let onLink = address(0xaa)
    switch step {
    case .protocolCheck:
      var frame = solicitation(for: excluded)
      // Where the type of an Ethernet frame is: IPv4.
      (frame[12], frame[13]) = (0x08, 0x00)
      return frame
    case .checksum:
      var frame = solicitation(for: excluded)
      frame[frame.count - 1] ^= 1
      return frame
    case .sender: return solicitation(for: excluded, from: own)
    case .source: return solicitation(for: excluded, source: ownAddress)
    case .rule: return solicitation(for: excluded, source: onLink)
    case .answer: return solicitation(for: rulePrefix(0).address, source: onLink)
    }
  }

  private static func solicitation(
    for target: IPv6Address, from sender: MACAddress = solicitor, source: IPv6Address = linkLocal
  ) -> [UInt8] {
    let group = target.solicitedNodeMulticast
    let frame = EthernetFrame(
      source: sender, destination: MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: source, destination: group, target: target, sourceLinkLayerAddress: sender))
    return EncodedFrame { frame.encode(into: &$0) }.octets
  }
}

extension BPFProgram.Code {
  /// Returns zero.
  fileprivate static let nothing = BPFProgram.Code(
    instructions: [0x0000_0000_0000_00b7, 0x0000_0000_0000_0095])
}
