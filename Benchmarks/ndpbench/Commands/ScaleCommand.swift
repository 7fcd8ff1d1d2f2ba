import ArgumentParser
import LinuxNet

/// The subcommand `scale`: what a question costs with many rules, and with many sessions.
struct ScaleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Measures the cost of a solicitation with many rules and many sessions.",
    discussion: """
      Processor time for an answer, and private memory. ndppd gets 500 solicitations per \
      second, because it cannot answer more with a thousand rules. ndpproxy gets 500 and \
      20,000. Sessions are created by soliciting members for which a socket of this program \
      answers. Up to 8192 sessions, ndpproxy runs with its defaults; for more, its limits are \
      raised. ndppd is measured with up to a thousand.
      """)

  @OptionGroup var options: BenchOptions

  @Option(parsing: .upToNextOption, help: "How many rules, 1 through 250000 each.")
  var rules = [1, 10, 100, 1_000, 10_000, 100_000]

  @Option(parsing: .upToNextOption, help: "How many sessions, 1 through 4000000 each.")
  var sessions = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

  func validate() throws {
    guard rules.allSatisfy({ 1...250_000 ~= $0 }) else {
      throw ValidationError("--rules takes numbers from 1 through 250000.")
    }
    guard sessions.allSatisfy({ 1...4_000_000 ~= $0 }) else {
      throw ValidationError("--sessions takes numbers from 1 through 4000000.")
    }
  }

  func run() async throws {
    let sizes =
      ["--rules"] + rules.map(String.init) + ["--sessions"] + sessions.map(String.init)
    try await options.session("scale", arguments: sizes) { bench, report in
      try await Scale(runs: options.runs, rules: rules, sessions: sessions)
        .measure(bench, into: &report)
    }
  }
}

/// The same questions with more and more of something.
struct Scale {
  let runs: Int
  var rules = [1, 10, 100, 1_000, 10_000, 100_000]
  var sessions = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

  /// Beyond this, ndppd takes longer than a question may.
  private static let mostForNdppd = 1_000
  /// New targets per second, of which the default of `max-solicitations` refuses none.
  private static let defaultPace = 250
  private static let slow = 500
  private static let fast = 20_000

  func measure(_ bench: Bench, into report: inout Report) async throws {
    for run in 0..<runs {
      for responder in [Responder.sockets, .ndppd] {
        let most = responder == .ndppd ? Self.mostForNdppd : .max
        for count in rules where count <= most {
          await attempt("\(count) rules", responder, &report) {
            try await withRules(count, responder, bench, seed: UInt64(run + 1))
          }
        }
        for count in sessions where count <= most {
          await attempt("\(count) sessions", responder, &report) {
            try await withSessions(count, responder, bench, seed: UInt64(run + 1))
          }
        }
      }
    }
    report.add(report.scalePlot("time by rules", "rules"), name: "rules")
    report.add(report.scalePlot("time by sessions", "sessions"), name: "sessions")
  }

  private func attempt(
    _ what: String, _ responder: Responder, _ report: inout Report,
    _ body: () async throws -> [Figure]
  ) async {
    do {
      for figure in try await body() { report.add(figure) }
    } catch {
      report.fail("\(responder.title) with \(what)", error)
    }
  }

  private func withRules(
    _ count: Int, _ responder: Responder, _ bench: Bench, seed: UInt64
  ) async throws -> [Figure] {
    var text = ""
    for rule in 0..<count { text += ResponderConfiguration.rule(rulePrefix(rule), "static") }
    return try await bench.withResponder(
      responder, ResponderConfiguration(rules: text), answering: rulePrefix(0).address
    ) { running in
      try await time(running, .ofRules(count), "rules", count, seed: seed)
    }
  }

