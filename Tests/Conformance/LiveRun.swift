import NetworkLab

/// Rows tried on real kernels.
package enum LiveRun {
  /// What came of rows with our daemon, by id.
  ///
  /// A busy machine may be too slow for the times that a row has to keep, so that a row that fails
  /// is tried again, up to twice, with only its like at the same time.
  package static func outcomesOfOurs(_ rows: [Row] = Row.all) async -> [String: Outcome] {
    var outcomes = await outcomes(of: .ndpproxy, rows)
    for _ in 0..<2 {
      let failed = rows.filter { if case .differs = outcomes[$0.id] { true } else { false } }
      if failed.isEmpty { break }
      outcomes.merge(await Self.outcomes(of: .ndpproxy, failed)) { $1 }
    }
    return outcomes
  }

  /// What came of rows with one program, by id: those of a setup at once, on one daemon.
  package static func outcomes(
    of program: Program, _ rows: [Row] = Row.all
  ) async -> [String: Outcome] {
    var outcomes: [String: Outcome] = [:]
    await withTaskGroup(of: [String: Outcome].self) { group in
      for (setup, rows) in rowsBySetup(rows) {
        group.addTask { await attempt(rows, of: setup, on: program) }
      }
      group.addTask { await attemptLabs(rows, with: program) }
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
    _ rows: [Row], of setup: Setup, on program: Program
  ) async -> [String: Outcome] {
    do {
      let lab = try await LiveLab(setup, rows: rows)
      let configuration = program.configuration(setup.configuration)
      return try await lab.proxy.withDaemon(try program.path, configuration: configuration) {
        let subject = try LiveSubject(program.kind, in: lab, process: $0.process)
        let outcomes = await attempt(rows, on: subject)
        guard let end = $0.process.status else { return outcomes }
        let last = $0.process.lines.last ?? ""
        return Self.outcomes(of: rows, .differs("\(program) \(end): \(last)"))
      }
    } catch {
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
        group.addTask { (row.id, await attempt(body, with: program)) }
        running += 1
      }
      for await (id, outcome) in group { outcomes[id] = outcome }
      return outcomes
    }
  }

  /// Labs mostly wait, but a machine may be small.
  private static let labsAtOnce = 6

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
