/// Collects diagnostics, `TextBounds.diagnostics` of each severity, and counts the rest.
struct Diagnostics: Sendable {
  private var kept: [Diagnostic.Severity: [Report]] = [:]
  private var counts: [Diagnostic.Severity: Int] = [:]

  /// How many errors were reported, kept or not.
  var errorCount: Int { count(of: .error) }

  /// How many of a severity were reported, kept or not.
  func count(of severity: Diagnostic.Severity) -> Int { counts[severity, default: 0] }

  /// Takes down one diagnostic; the texts are not even made when there are too many already.
  mutating func report(
    _ severity: Diagnostic.Severity, _ code: Diagnostic.Code, at offset: Int,
    _ message: @autoclosure () -> String, suggestion: @autoclosure () -> String? = nil
  ) {
    counts[severity, default: 0] += 1
    guard counts[severity, default: 0] <= TextBounds.diagnostics else { return }
    kept[severity, default: []].append(
      Report(
        severity: severity, code: code, offset: offset, message: message(),
        suggestion: suggestion()))
  }

  /// At most `TextBounds.diagnostics` in the order of the files, then one that says how many more.
  ///
  /// Errors are shown before warnings, and those before notes: whoever sees none can be sure that
  /// there is none.
  func inOrder(in source: SourceText) -> [Diagnostic] {
    let bySeverity = Diagnostic.Severity.allCases.flatMap { kept[$0, default: []] }
    var shown = Array(bySeverity.prefix(TextBounds.diagnostics))
    var omitted = counts
    for diagnostic in shown { omitted[diagnostic.severity, default: 0] -= 1 }
    shown.sort { $0.offset < $1.offset }
    let worst = Diagnostic.Severity.allCases.first { omitted[$0, default: 0] > 0 }
    guard let worst, let last = shown.last else { return shown.map { $0.located(in: source) } }
    let total = omitted.values.reduce(0, +)
    shown.append(
      Report(
        severity: worst, code: .moreDiagnostics, offset: last.offset,
        message: "\(total) more, of which \(omitted[.error, default: 0]) are errors, are not shown",
        suggestion: "correct these first"))
    return shown.map { $0.located(in: source) }
  }
}

/// A diagnostic of which only the offset is known yet.
private struct Report {
  let severity: Diagnostic.Severity
  let code: Diagnostic.Code
  let offset: Int
  let message: String
  let suggestion: String?

  func located(in source: SourceText) -> Diagnostic {
    Diagnostic(
      severity: severity, code: code.rawValue, message: message,
      location: source.location(of: offset), offset: offset, suggestion: suggestion)
  }
}
