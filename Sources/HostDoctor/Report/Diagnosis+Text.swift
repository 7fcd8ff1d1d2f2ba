import Console
import PlainText

extension Diagnosis {
  /// How much of it is shown.
  package enum Detail: Sendable {
    /// A line for each step, and what was found; equal findings once.
    case brief
    /// Every check, and every finding.
    case all
  }

  /// What a terminal shows; 80 columns, but for words that are longer.
  ///
  /// Escape sequences only where colour is wanted; nothing is said by colour alone.
  package func text(colored: Bool, detail: Detail = .all) -> String {
    let paint = Paint(isColored: colored)
    let lines = detail == .all ? allLines(paint) : briefLines(paint)
    return (lines + ["", summary]).joined(separator: "\n") + "\n"
  }

  private func allLines(_ paint: Paint) -> [String] {
    var lines: [String] = []
    for step in Step.allCases {
      let results = results.filter { $0.check.step == step }
      guard !results.isEmpty else { continue }
      if !lines.isEmpty { lines.append("") }
      lines.append(paint.bold(step.heading))
      lines += results.flatMap { $0.lines(paint, isFolded: false) }
    }
    return lines
  }

  private func briefLines(_ paint: Paint) -> [String] {
    var steps: [String] = []
    var found: [String] = []
    for step in Step.allCases {
      let results = results.filter { $0.check.step == step }
      guard !results.isEmpty else { continue }
      steps.append(Self.line(of: step, results, paint))
      for result in results where !result.findings.isEmpty {
        found.append("")
        found += result.lines(paint, isFolded: true)
      }
    }
    return steps + found
  }

  /// `✔ Firewall             6 checks good`, or what is not.
  private static func line(
    of step: Step, _ results: [CheckResult], _ paint: Paint
  ) -> String {
    let worst = results.flatMap(\.findings).map(\.severity).max()
    let parts = results.tally.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let isLookedAt = results.contains { result in
      switch result.verdict {
      case .good, .found: true
      case .skipped, .notChecked: false
      }
    }
    let mark = worst.map { paint.mark($0) } ?? (isLookedAt ? paint.green("✔") : "–")
    return "\(mark) " + step.heading.padded(to: 20) + parts.joined(separator: ", ")
  }

  /// `1 failure, 1 warning, 2 skipped`.
  package var summary: String {
    let counts = [
      (count(of: .failure), "failure"), (count(of: .warning), "warning"),
      (count(of: .note), "note"),
    ].filter { $0.0 > 0 }.map { $0.0 == 1 ? "1 \($0.1)" : "\($0.0) \($0.1)s" }
    let unchecked = results.count { if case .notChecked = $0.verdict { true } else { false } }
    let rest = [(skippedCount, "skipped"), (unchecked, "not checked")].filter { $0.0 > 0 }
      .map { "\($0.0) \($0.1)" }
    let isClear = count(of: .failure) + count(of: .warning) == 0
    let isSure = skippedCount == 0 && !findings.contains(where: \.isUncertain)
    let found = !isClear ? [] : [isSure ? "no problem found" : "no problem found in what was read"]
    return (found + counts + rest).joined(separator: ", ")
  }
}

extension Step {
  /// With a capital, as a heading.
  fileprivate var heading: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

extension [CheckResult] {
  /// How many checks came to what.
  fileprivate var tally: [(Int, String)] {
    var counts = (good: 0, found: 0, skipped: 0, unchecked: 0)
    for result in self {
      switch result.verdict {
      case .good: counts.good += 1
      case .found: counts.found += 1
      case .skipped: counts.skipped += 1
      case .notChecked: counts.unchecked += 1
      }
    }
    return [
      (counts.good, "good"), (counts.found, "with findings"), (counts.skipped, "skipped"),
      (counts.unchecked, "cannot be checked from this host"),
    ]
  }
}

extension CheckResult {
  /// Findings that differ in nothing but what they are about are one where they are folded.
  fileprivate func lines(_ paint: Paint, isFolded: Bool) -> [String] {
    switch verdict {
    case .good(let words): return [line(paint.green("✔"), words)]
    case .skipped(let reason): return [line("–", "skipped: \(reason)")]
    case .notChecked(let reason): return [line("–", "not checked: \(reason)")]
    case .found(let findings):
      return (isFolded ? findings.folded : findings.map { ($0, []) }).flatMap {
        lines(of: $0, others: $1, paint, isBrief: isFolded && $0.severity == .note)
      }
    }
  }

  fileprivate func line(_ mark: String, _ words: String) -> String {
    let title = check.title.padded(to: 18)
    return "  \(mark) \(check.code) \(title)" + words.printable.wrapped(after: Self.indent)
  }

  /// Of a note, only what it means where the page is to be brief.
  private func lines(
    of finding: Finding, others: [Finding], _ paint: Paint, isBrief: Bool
  ) -> [String] {
    var lines = [line(paint.mark(finding.severity), finding.summary)]
    if !others.isEmpty {
      let subjects = others.compactMap(\.subject)
      lines.append(
        Self.detail("also", "\(subjects.listed)".printable.wrapped(after: Self.indent)))
    }
    if isBrief {
      return lines + [Self.detail("means", finding.meaning.printable.wrapped(after: Self.indent))]
    }
    let details = [
      ("read", "\(finding.value) (\(finding.source))"), ("means", finding.meaning),
    ]
    lines += details.map { Self.detail($0, $1.printable.wrapped(after: Self.indent)) }
    lines += finding.fix.map(Self.lines) ?? []
    if others.contains(where: { $0.fix?.actions.isEmpty == false }) {
      lines.append(Self.detail("", "(for all of them: ndpctl doctor -v)"))
    }
    return lines
  }

  private static func lines(of fix: Fix) -> [String] {
    var lines = fix.commands.enumerated().map { detail($0 == 0 ? "fix now" : "", $1) }
    if let obstacle = fix.obstacle {
      lines.append(detail("fix now", obstacle.printable.wrapped(after: indent)))
    }
    let bullet = fix.lasting.count == 1 ? "" : "- "
    for (index, advice) in fix.lasting.enumerated() {
      // A command that is broken into lines is another one, and so is one with a sign before it.
      let text =
        switch advice {
        case .action: advice.text
        case .words(let words): bullet + words.printable.wrapped(after: indent + bullet.count)
        }
      lines.append(detail(index == 0 ? "permanent" : "", text))
    }
    return lines
  }

  /// Where the third column begins.
  private static let indent = 26

  private static func detail(_ label: String, _ words: String) -> String {
    "        " + label.padded(to: indent - 8) + words
  }
}

extension [Finding] {
  /// The first of its kind, each with the others that differ only in what they are about.
  fileprivate var folded: [(Finding, [Finding])] {
    var kinds: [String: Int] = [:]
    var folded: [(Finding, [Finding])] = []
    for finding in self {
      let kind = "\(finding.severity) \(finding.gist) \(finding.meaning)"
      if finding.subject != nil, let place = kinds[kind] {
        folded[place].1.append(finding)
      } else {
        kinds[kind] = folded.count
        folded.append((finding, []))
      }
    }
    return folded
  }
}

/// Colours, if they are wanted.
private struct Paint {
  let isColored: Bool

  func bold(_ text: String) -> String { text.rendered(.bold, if: isColored) }
  func green(_ text: String) -> String { text.rendered(.good, if: isColored) }

  func mark(_ severity: Severity) -> String {
    switch severity {
    case .failure: "✘".rendered(.error, if: isColored)
    case .warning: "!".rendered(.warning, if: isColored)
    case .note: "i".rendered(.note, if: isColored)
    }
  }
}
