import LinuxNet
import NDPWire
import NetworkLab

/// A daemon whose one rule names thousands of interfaces by a pattern.
struct ManyInterfaces {
  /// How many interfaces the pattern names.
  let count: Int
  let runs: Int

  private static let topic = "interfaces"
  private static let now = Responder.ndpproxy.title
  /// No run begins later than that.
  private static let patience = Duration.seconds(120)
  /// How long the daemon has nothing to do before its processor time is read.
  private static let quiet = Duration.milliseconds(300)

  /// What it was before one change cost the same however many interfaces there are, with 2,000 of
  /// them: measured once, by hand and on another busy machine, of commit 4ce8b42.
  private static let former: [(Quantity, Double)] = [
    (.start, 1_000), (.refresh, 1_100), (.veth, 2_700),
  ]

  private enum Quantity: String {
    case start = "processor time from exec to ready"
    case refresh = "an address that is refreshed"
    case refreshes = "one of 200 that are at once"
    case veth = "a new veth that the pattern names"
    case otherVeth = "a new veth that it does not name"
    case link = "a link set down or up"
    case answer = "answer after the first solicitation"
    case share = "processor meanwhile"

    var unit: String {
      switch self {
      case .start: "ms"
      case .refresh, .refreshes, .veth, .otherVeth, .link: "µs"
      case .answer: "s"
      case .share: "%"
      }
    }
  }

  /// Makes the interfaces and starts one daemon for each run.
  func measure(_ bench: Bench, into report: inout Report) async throws {
    let start = BootClock.nanoseconds
    try await bench.link.addInterfaces(count)
    let station = try await bench.link.member(on: "p\(count - 1)", for: member(0))
    for run in 0..<runs {
      let time = Duration.nanoseconds(BootClock.nanoseconds - start)
      guard run == 0 || time < Self.patience else { break }
      do {
        for (quantity, value) in try await figures(bench, station, run: run) {
          report.add(figure(quantity, value, of: Self.now))
        }
      } catch {
        report.fail("\(grouped(count)) interfaces", error)
      }
    }
    for (quantity, value) in Self.former where count == 2_000 {
      report.add(figure(quantity, value, of: "commit 4ce8b42"))
    }
  }

  private func figure(_ quantity: Quantity, _ value: Double, of subject: String) -> Figure {
    Figure(
      Self.topic, quantity.rawValue, at: "\(grouped(count)) interfaces", of: subject,
      in: quantity.unit, [value])
  }

  private func figures(
    _ bench: Bench, _ station: Member, run: Int
  ) async throws -> [(Quantity, Double)] {
    let rule = ResponderConfiguration.rule(BenchLink.proxiedPrefix, "iface h*")
    return try await bench.withDaemon(configuration: "proxy eth0 {\n\(rule)}\n") { running in
      let changes = Changes(gateway: bench.link.responder, peers: bench.link.member)
      var figures = [(Quantity.start, Double(running.startTime) / 1e6)]
      func take(_ quantity: Quantity, _ count: Int, _ change: (Int) async throws -> Void)
        async throws
      {
        let time = try await processorTime(of: running) {
          for number in 0..<count { try await change(number) }
        }
        figures.append((quantity, Double(time) / 1000 / Double(count)))
      }
      try await take(.refresh, 200) { _ in try await changes.refreshAddress() }
      let time = try await processorTime(of: running) {
        try await changes.refreshAddress(times: 200)
      }
      figures.append((.refreshes, Double(time) / 1000 / 200))
      try await take(.veth, 50) { try await changes.makeVeth("hn\($0)", peer: "pn\($0)") }
      try await take(.otherVeth, 50) { try await changes.makeVeth("xn\($0)", peer: "xp\($0)") }
      try await take(.link, 100) { try await changes.set("h0", isUp: $0 % 2 == 1) }
      try await changes.removeVeths((0..<50).flatMap { ["hn\($0)", "xn\($0)"] })
      try await Task.sleep(for: Self.quiet)
      let search = try Search(bench, station, seed: UInt64(run + 1))
      let found = try await search.run(running.process)
      return figures + [(.answer, found.seconds), (.share, found.processorShare * 100)]
    }
  }

  /// What the daemon takes for what `body` does, once it has nothing left to do.
  private func processorTime(
    of running: RunningDaemon, _ body: () async throws -> Void
  ) async throws -> Int {
    let process = running.process.processIdentifier
    let before = try Machine.processorTime(of: process)
    try await body()
    try await Task.sleep(for: Self.quiet)
    return try Machine.processorTime(of: process) - before
  }
}

