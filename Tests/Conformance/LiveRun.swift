import NetworkLab

/// Rows tried on real kernels.
package enum LiveRun {
  /// What came of rows with our daemon.
  ///
  /// A busy machine may be too slow for the times that a row has to keep, so that a row that fails
  /// is tried once more, with only its like at the same time. Who asks is told of each.
  package static func attemptsOfOurs(_ rows: [Row] = Row.all) async -> Attempts {
    var attempts = Attempts(outcomes: await outcomes(of: .ndpproxy, rows))
    let failed = rows.filter { attempts.failure(of: $0) != nil }
    if failed.isEmpty { return attempts }
    for row in failed { attempts.repeated[row.id] = attempts.failure(of: row) }
    attempts.outcomes.merge(await outcomes(of: .ndpproxy, failed)) { $1 }
    return attempts
  }

  /// What came of rows with one program, by id: those of a setup at once, on one daemon.
  package static func outcomes(
    of program: Program, _ rows: [Row] = Row.all
  ) async -> [String: Outcome] {
    var outcomes: [String: Outcome] = [:]
    let setups = rowsBySetup(rows)
    let start = Gathering(of: setups.count + 1)
    let end = Gathering(of: setups.count)
    await withTaskGroup(of: [String: Outcome].self) { group in
      for (setup, rows) in setups {
        group.addTask { await attempt(rows, of: setup, on: program, between: start, end) }
      }
      group.addTask {
        await start.wait()
        return await attemptLabs(rows, with: program)
      }
      for await some in group { outcomes.merge(some) { first, _ in first } }
    }
    return outcomes
  }

  /// What the kernel does with the frames of the rows about which it is asked.
  package static func outcomesOfKernel(_ rows: [Row] = Row.all) async -> [String: Outcome] {
    let rows = rows.filter { if case .notAsked = $0.kernel { false } else { true } }
    do {
      let lab = try await LiveLab(.usual, rows: rows)
      let trials = rows.map { row in Row.number(of: row.id) }
      try await lab.adopt(trials.flatMap { row in (0..<8).map { Setup.target($0, ofRow: row) } })
      let subject = try LiveSubject(.kernel, in: lab, process: nil)
      return await attempt(rows, on: subject)
    } catch {
      return outcomes(of: rows, .differs("\(error)"))
    }
  }

  private static func rowsBySetup(_ rows: [Row]) -> [(Setup, [Row])] {
    var groups: [(setup: Setup, rows: [Row])] = []
    for row in rows {
      guard case .script(let setup, _) = row.check else { continue }
      if let index = groups.firstIndex(where: { $0.setup.name == setup.name }) {
        groups[index].rows.append(row)
      } else {
        groups.append((setup, [row]))
      }
    }
    return groups.map { ($0.setup, $0.rows) }
  }

  private static func attempt(
    _ rows: [Row], of setup: Setup, on program: Program, between start: Gathering, _ end: Gathering
  ) async -> [String: Outcome] {
    do {
      let lab = try await LiveLab(setup, rows: rows)
      let configuration = program.configuration(setup.configuration)
      return try await lab.proxy.withDaemon(try program.path, configuration: configuration) {
        let subject = try LiveSubject(program.kind, in: lab, process: $0.process)
        await start.wait()
        let outcomes = await attempt(rows, on: subject)
        await end.wait()
        guard let status = $0.process.status else { return outcomes }
        let last = $0.process.lines.last ?? ""
        return Self.outcomes(of: rows, .differs("\(program) \(status): \(last)"))
      }
    } catch {
      await start.wait()
      await end.wait()
      return outcomes(of: rows, .differs("setup \(setup.name): \(error)"))
    }
  }

  private static func attempt(_ rows: [Row], on subject: LiveSubject) async -> [String: Outcome] {
    await withTaskGroup(of: (String, Outcome).self) { group in
      for row in rows { group.addTask { (row.id, await row.attempt(on: subject)) } }
      var outcomes: [String: Outcome] = [:]
      for await (id, outcome) in group { outcomes[id] = outcome }
      return outcomes
    }
  }

  /// The rows with networks of their own, a few at a time.
  private static func attemptLabs(
    _ rows: [Row], with program: Program
  ) async -> [String: Outcome] {
    await withTaskGroup(of: (String, Outcome).self) { group in
      var outcomes: [String: Outcome] = [:]
      var running = 0
      for row in rows {
        guard let body = row.check.lab else { continue }
        if running == labsAtOnce, let (id, outcome) = await group.next() {
          outcomes[id] = outcome
          running -= 1
        }
        group.addTask { (row.id, await attempt(body, of: row, with: program)) }
        running += 1
      }
      for await (id, outcome) in group { outcomes[id] = outcome }
      return outcomes
    }
  }

  /// Labs mostly wait, but a machine may be small.
  private static let labsAtOnce = 6

  private static func attempt(
    _ body: @Sendable (Program) async throws -> Void, of row: Row, with program: Program
  ) async -> Outcome {
    guard row.testsPacketSockets else { return await attempt(body, with: program) }
    if Daemon.kernelPath == "yes" { return .notRun("the row tests packet sockets") }
    return await Daemon.$kernelPath.withValue("no") { await attempt(body, with: program) }
  }

  private static func attempt(
    _ body: @Sendable (Program) async throws -> Void, with program: Program
  ) async -> Outcome {
    do {
      try await body(program)
      return .pass
    } catch let reason as NotRun {
      return .notRun(reason.description)
    } catch {
      return .differs("\(error)")
    }
  }

  private static func outcomes(of rows: [Row], _ outcome: Outcome) -> [String: Outcome] {
    Dictionary(uniqueKeysWithValues: rows.map { ($0.id, outcome) })
  }
}

