/// Reads configuration files: the language of ndppd 0.2, but nothing wrong goes unsaid.
package enum ConfigurationParser {
  /// Reads a whole file and says everything that is wrong with it at once.
  ///
  /// Takes any octets, always ends, and takes time in proportion to their number (`Limits`).
  package static func parse(_ octets: [UInt8], fileName: String) -> ParseResult {
    if let refusal = refusal(of: octets, fileName: fileName) { return refusal }
    let source = SourceText(octets, fileName: fileName)
    var parser = Parser(source: source)
    let parsed = parser.parseFile()
    var lowering = Lowering(source: source, diagnostics: parsed.diagnostics)
    let configuration = lowering.lower(parsed.entries)
    return ParseResult(
      configuration: lowering.diagnostics.errorCount == 0 ? configuration : nil,
      diagnostics: lowering.diagnostics.inOrder(), source: source)
  }

  /// The result for a file that is not worth reading: far too large, or in an encoding of its own.
  private static func refusal(of octets: [UInt8], fileName: String) -> ParseResult? {
    let isTooLarge = octets.count > Limits.fileOctets
    guard isTooLarge || ForeignText.isUTF16(octets) else { return nil }
    let source = SourceText(Array(octets.prefix(Limits.shownLineOctets)), fileName: fileName)
    var diagnostics = Diagnostics(source: source)
    if isTooLarge {
      diagnostics.report(
        .error, .fileTooLarge, at: 0,
        "the file has \(octets.count) octets, and at most \(Limits.fileOctets) are read",
        suggestion: "is this the right file?")
    } else {
      diagnostics.report(
        .error, .utf16, at: 0, "the file is UTF-16", suggestion: "save it as UTF-8 without BOM")
    }
    return ParseResult(configuration: nil, diagnostics: diagnostics.inOrder(), source: source)
  }
}

/// What came of reading a file.
package struct ParseResult: Sendable {
  /// What the file asks for; `nil` if anything is an error.
  package let configuration: Configuration?

  /// Everything that is wrong or worth a note, in the order of the file.
  package let diagnostics: [Diagnostic]

  private let source: SourceText

  /// Puts a result together.
  init(configuration: Configuration?, diagnostics: [Diagnostic], source: SourceText) {
    self.configuration = configuration
    self.diagnostics = diagnostics
    self.source = source
  }

  /// Whether anything is a warning; errors and notes do not count.
  package var hasWarnings: Bool { diagnostics.contains { $0.severity == .warning } }

  /// All diagnostics as a terminal shows them, each with its source line; empty if there are none.
  package var report: String { report(colored: false) }

  /// The same, with colours where the terminal knows them.
  package func report(colored: Bool) -> String {
    let renderer = DiagnosticRenderer(source: source, style: colored ? .colored : .plain)
    return diagnostics.map(renderer.render).joined()
  }
}
