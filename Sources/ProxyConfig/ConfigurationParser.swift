/// Reads configuration files: the language of ndppd 0.2, but nothing wrong goes unsaid.
package enum ConfigurationParser {
  /// Reads a whole file with all that it includes, and says everything that is wrong at once.
  ///
  /// Takes any octets, always ends, and takes time in proportion to their number (`TextBounds`).
  /// `identity` tells the file from those that `files` has, so that it cannot include itself;
  /// without `files`, an `include` is an error.
  package static func parse(
    _ octets: [UInt8], fileName: String, identity: String? = nil,
    including files: (any IncludedFiles)? = nil
  ) -> ParseResult {
    var lowering = Lowering(including: files)
    let configuration = lowering.lower(octets, fileName: fileName, identity: identity)
    return ParseResult(
      configuration: lowering.diagnostics.errorCount == 0 ? configuration : nil,
      references: lowering.references, places: lowering.places, collected: lowering.diagnostics,
      source: lowering.source)
  }
}

/// What came of reading a file.
package struct ParseResult: Sendable {
  /// What the file asks for; `nil` if anything is an error.
  package let configuration: Configuration?

  /// What only the host can confirm, each once, in the order in which the files were read.
  package let references: [HostReference]

  /// Everything reported, even what is too much to be shown.
  var collected: Diagnostics

  /// Where the rules stand.
  let places: RulePlaces

  private let source: SourceText

  /// Puts a result together.
  init(
    configuration: Configuration?, references: [HostReference], places: RulePlaces,
    collected: Diagnostics, source: SourceText
  ) {
    self.configuration = configuration
    self.references = references
    self.places = places
    self.collected = collected
    self.source = source
  }

  /// Everything that is wrong or worth a note, in the order in which the files were read.
  ///
  /// Sorted anew each time; at most `TextBounds.diagnostics`, and one that counts the rest.
  package var diagnostics: [Diagnostic] { collected.inOrder(in: source) }

  /// Whether anything is a warning; errors and notes do not count.
  package var hasWarnings: Bool { collected.count(of: .warning) > 0 }

  /// All diagnostics as a terminal shows them, each with its source line; empty if there are none.
  package var report: String { report() }

  /// The same, with colours where the terminal knows them, and without notes where they disturb.
  package func report(colored: Bool = false, withNotes: Bool = true) -> String {
    let renderer = DiagnosticRenderer(source: source, style: colored ? .colored : .plain)
    return diagnostics.filter { withNotes || $0.severity != .note }.map(renderer.render).joined()
  }
}