/// Holds tasks back until all of them have come.
///
/// To open or close a capture takes the kernel some 50 ms, and the thread waits meanwhile. The
/// process has only as many threads for tasks as processors, so that rows that were under way
/// while others' networks are laid or removed would see their answers seconds late.
private actor Gathering {
  private var missing: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(of tasks: Int) { missing = tasks }

  /// Counts the caller, and returns when all have been counted; at once from then on.
  func wait() async {
    missing -= 1
    if missing > 0 { return await withCheckedContinuation { waiting.append($0) } }
    for task in waiting { task.resume() }
    waiting = []
  }
}

/// What came of rows, and which of them were tried twice.
package struct Attempts: Sendable {
  /// By id, of the last try.
  package internal(set) var outcomes: [String: Outcome]
  /// By id, what was seen at the first try of rows that were tried again.
  package internal(set) var repeated: [String: String] = [:]

  init(outcomes: [String: Outcome]) { self.outcomes = outcomes }

  /// How many rows of a run may need a second try; more are no accident.
  package static let mostRepeated = 4

  /// How many rows were tried at all.
  package var executed: Int {
    outcomes.values.count { if case .notRun = $0 { false } else { true } }
  }

  /// The rows that were tried again, each with what was seen at first; nothing if there are none.
  package var report: String {
    let lines = repeated.sorted { $0.key < $1.key }.map { "- \($0.key): \($0.value)" }
    guard !lines.isEmpty else { return "" }
    let rows = lines.count == 1 ? "1 row was" : "\(lines.count) rows were"
    let head =
      "\(rows) repeated after a failure (at most \(Self.mostRepeated) may be); the failures:"
    return ([head] + lines).joined(separator: "\n")
  }

  fileprivate func failure(of row: Row) -> String? {
    if case .differs(let what) = outcomes[row.id] { what } else { nil }
  }
}

/// What a lab throws that has nothing to try on this program.
package struct NotRun: Error, CustomStringConvertible {
  /// Why.
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}

extension Program {
  /// The subject that it is.
  package var kind: SubjectKind { self == .ndpproxy ? .ndpproxy : .ndppd }
}

extension Row {
  /// Whether it is about packet sockets alone: bursts that overrun them, what they take, and what
  /// the kernel and its own proxy do with frames that they get as well.
  package var testsPacketSockets: Bool { ["F06", "J06", "L09", "L14", "L15"].contains(id) }
}
