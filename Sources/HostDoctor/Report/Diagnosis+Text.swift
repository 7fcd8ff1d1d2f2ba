import Console
import PlainText

extension Diagnosis {
  /// What a terminal shows: a line for each check, more for what was found; 80 columns, but for
  /// words that are longer.
  ///
  /// Escape sequences only where colour is wanted; nothing is said by colour alone.
  package func text(colored: Bool) -> String {
    let paint = Paint(isColored: colored)
    var lines: [String] = []
    var step: Step?
    for result in results {
      if result.check.step != step {
        step = result.check.step
        if !lines.isEmpty { lines.append("") }
        lines.append(paint.bold(result.check.step.heading))
      }
      lines += result.lines(paint)
    }
    // What stands in the way, once more: above it may have scrolled away.
    let again = results.flatMap { result in
      result.findings.filter { $0.severity != .note }.map {
        result.line(paint.mark($0.severity), $0.summary)
      }
    }
    lines += [""] + again + (again.isEmpty ? [] : [""])
    return (lines + [summary]).joined(separator: "\n") + "\n"
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
    let found = !isClear ? [] : [skippedCount == 0 ? "nothing stands in the way" : "nothing found"]
    return (found + counts + rest).joined(separator: ", ")
  }
}

extension Step {
  /// With a capital, as a heading.
  fileprivate var heading: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

extension CheckResult {
  fileprivate func lines(_ paint: Paint) -> [String] {
    switch verdict {
    case .good(let words): return [line(paint.green("✔"), words)]
    case .skipped(let reason): return [line("–", "skipped: \(reason)")]
    case .notChecked(let reason): return [line("–", "not checked: \(reason)")]
    case .found(let findings): return findings.flatMap { lines(of: $0, paint) }
    }
  }

  fileprivate func line(_ mark: String, _ words: String) -> String {
    let title = check.title.padded(to: 18)
    return "  \(mark) \(check.code) \(title)" + words.printable.wrapped(after: Self.indent)
  }

  private func lines(of finding: Finding, _ paint: Paint) -> [String] {
    var lines = [line(paint.mark(finding.severity), finding.summary)]
    let details = [
      ("read", "\(finding.value) (\(finding.source))"), ("means", finding.meaning),
    ]
    lines += details.map { Self.detail($0, $1.printable.wrapped(after: Self.indent)) }
    return lines + (finding.fix.map(Self.lines) ?? [])
  }

  private static func lines(of fix: Fix) -> [String] {
    var lines = fix.commands.enumerated().map { detail($0 == 0 ? "fix now" : "", $1) }
    if let obstacle = fix.obstacle {
      lines.append(detail("fix now", obstacle.printable.wrapped(after: indent)))
    }
    let bullet = fix.lasting.count == 1 ? "" : "- "
    for (index, advice) in fix.lasting.enumerated() {
      // A command that is broken into lines is another one.
      let text =
        switch advice {
        case .action: advice.text
        case .words(let words): words.printable.wrapped(after: indent + bullet.count)
        }
      lines.append(detail(index == 0 ? "to last" : "", bullet + text))
    }
    return lines
  }

  /// Where the third column begins.
  private static let indent = 26

  private static func detail(_ label: String, _ words: String) -> String {
    "        " + label.padded(to: indent - 8) + words
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
