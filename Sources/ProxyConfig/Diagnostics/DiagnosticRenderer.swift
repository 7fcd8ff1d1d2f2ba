import PlainText

/// Writes diagnostics as compilers do: a header, the source line, a caret, a suggestion.
///
///     ndpproxy.conf:2:3: error: unknown key 'ruel' [unknown-key]
///       ruel 2001:db8::/80 {
///       ^
///       did you mean 'rule'?
///
/// The output is printable ASCII, tabs and newlines, whatever the file holds; escape sequences only
/// where the style asks for colour.
struct DiagnosticRenderer: Sendable {
  /// Whether the output is for a terminal that knows colours.
  enum Style: Sendable {
    /// No escape sequences.
    case plain

    /// The severity and the caret in the severity's colour (SGR of ECMA-48), all else as it is.
    case colored
  }

  private let source: SourceText
  private let style: Style

  /// Renders diagnostics about this text.
  init(source: SourceText, style: Style = .plain) {
    self.source = source
    self.style = style
  }

  /// One to four lines, each with its newline.
  ///
  /// Costs the same however long the source line is.
  ///
  /// Precondition: the diagnostic came from parsing this very text.
  func render(_ diagnostic: Diagnostic) -> String {
    let location = diagnostic.location
    let place = "\(location.file.printableASCII):\(location.line):\(location.column)"
    let severity = paint(diagnostic.severity.rawValue, for: diagnostic.severity)
    let caret = paint("^", for: diagnostic.severity)
    var text = "\(place): \(severity): \(diagnostic.message) [\(diagnostic.code)]\n"
    text += excerpt(around: diagnostic.offset, caret: caret)
    if let suggestion = diagnostic.suggestion { text += "  \(suggestion)\n" }
    return text
  }

  /// The source line and the caret line below it; nothing where only blanks would be shown.
  ///
  /// A long line is cut around the caret.
  private func excerpt(around focus: Int, caret: String) -> String {
    let whole = source.lineRange(around: focus)
    let isNear = focus - whole.lowerBound < TextBounds.shownLineOctets
    let start = isNear ? whole.lowerBound : focus - leadIn
    let end = min(whole.upperBound, start + TextBounds.shownLineOctets)
    if source.octets[start..<max(start, end)].allSatisfy({ $0.isBlank }) { return "" }
    var shown = start > whole.lowerBound ? "..." : ""
    var indent = start > whole.lowerBound ? "   " : ""
    for offset in start..<max(start, end) {
      let piece = source.octets[offset] == tab ? "\t" : source.octets[offset].printable
      shown += piece
      // A tab stays a tab, so that the caret stands right at any tab width.
      if offset < focus { indent += piece == "\t" ? piece : blanks(piece.utf8.count) }
    }
    if end < whole.upperBound { shown += "..." }
    return "\(shown)\n\(indent)\(caret)\n"
  }

  private func paint(_ text: String, for severity: Diagnostic.Severity) -> String {
    text.rendered(severity.rendition, if: style == .colored)
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

  /// How much of a long line is shown before the caret.
  private var leadIn: Int { TextBounds.shownLineOctets / 2 }

  private var tab: UInt8 { UInt8(ascii: "\t") }
}

extension Diagnostic: CustomStringConvertible {
  /// All of it on one line, as a log has it; that the line is about an error is the log's to say.
  package var description: String {
    let place = "\(location.file.printableASCII):\(location.line):\(location.column)"
    let remedy = suggestion.map { "; \($0)" } ?? ""
    return "\(place): \(message) [\(code)]\(remedy)"
  }
}

extension Diagnostic.Severity {
  fileprivate var rendition: Rendition {
    switch self {
    case .error: .error
    case .warning: .warning
    case .note: .note
    }
  }
}
