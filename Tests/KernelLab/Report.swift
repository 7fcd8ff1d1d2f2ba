import Conformance
import Glibc

/// Plays labs and tells of each, in lines as `swift test` has them.
///
/// Labs of a suite are played one after the other, and two suites at a time: labs mostly wait.
actor Report {
  private(set) var failed: [String] = []
  private var passed = 0
  private var skipped = 0

  /// Whether a lab that cannot be played has failed.
  private let needsAll: Bool

  private init(needingAll needsAll: Bool) { self.needsAll = needsAll }

  /// Plays them all.
  static func made(of labs: [Lab], needingAll needsAll: Bool) async -> Report {
    let report = Report(needingAll: needsAll)
    let start = ContinuousClock.now
    var suites: [(name: String, labs: [Lab])] = []
    for lab in labs {
      if let place = suites.firstIndex(where: { $0.name == lab.suite }) {
        suites[place].labs.append(lab)
      } else {
        suites.append((lab.suite, [lab]))
      }
    }
    await withTaskGroup(of: Void.self) { group in
      for (number, suite) in suites.enumerated() {
        if number >= suitesAtOnce { await group.next() }
        group.addTask { for lab in suite.labs { await report.play(lab) } }
      }
    }
    await report.sum(up: labs, since: start)
    return report
  }

  private static let suitesAtOnce = 2

  private func sum(up labs: [Lab], since start: ContinuousClock.Instant) {
    let count = passed + failed.count
    let suites = Set(labs.map(\.suite)).count
    let outcome = failed.isEmpty ? "✔" : "✘"
    let verb = failed.isEmpty ? "passed" : "failed"
    let issues = failed.isEmpty ? "" : " with \(failed.count) issues"
    say(
      """
      \(outcome) Test run with \(count) tests in \(suites) suites \(verb) after \
      \(seconds(since: start)) seconds\(issues).
      """)
    if skipped > 0 { say("\(skipped) tests were skipped.") }
  }

  private func play(_ lab: Lab) async {
    say("◇ Test \"\(lab.title)\" started.")
    let start = ContinuousClock.now
    do {
      try await lab.body()
      passed += 1
      say("✔ Test \"\(lab.title)\" passed after \(seconds(since: start)) seconds.")
    } catch let reason as NotRun where !needsAll {
      skipped += 1
      say("➜ Test \"\(lab.title)\" skipped: \"\(reason)\"")
    } catch {
      failed.append(lab.title)
      for line in "\(error)".split(separator: "\n") {
        say("✘ Test \"\(lab.title)\" recorded an issue: \(line)")
      }
      say("✘ Test \"\(lab.title)\" failed after \(seconds(since: start)) seconds with 1 issue.")
    }
  }

  private func seconds(since start: ContinuousClock.Instant) -> String {
    let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    return "\(milliseconds / 1000).\(fraction)"
  }
}

/// Prints a line at once: whoever watches takes silence for a failure.
func say(_ line: String) {
  print(line)
  fflush(nil)
}
