/// Collects diagnostics, `Limits.diagnostics` of each severity, and counts the rest.
struct Diagnostics {
  /// The file they are about.
  let source: SourceText

  private var errors: [Diagnostic] = []
  private var warnings: [Diagnostic] = []

  /// How many errors were reported, kept or not.
  private(set) var errorCount = 0

  private var warningCount = 0

  /// Starts without any.
  init(source: SourceText) {
    self.source = source
  }

  /// Takes down one diagnostic; the texts are not even made when there are too many already.
  mutating func report(
    _ severity: Diagnostic.Severity, _ code: Diagnostic.Code, at offset: Int,
    _ message: @autoclosure () -> String, suggestion: @autoclosure () -> String? = nil
  ) {
    switch severity {
    case .error: errorCount += 1
    case .warning: warningCount += 1
    }
    guard (severity == .error ? errors : warnings).count < Limits.diagnostics else { return }
    let diagnostic = Diagnostic(
      severity: severity, code: code.rawValue, message: message(),
      location: source.location(of: offset), suggestion: suggestion())
    switch severity {
    case .error: errors.append(diagnostic)
    case .warning: warnings.append(diagnostic)
    }
  }

  /// At most `Limits.diagnostics` in the order of the file, then one that says how many more.
  ///
  /// Errors are kept before warnings: whoever sees no error can be sure that there is none.
  func inOrder() -> [Diagnostic] {
    var kept = errors + warnings.prefix(Limits.diagnostics - errors.count)
    kept.sort { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }
    let omitted = errorCount + warningCount - kept.count
    guard omitted > 0, let last = kept.last else { return kept }
    let omittedErrors = errorCount - errors.count
    kept.append(
      Diagnostic(
        severity: omittedErrors > 0 ? .error : .warning,
        code: Diagnostic.Code.moreDiagnostics.rawValue,
        message: "\(omitted) more, of which \(omittedErrors) are errors, are not shown",
        location: last.location, suggestion: "correct these first"))
    return kept
  }
}
