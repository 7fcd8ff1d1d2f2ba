import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

/// One station that asks for dead targets, another that asks for live ones, and what they see.
struct Scan: ~Copyable {
  private let scanner: PacketSender
  private let asker: PacketSender
  /// At the asker: its questions, and the answers to it.
  private var upstream: PacketCapture
  /// At the member: what the scanned link gets to see.
  private var inside: PacketCapture
  private let rate: Int
  private let freshCount: Int

  private var generator = SystemRandomNumberGenerator()
  private var asked: [IPv6Address: Duration] = [:]
  private var known = Answers()
  private var fresh = Answers()
  private var scannedCount = 0
  /// Questions for strangers on the scanned link, by the second.
  private var questions: [Int] = []
  private var firstQuestion: Duration?

  /// Opens what is needed in the nodes of the network.
  init(_ network: FoundingNetwork, rate: Int, freshCount: Int) async throws {
    let scanner = try await network.routers[1].sender(on: "up0")
    let asker = try await network.routers[0].sender(on: "up0")
    let upstream = try network.routers[0].capture(on: "up0")
    let inside = try network.member.capture(on: "zt0", filter: "icmp6 and ip6[40] == 135")
    (self.rate, self.freshCount) = (rate, freshCount)
    (self.scanner, self.asker) = (scanner, asker)
    self.upstream = upstream
    self.inside = inside
  }

  /// Plays for as long as that, in steps of about a millisecond.
  mutating func run(for duration: Duration) async throws {
    try await askUntilKnown()
    let start = now
    var nextKnown = Duration.zero
    var freshAsked = 0
    while case let time = now - start, time < duration {
      let due = Int(time / .microseconds(1)) * rate / 1_000_000
      while scannedCount < due { scanOne() }
      scanner.flush()
      if time >= nextKnown {
        ask(for: FoundingNetwork.memberAddress(0))
        nextKnown += .milliseconds(50)
      }
      if freshAsked < freshCount, time >= .milliseconds(200 * freshAsked) {
        ask(for: freshTarget(freshAsked))
        freshAsked += 1
      }
      try look()
      try await Task.sleep(for: .milliseconds(1))
    }
    try await Task.sleep(for: .milliseconds(500))
    try look()
  }

  private var now: Duration { .nanoseconds(BootClock.nanoseconds) }

  private mutating func askUntilKnown() async throws {
    ask(for: FoundingNetwork.memberAddress(0))
    try await Task.sleep(for: .milliseconds(200))
    try look()
    known = Answers()
    questions = []
  }

  private mutating func scanOne() {
    let random = UInt128(UInt64.random(in: 1 << 20..<1 << 47, using: &generator))
    let target = IPv6Address(bits: FoundingNetwork.insidePrefix.address.bits | random)
    let frame = solicitation(for: target, from: 1)
    scanner.enqueue { frame.encode(into: &$0) }
    scannedCount += 1
  }

  private func ask(for target: IPv6Address) {
    let frame = solicitation(for: target, from: 0)
    asker.enqueue { frame.encode(into: &$0) }
    asker.flush()
  }

  /// Takes up what both captures have seen.
  private mutating func look() throws {
    while let captured = try upstream.next() {
      guard let frame = try? captured.decoded() else { continue }
      take(frame, at: captured.timestamp)
    }
    while let captured = try inside.next() {
      guard case .solicitation(let frame) = try? captured.decoded(), isStranger(frame) else {
        continue
      }
      let first = firstQuestion ?? captured.timestamp
      firstQuestion = first
      let second = Int((captured.timestamp - first) / .seconds(1))
      while questions.count <= second { questions.append(0) }
      questions[second] += 1
    }
  }

  private func isStranger(_ frame: EthernetFrame<NeighborSolicitation>) -> Bool {
    frame.source == FoundingNetwork.insideGatewayLinkLayerAddress && frame.destination.isMulticast
  }

  private mutating func take(_ frame: NeighborDiscoveryFrame, at time: Duration) {
    switch frame {
    case .solicitation(let frame):
      guard frame.source == FoundingNetwork.routerLinkLayerAddress(0) else { return }
      asked[frame.message.target] = time
      if isKnown(frame.message.target) { known.asked += 1 } else { fresh.asked += 1 }
    case .advertisement(let frame):
      let target = frame.message.target
      guard let start = asked.removeValue(forKey: target) else { return }
      if isKnown(target) { known.add(time - start) } else { fresh.add(time - start) }
    }
  }

  private func isKnown(_ target: IPv6Address) -> Bool {
    target == FoundingNetwork.memberAddress(0)
  }

  /// What came of it.
  consuming func report(memoryBefore: Int, memoryAfter: Int) -> ScanReport {
    ScanReport(
      scannedCount: scannedCount, known: known, fresh: fresh, questions: questions,
      memoryBefore: memoryBefore, memoryAfter: memoryAfter)
  }
}

/// The question that a router sends for a target.
private func solicitation(
  for target: IPv6Address, from router: Int
) -> EthernetFrame<NeighborSolicitation> {
  let group = target.solicitedNodeMulticast
  let own = FoundingNetwork.routerLinkLayerAddress(router)
  return EthernetFrame(
    source: own, destination: MACAddress(multicast: group),
    message: NeighborSolicitation(
      source: FoundingNetwork.routerAddress(router), destination: group, target: target,
      sourceLinkLayerAddress: own))
}

/// How often something was asked for, and how soon it was answered.
struct Answers {
  var asked = 0
  private var latencies: [Duration] = []

  mutating func add(_ latency: Duration) { latencies.append(latency) }

  /// `30 of 30 answered, median 0.20 ms, 99 % within 0.40 ms`.
  var summary: String {
    let sorted = latencies.map { Int($0 / .nanoseconds(1)) }.sorted()
    guard !sorted.isEmpty else { return "none of \(asked) answered" }
    let last = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
    return "\(sorted.count) of \(asked) answered, median "
      + "\(milliseconds(sorted[sorted.count / 2])), 99 % within \(milliseconds(last))"
  }
}

/// What a scan came to.
struct ScanReport {
  let scannedCount: Int
  let known: Answers
  let fresh: Answers
  let questions: [Int]
  let memoryBefore: Int
  let memoryAfter: Int

  /// The most that the scanned link had to hear in any second.
  var mostQuestionsPerSecond: Int { questions.max() ?? 0 }

  var lines: [String] {
    [
      "scan:           \(grouped(scannedCount)) solicitations for dead targets",
      "scanned link:   \(grouped(questions.reduce(0, +))) solicitations, "
        + "at most \(grouped(mostQuestionsPerSecond)) in a second",
      "known target:   \(known.summary)",
      "fresh targets:  \(fresh.summary)",
      "memory (RSS):   \(grouped(memoryBefore / 1024)) KiB before, "
        + "\(grouped(memoryAfter / 1024)) KiB after",
    ]
  }
}
