import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import PrefixTrie
import ProxyEngine
import ProxyModel

/// Steps, sessions, prefixes and files, all in this process or its children.
struct Micro {
  let runs: Int
  var sessions = 1_000_000

  /// What plots and tables call our code.
  static let title = Responder.ndpproxy.title
  private static let oracle = "linear search"

  func measure(into report: inout Report) async throws {
    measureSteps(&report)
    measureTrie(&report)
    measureAskers(&report)
    await measureProgram(&report)
    for count in [1, 1_000, 100_000, sessions] where count <= sessions {
      for _ in 0..<runs { measureSessions(count, &report) }
    }
    await measureFiles(&report)
    report.add(
      Plot(
        title: "Longest-prefix match",
        panels: [
          Plot.Panel(
            horizontal: .init(label: "prefixes", isLogarithmic: true),
            vertical: .init(label: "ns per lookup", isLogarithmic: true),
            curves: report.trieCurves(own: Self.title, oracle: Self.oracle))
        ]), name: "trie")
  }

  func figure(
    _ quantity: String, _ value: Double, _ unit: String, at condition: String = "",
    position: Double? = nil, of subject: String = Micro.title
  ) -> Figure {
    Figure("micro", quantity, at: condition, position: position, of: subject, in: unit, [value])
  }

  private func measureSteps(_ report: inout Report) {
    for run in 0...runs {
      for step in MicroStep.allCases {
        let time = nanoseconds(of: 100_000) { step.run($0) }
        // The first round is for the caches.
        if run > 0 { report.add(figure("time", time, "ns", at: "\(step)")) }
      }
    }
  }

  // MARK: - Prefixes

  private func measureTrie(_ report: inout Report) {
    for count in [10, 1_000, 100_000] {
      var trie = PrefixTrie()
      let prefixes = (0..<count).map(rulePrefix)
      for (position, prefix) in prefixes.enumerated() { trie[prefix] = position }
      var random = FastGenerator(seed: 7)
      let targets = (0..<256).map { _ in Targets.ofRules(count).next(&random) }
      let lookups = max(4, 1_000_000 / count)
      for _ in 0..<runs {
        var found = 0
        let time = nanoseconds(of: 100_000) { count in
          for index in 0..<count { found &+= trie.longestMatch(targets[index & 255]) ?? 0 }
          return found
        }
        let slow = nanoseconds(of: lookups) { count in
          for index in 0..<count {
            found &+= linearMatch(targets[index & 255], among: prefixes) ?? 0
          }
          return found
        }
        let condition = "\(grouped(count)) prefixes"
        report.add(
          figure("trie lookup", time, "ns", at: condition, position: Double(count)))
        report.add(
          figure(
            "trie lookup", slow, "ns", at: condition, position: Double(count), of: Self.oracle))
      }
      let differing = targets.first { trie.longestMatch($0) != linearMatch($0, among: prefixes) }
      if let differing {
        report.fail("trie", BenchFailure("another rule for \(differing) than by linear search"))
      }
    }
  }

  // MARK: - Sessions

  /// Makes sessions, confirms them, asks for them, and lets them expire.
  private func measureSessions(_ count: Int, _ report: inout Report) {
    let condition = "\(grouped(count)) sessions"
    let limits = EngineUnderTest.limits(forSessions: count)
    // As many a second as the limit lets pass.
    let pause = Duration.seconds(2) / limits.solicitationsPerSecond
    let engine = EngineUnderTest(.interface("zt0"), limits: limits)
    let before = Heap.allocatedOctets
    let insertion = nanoseconds(of: count) { count in
      var sum = 0
      for index in 0..<count {
        engine.pass(pause)
        sum += engine.ask(for: member(index))
        sum += engine.confirm(member(index))
      }
      return sum
    }
    let octets = Heap.allocatedOctets - before
    guard engine.sessionCount == count else {
      return report.fail(condition, BenchFailure("only \(engine.sessionCount) were made"))
    }
    var random = FastGenerator(seed: 7)
    let questions = (0..<1 << 14).map { _ in
      EngineUnderTest.question(for: Targets.members(count).next(&random))
    }
    var answers = 0
    let time = nanoseconds(of: 1 << 16) { count in
      for index in 0..<count { answers += engine.ask(questions[index & (1 << 14 - 1)]) }
      return answers
    }
    guard answers == 1 << 16 else {
      return report.fail(condition, BenchFailure("\(answers) answers to 65,536 solicitations"))
    }
    // Asked again and silent, then believed no more, then forgotten.
    let expiry = nanoseconds(of: count) { _ in
      var sum = 0
      for _ in 0..<800 where engine.sessionCount > 0 { sum += engine.wait(.seconds(1)) }
      return sum
    }
    guard engine.sessionCount == 0 else {
      return report.fail(condition, BenchFailure("\(engine.sessionCount) do not expire"))
    }
    let position = Double(count)
    report.add(figure("decide by sessions", time, "ns", at: condition, position: position))
    guard count >= 1_000 else { return }
    report.add(figure("session made", insertion, "ns", at: condition, position: position))
    report.add(figure("session expired", expiry, "ns", at: condition, position: position))
    report.add(
      figure(
        "bytes per session", Double(octets) / position, "bytes", at: condition,
        position: position))
  }

  /// Asks for one silent target from more and more stations.
  private func measureAskers(_ report: inout Report) {
    for askers in [1, 8, 1_000] {
      for _ in 0..<runs {
        let engine = EngineUnderTest(.interface("zt0"))
        let time = nanoseconds(of: 50_000) { count in
          var sum = 0
          for index in 0..<count {
            sum += engine.ask(for: member(0), asker: UInt64(index % askers))
          }
          return sum
        }
        report.add(
          figure(
            "solicitation that waits", time, "ns", at: "\(grouped(askers)) solicitors",
            position: Double(askers)))
      }
    }
  }

  // MARK: - Files

  private func measureFiles(_ report: inout Report) async {
    for count in [1_000, 100_000] {
      do {
        let file = try SampleFile(ruleCount: count)
        for _ in 0..<runs {
          let load = try await file.load()
          report.add(
            figure(
              "configuration loaded", Double(load.nanoseconds) / Double(count), "ns/rule",
              at: "\(grouped(count)) rules", position: Double(count)))
        }
      } catch {
        report.fail("configuration of \(count) rules", error)
      }
    }
  }
}

/// How long one of so many takes; what the body returns keeps it from being left out.
private func nanoseconds(of count: Int, _ body: (Int) -> Int) -> Double {
  let start = BootClock.nanoseconds
  keep(body(count))
  return Double(BootClock.nanoseconds - start) / Double(count)
}

@inline(never)
private func keep(_ value: Int) {
  precondition(value != .min)
}

/// The obviously right way, which the trie has to agree with.
private func linearMatch(_ target: IPv6Address, among prefixes: [IPv6Prefix]) -> Int? {
  var best: (length: Int, position: Int)?
  for (position, prefix) in prefixes.enumerated() where prefix.contains(target) {
    if prefix.length > best?.length ?? -1 { best = (prefix.length, position) }
  }
  return best?.position
}

extension Report {
  fileprivate func trieCurves(own: String, oracle: String) -> [Plot.Curve] {
    [(own, Plot.Style.own), (oracle, .reference)].map { subject, style in
      Plot.Curve(
        name: subject == own ? "PrefixTrie" : subject, style: style,
        points: figures("micro", "trie lookup").filter { $0.subject == subject }.map {
          Plot.Point(x: $0.position ?? 0, y: $0.median, spread: $0.lowest...$0.highest)
        })
    }
  }
}
