import NetworkLab

/// The rows with what came of them, to be printed.
package struct Table: Sendable {
  /// Those that are printed.
  package let rows: [Row]
  /// By id, without a kernel.
  package var octets: [String: Outcome] = [:]
  /// By id, of our daemon.
  package var ndpproxy: [String: Outcome] = [:]
  /// The same where the kernel answers whatever it can (`kernel-path yes`).
  package var inKernel: [String: Outcome] = [:]
  /// The rows that our daemon was given a second try at, in words.
  package var repeated = ""
  /// Whether more rows needed a second try than may.
  package var isUnsteady = false
  /// By id, on which other kernel a row was met that cannot be tried on this one.
  package var elsewhere: [String: String] = [:]
  /// By id, of ndppd.
  package var ndppd: [String: Outcome] = [:]
  /// By id, of the kernel.
  package var kernel: [String: Outcome] = [:]

  package init(of rows: [Row]) { self.rows = rows }

  /// Tries rows on everything.
  package static func made(of rows: [Row]) async -> Table {
    var table = Table(of: rows)
    for row in rows { table.octets[row.id] = await row.attemptOnOctets() }
    // One after the other: the times that they are given are real.
    for kernelPath in ["no", "yes"] {
      let attempts = await Daemon.$kernelPath.withValue(kernelPath) {
        await LiveRun.attemptsOfOurs(rows)
      }
      if kernelPath == "no" {
        table.ndpproxy = attempts.outcomes
      } else {
        table.inKernel = attempts.outcomes
      }
      if !attempts.report.isEmpty {
        table.repeated += "kernel-path \(kernelPath): \(attempts.report)\n"
      }
      table.isUnsteady = table.isUnsteady || attempts.repeated.count > Attempts.mostRepeated
    }
    table.ndppd = await LiveRun.outcomes(of: .ndppd, rows)
    table.kernel = await LiveRun.outcomesOfKernel(rows)
    return table
  }

  /// What came of a row with us, wherever it was tried; what fails anywhere fails.
  package func outcome(of row: Row) -> Outcome {
    var outcome = Outcome.notRun("not tested")
    let places = [
      ("without a kernel", octets[row.id]), ("daemon", ndpproxy[row.id]),
      ("kernel path", inKernel[row.id]),
    ]
    for (place, next) in places {
      switch next {
      case .differs(let what): return .differs("\(place): \(what)")
      case .pass: outcome = .pass
      case .notRun(let reason): if outcome != .pass { outcome = .notRun(reason) }
      case nil: break
      }
    }
    if case .differs(let what) = kernel[row.id], case .agrees = row.kernel {
      return .differs("the kernel disagrees: \(what)")
    }
    if kernel[row.id] == .pass, case .differs = row.kernel {
      return .differs("the kernel does not differ")
    }
    if case .notRun = outcome, elsewhere[row.id] != nil { return .pass }
    return outcome
  }

  /// Takes up what `make test-kernel` has found: a row's id and a kernel in each line.
  package mutating func add(metElsewhere text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, case .notRun? = ndpproxy[String(words[0])] else { continue }
      elsewhere[String(words[0])] = String(words[1])
    }
  }

  /// The rows that our daemon or engine does not meet.
  package var failures: [Row] {
    rows.filter { if case .differs = outcome(of: $0) { true } else { false } }
  }
}

// MARK: - Text

extension Table {
  /// The table in Markdown, and the totals below it.
  package var text: String {
    let header = [
      "id", "requirement", "reference", "level", "ndpproxy", "kernel path", "ndppd 0.2.5", "kernel",
    ]
    let lines = rows.map(cells)
    var widths = header.map(\.count)
    for row in lines {
      for (column, cell) in row.enumerated() where cell.count <= 60 {
        widths[column] = max(widths[column], cell.count)
      }
    }
    func line(_ cells: [String]) -> String {
      let padded = zip(cells, widths).map { cell, width in
        cell + String(repeating: " ", count: max(0, width - cell.count))
      }
      return "| " + padded.joined(separator: " | ") + " |"
    }
    let rule = widths.map { String(repeating: "-", count: $0) }
    return ([header, rule] + lines).map(line).joined(separator: "\n") + "\n\n" + totals
      + (repeated.isEmpty ? "" : "\n" + repeated)
  }

  /// Where to find each probe that compares proxies.
  package var peerProbes: String {
    PeerProbe.all.map { "- \($0.name): \($0.rows.joined(separator: ", "))" }
      .joined(separator: "\n")
  }

  private func cells(of row: Row) -> [String] {
    [
      row.id, row.requirement, row.reference, row.level.rawValue, result(of: row),
      observation(inKernel[row.id], of: row), observation(ndppd[row.id], of: row),
      judgement(of: row),
    ]
  }

  private func result(of row: Row) -> String {
    switch outcome(of: row) {
    case .pass:
      if let kernel = elsewhere[row.id] {
        "pass (on Linux \(kernel))"
      } else {
        row.deviation.map { "pass (deviation: \($0))" } ?? "pass"
      }
    case .differs(let what): "FAIL: \(what)"
    case .notRun(let reason): "not run: \(reason)"
    }
  }

  private func observation(_ outcome: Outcome?, of row: Row) -> String {
    switch outcome {
    case .pass: "same"
    case .differs(let what): what
    case .notRun(let reason): "not run: \(reason)"
    case nil: ""
    }
  }

  private func judgement(of row: Row) -> String {
    switch (row.kernel, kernel[row.id]) {
    case (.notAsked, _), (_, nil): ""
    case (.differs(let reason), .differs(let what)?): "\(what) (\(reason))"
    case (_, let outcome): observation(outcome, of: row)
    }
  }

  /// How many rows there are of each result.
  package var totals: String {
    let outcomes = rows.map { (row: $0, outcome: outcome(of: $0)) }
    let passed = outcomes.count { $0.outcome == .pass }
    let deviating = outcomes.count { $0.outcome == .pass && $0.row.deviation != nil }
    let failed = failures.count
    let others = ndppd.values.filter { if case .notRun = $0 { false } else { true } }
    return """
      \(rows.count) rows: \(passed + failed) executed, \(passed) passed \
      (\(deviating) of them with a deviation), \(failed) failed, \
      \(rows.count - passed - failed) not run.
      ndppd 0.2.5: \(others.count) rows executed, \(others.count { $0 == .pass }) with the same \
      result.
      """
  }
}
