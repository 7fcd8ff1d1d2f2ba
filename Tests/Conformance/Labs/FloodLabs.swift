import NDPWire
import NetworkLab

extension Row {
  /// M: floods on a running daemon, for a short time.
  static let floodLabs: [Row] = [
    Row(
      "M01", "the number of known targets is limited", "RFC 6583 §7", .should,
      .insideAndLab(
        scanBeyondLimit,
        Check.labBody("M01", .crowded) { lab in
          try await lab.scan(2000)
          let before = try await lab.residentKibibytes()
          try await lab.scan(8000)
          let growth = try await lab.residentKibibytes() - before
          try lab.requireLife("after a scan")
          try require(growth < 1024, "\(growth) KiB more memory")
        })),
    Row(
      "M07", "static rules keep no state per target", "RFC 6583 §7", .should,
      .insideAndLab(
        scanStatic,
        Check.labBody("M07", .alone) { lab in
          try await lab.scanStatic(1000)
          let before = try await lab.residentKibibytes()
          try await lab.scanStatic(20_000)
          let growth = try await lab.residentKibibytes() - before
          try lab.requireLife("after a scan")
          try require(growth < 1024, "\(growth) KiB more memory")
        })),
    Row(
      "M02", "known targets and other solicitors have priority over a scan", "RFC 6583 §7.1",
      .should,
      .insideAndLab(scanBesideOthers, Check.labBody("M02", .asking, playScan))),
    Row(
      "M03", "probes for unknown targets have a rate limit", "RFC 6620 §4.1", .must,
      .insideAndLab(scanByMany, Check.labBody("M03", .asking, playProbeLimit))),
    Row(
      "M08", "a flood of malformed frames does not flood the log", "RFC 6583 §7", .recommended,
      .lab("M08", .alone, playMalformed)),
  ]

  /// Scans for two seconds; known targets and new ones of another asker are answered meanwhile.
  private static let playScan: @Sendable (LabTrial) async throws -> Void = { lab in
    let known = (0..<10).map { lab.trial.verified(0xf000 + $0) }
    for target in known { try await lab.trial.confirm(target) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await lab.scan(4000) }
      for round in 0..<10 {
        try await lab.trial.wait(.milliseconds(200))
        let before = try await lab.trial.answers(known[round]).count
        try await lab.trial.ask(known[round])
        try await lab.trial.awaitAnswers(known[round], before + 1)
        // Asked once only: a question that the scan shuts out is not repeated.
        try await lab.trial.confirm(lab.trial.verified(0xf100 + round))
      }
      try await group.waitForAll()
    }
  }

  /// Scans for two seconds and counts the probes.
  private static let playProbeLimit: @Sendable (LabTrial) async throws -> Void = { lab in
    let count = 4000
    try await lab.scan(count)
    let targets = Set((0..<count).map { lab.trial.verified($0) })
    let times = try await lab.trial.subject.emitted(about: targets)
      .filter { $0.side == .down && $0.message?.first == 135 }.map(\.time).sorted()
    // The captured times are the kernel's, a little behind those that were counted.
    let most = mostInOneSecond(times)
    try require(most <= 440, "\(most) probes within one second")
    try require(!times.isEmpty, "no probe at all")
  }

  private static let playMalformed: @Sendable (LabTrial) async throws -> Void = { lab in
    let target = lab.trial.target()
    try await lab.requireAnswer(target, "at first")
    let before = lab.process.lines.count
    let socket = try lab.lab.peer.namespace.run { try RawSocket(interface: "up0") }
    var malformed = Stimulus(from: lab.trial.station(), for: target)
    malformed.checksum = malformed.rightChecksum ^ 1
    let octets = malformed.octets
    let start = wallClock()
    for number in 0..<50_000 {
      try socket.send(octets)
      if number % 256 == 0 { await Task.yield() }
    }
    try await lab.requireAnswer(lab.trial.target(1), "after the flood")
    let seconds = Int((wallClock() - start) / .seconds(1)) + 1
    let lines = lab.process.lines.count - before
    try require(lines <= 2 * seconds, "\(lines) lines in \(seconds) s")
  }
}

extension LabTrial {
  /// Has a station ask for this many different targets, some 2000 per second.
  fileprivate func scan(_ count: Int) async throws {
    let socket = try lab.peer.namespace.run { try RawSocket(interface: "up0") }
    let scanner = trial.station(7)
    for number in 0..<count {
      try socket.send(Stimulus(from: scanner, for: trial.verified(number)).octets)
      if number % 20 == 0 { try await Task.sleep(for: .milliseconds(10)) }
    }
  }
}

extension LabTrial {
  /// Has a station ask for this many different targets of a static rule, as fast as it can.
  fileprivate func scanStatic(_ count: Int) async throws {
    let socket = try lab.peer.namespace.run { try RawSocket(interface: "up0") }
    for number in 0..<count {
      try socket.send(Stimulus(from: trial.station(), for: trial.target(number)).octets)
      if number % 256 == 0 { await Task.yield() }
    }
    try await requireAnswer(trial.target(0xf000), "after \(count) solicitations")
  }
}

extension Setup {
  /// Asks on `dn0` for few targets at a time.
  fileprivate static let crowded = Setup(
    "crowded", "max-sessions 500\nmax-solicitations 100000\n" + asking.configuration)
}

/// The largest number of events in any second, of times in order.
func mostInOneSecond(_ times: [Duration]) -> Int {
  var (most, first) = (0, 0)
  for (index, time) in times.enumerated() {
    while times[first] + .seconds(1) <= time { first += 1 }
    most = max(most, index - first + 1)
  }
  return most
}
