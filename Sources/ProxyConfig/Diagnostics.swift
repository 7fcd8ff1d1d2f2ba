/// Collects diagnostics, `Limits.diagnostics` of each severity, and counts the rest.
struct Diagnostics {
  /// The file they are about.
  let source: SourceText

  private var kept: [Diagnostic.Severity: [Diagnostic]] = [:]
  private var counts: [Diagnostic.Severity: Int] = [:]

  /// How many errors were reported, kept or not.
  var errorCount: Int { counts[.error, default: 0] }

  /// Starts without any.
  init(source: SourceText) {
    self.source = source
  }

  /// Takes down one diagnostic; the texts are not even made when there are too many already.
  mutating func report(
    _ severity: Diagnostic.Severity, _ code: Diagnostic.Code, at offset: Int,
    _ message: @autoclosure () -> String, suggestion: @autoclosure () -> String? = nil
  ) {
    counts[severity, default: 0] += 1
    guard counts[severity, default: 0] <= Limits.diagnostics else { return }
    kept[severity, default: []].append(
      Diagnostic(
        severity: severity, code: code.rawValue, message: message(),
        location: source.location(of: offset), suggestion: suggestion()))
  }

  /// At most `Limits.diagnostics` in the order of the file, then one that says how many more.
  ///
  /// Errors are shown before warnings, and those before notes: whoever sees none can be sure that
  /// there is none.
  func inOrder() -> [Diagnostic] {
    let bySeverity = Diagnostic.Severity.allCases.flatMap { kept[$0, default: []] }
    var shown = Array(bySeverity.prefix(Limits.diagnostics))
    var omitted = counts
    for diagnostic in shown { omitted[diagnostic.severity, default: 0] -= 1 }
    shown.sort { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }
    let worst = Diagnostic.Severity.allCases.first { omitted[$0, default: 0] > 0 }
    guard let worst, let last = shown.last else { return shown }
    let total = omitted.values.reduce(0, +)
    shown.append(
      Diagnostic(
        severity: worst, code: Diagnostic.Code.moreDiagnostics.rawValue,
        message: "\(total) more, of which \(omitted[.error, default: 0]) are errors, are not shown",
        location: last.location, suggestion: "correct these first"))
    return shown
  }
}