/// What may happen to the interfaces of a gateway, one at a time: each wakes the daemon up.
private struct Changes {
  let gateway: Node
  let peers: Node

  /// As a router advertisement does that tells nothing new; all at once.
  func refreshAddress(times count: Int = 1) async throws {
    let line =
      "address change \(BenchLink.refreshedAddress)/64 dev eth0 \(BenchLink.refreshedLifetimes)\n"
    try await gateway.run("ip", "-6", "-batch", "-", input: String(repeating: line, count: count))
  }

  /// Both ends are down.
  func makeVeth(_ name: String, peer: String) async throws {
    try await gateway.run(
      "ip", "link", "add", name, "type", "veth", "peer", "name", peer, "netns",
      peers.namespacePath)
  }

  func removeVeths(_ names: [String]) async throws {
    let batch = names.map { "link delete \($0)\n" }.joined()
    try await gateway.run("ip", "-batch", "-", input: batch)
  }

  func set(_ name: String, isUp: Bool) async throws {
    try await gateway.run("ip", "link", "set", name, isUp ? "up" : "down")
  }
}

/// A router that asks for one target while strangers are asked for beyond the limit.
private struct Search {
  /// How long it took from the router's first question, and what the daemon took meanwhile.
  struct Outcome {
    let seconds: Double
    /// 1 is one processor, all of the time.
    let processorShare: Double
  }

  private let router: Generator
  private let answers: AnswerSample
  private let station: Member
  private let strangers: [Generator]

  /// Beyond `max-solicitations`.
  private static let strangersPerSecond = 450
  /// By whom: the limit is shared by link-layer addresses, and one alone could not exhaust it.
  private static let stationCount = 64
  /// For how long, before the router asks.
  private static let lead = Duration.seconds(2)
  /// As Linux asks: MAX_MULTICAST_SOLICIT, RetransTimer (RFC 4861 §10).
  private static let questionCount = 3

  init(_ bench: Bench, _ station: Member, seed: UInt64) throws {
    self.station = station
    router = try Generator(on: bench.link, index: bench.askerIndex, targets: .members(1))
    answers = try AnswerSample(on: bench.link, index: bench.askerIndex, divisor: 1)
    let sender = try bench.link.asker.namespace.run {
      try PacketSender(interfaceIndex: bench.askerIndex)
    }
    strangers = (0..<Self.stationCount).map { number in
      // Router 0 is the one that asks for the target.
      let asker = Station(
        address: FoundingNetwork.routerAddress(1 + number),
        linkLayerAddress: FoundingNetwork.routerLinkLayerAddress(1 + number))
      return Generator(
        sender, from: asker, targets: .inside(BenchLink.proxiedPrefix),
        seed: seed << 8 | UInt64(number))
    }
  }

  /// Some five seconds; throws where there is no answer a second after the last question.
  func run(_ daemon: RunningProcess) async throws -> Outcome {
    let process = daemon.processIdentifier
    let start = now
    let first = start + Self.lead
    let end = first + .seconds(Self.questionCount)
    var asked = 0
    var before = 0
    while case let time = now, time < end {
      let due = Int((time - start) / .microseconds(1)) * Self.strangersPerSecond / 1_000_000
      while asked < due {
        try strangers[asked % strangers.count].send(1)
        asked += 1
      }
      if router.sentCount < Self.questionCount, time >= first + .seconds(router.sentCount) {
        if router.sentCount == 0 { before = try Machine.processorTime(of: process) }
        try router.ask(for: member(0))
      }
      try station.answer()
      try answers.take()
      if answers.count > 0 {
        try answers.check()
        let taken = try Machine.processorTime(of: process) - before
        let seconds = (now - first) / .seconds(1)
        return Outcome(seconds: seconds, processorShare: Double(taken) / 1e9 / seconds)
      }
      try await Task.sleep(for: .milliseconds(1))
    }
    daemon.send(.userDefinedOne)
    let counts = try await daemon.line(containing: "answered=", within: .seconds(2)) ?? "no counts"
    throw BenchFailure(
      "\(Self.questionCount) solicitations of the router were not answered: \(counts)")
  }

  private var now: Duration { .nanoseconds(BootClock.nanoseconds) }
}