  private func withSessions(
    _ count: Int, _ responder: Responder, _ bench: Bench, seed: UInt64
  ) async throws -> [Figure] {
    let configuration = ResponderConfiguration(
      rules: ResponderConfiguration.rule(BenchLink.proxiedPrefix, "iface zt0"),
      sessionCount: count)
    let station = try Member(on: bench)
    return try await bench.withResponder(responder, configuration, member: station) { running in
      let filling = try await running.fill(
        count, station, perSecond: configuration.needsLargerLimits ? nil : Self.defaultPace)
      let figures = try await time(running, .members(count), "sessions", count, seed: seed)
      guard count >= 100 else { return figures }
      return figures + [
        Figure(
          "scale", "time per new session", at: "\(grouped(count)) sessions",
          position: Double(count), of: responder.title, in: "µs",
          [Double(filling.processorTime) / 1000 / Double(count)]),
        Figure(
          "scale", "memory per session", at: "\(grouped(count)) sessions",
          position: Double(count), of: responder.title, in: "bytes",
          [Double(filling.memory) / Double(count)]),
      ]
    }
  }

  /// Processor time for each answer, and memory.
  private func time(
    _ running: RunningResponder, _ targets: Targets, _ what: String, _ count: Int, seed: UInt64
  ) async throws -> [Figure] {
    let title = running.responder.title
    let condition = "\(grouped(count)) \(what)"
    let position = Double(count)
    let slow = try await running.flood(
      targets, rate: Self.slow, for: .milliseconds(600), seed: seed)
    guard slow.answeredRate > slow.offeredRate * 0.95 else {
      throw BenchFailure("it does not keep up with \(Self.slow) solicitations per second")
    }
    var figures = [
      Figure(
        "scale", "time by \(what), 500 NS/s", at: condition, position: position, of: title,
        in: "µs", [slow.microsecondsPerAnswer])
    ]
    if running.responder.isOurs {
      let fast = try await running.flood(
        targets, rate: Self.fast, for: .milliseconds(300), seed: seed)
      figures.append(
        Figure(
          "scale", "time by \(what)", at: condition, position: position, of: title,
          in: "µs", [fast.microsecondsPerAnswer]))
    }
    if let process = running.processIdentifier {
      figures.append(
        Figure(
          "scale", "memory by \(what)", at: condition, position: position, of: title, in: "KiB",
          [Double(try Machine.privateMemory(of: process)) / 1024]))
    }
    return figures
  }
}

extension RunningResponder {
  /// Asks once for each of so many members, until each is known; no faster than so many a second.
  ///
  /// Returns the processor time and the memory that this took of the responder.
  fileprivate func fill(
    _ count: Int, _ station: Member, perSecond pace: Int?
  ) async throws -> (processorTime: Int, memory: Int) {
    guard let process = processIdentifier else { return (0, 0) }
    let generator = try Generator(
      on: bench.link, index: bench.askerIndex, targets: .members(count))
    let sample = try AnswerSample(on: bench.link, index: bench.askerIndex, divisor: 1)
    let time = try Machine.processorTime(of: process)
    let memory = try Machine.privateMemory(of: process)
    let start = BootClock.nanoseconds
    var lastProgress = start
    while sample.count < count {
      let before = sample.count
      let elapsed = BootClock.nanoseconds - start
      let due = pace.map { 1 + Int(elapsed) * $0 / 1_000_000_000 } ?? .max
      if generator.sentCount < min(count, due), generator.sentCount - sample.count < 32 {
        try generator.ask(for: ndpbench.member(generator.sentCount))
      }
      try station.answer()
      try sample.take()
      let now = BootClock.nanoseconds
      if sample.count > before { lastProgress = now }
      guard now - lastProgress < 3_000_000_000 else {
        throw BenchFailure("only \(sample.count) of \(count) members became known")
      }
    }
    try sample.check()
    return (
      try Machine.processorTime(of: process) - time,
      try Machine.privateMemory(of: process) - memory
    )
  }
}

extension Report {
  fileprivate func scalePlot(_ quantity: String, _ what: String) -> Plot {
    let memory = Plot.Panel(
      title: "private memory",
      horizontal: .init(label: what, isLogarithmic: true),
      vertical: .init(label: "KiB", isLogarithmic: true),
      curves: curves("scale", "memory by \(what)"))
    let time = Plot.Panel(
      title: "processor time for an answer, 500 NS/s",
      horizontal: .init(label: what, isLogarithmic: true),
      vertical: .init(label: "µs", isLogarithmic: true),
      curves: curves("scale", "\(quantity), 500 NS/s"))
    return Plot(title: "What an answer costs by the number of \(what)", panels: [time, memory])
  }
}
