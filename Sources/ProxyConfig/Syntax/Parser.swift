/// Turns words into a tree of entries, and goes on after whatever does not fit.
///
/// The grammar is ndppd 0.2's as implemented: `key [=] value [{ entries }]`, several on a line
/// where one likes, without separators.
struct Parser {
  private var lexer: Lexer
  private let source: SourceText
  private var entryCount: Int
  private var hasReportedEnd = false

  /// Parses one file of this text; `entryCount` keys were read before it.
  init(source: SourceText, file: Range<Int>, diagnostics: Diagnostics, entryCount: Int) {
    self.source = source
    self.entryCount = entryCount
    lexer = Lexer(source: source, file: file, diagnostics: diagnostics)
  }

  /// Reads the whole file; the tree holds what could be understood.
  mutating func parseFile() -> (entries: [Entry], diagnostics: Diagnostics, entryCount: Int) {
    let entries = parseEntries(inBlockAt: nil, depth: 0)
    return (entries, lexer.diagnostics, entryCount)
  }

  /// Reads up to the `}` that closes the block, or up to the end of the file.
  private mutating func parseEntries(inBlockAt openBrace: Int?, depth: Int) -> [Entry] {
    var entries: [Entry] = []
    while true {
      switch lexer.nextToken() {
      case .key(let key):
        guard admitEntry(at: key) else { return entries }
        entries.append(parseEntry(key, depth: depth))
      case .stray(let word):
        skipStray(word, depth: depth)
      case .openBrace(let offset):
        reportKeylessBlock(at: offset)
        _ = parseBlock(at: offset, depth: depth)
      case .closeBrace(let offset):
        if openBrace != nil { return entries }
        reportSurplusBrace(at: offset)
      case .endOfFile:
        if let openBrace { reportUnterminatedBlock(at: openBrace) }
        return entries
      }
    }
  }

  private mutating func parseEntry(_ key: Word, depth: Int) -> Entry {
    let keyword = Keyword.named(source.text(key.range))
    lexer.skipEqualsSign()
    var value = lexer.nextValue(expectingQuotes: keyword?.takesText == true)
    // `static auto` is two methods, not one with a value.
    if keyword?.standsAlone == true, let word = value, isKeyword(word) {
      lexer.rewind(to: word)
      value = nil
    }
    if let keyword, keyword.opensBlock, value != nil, skipToBrace(after: keyword) {
      value?.isDamaged = true
    }
    var more: [Word] = []
    if let keyword, let value { more = takeFurtherWords(of: keyword, behind: value) }
    if let keyword, keyword.takesText, keyword.furtherWords != .all {
      skipSecondText(of: keyword)
    }
    var openBrace = lexer.takeOpenBrace()
    if openBrace == nil, keyword?.opensBlock != false {
      openBrace = takeBraceOnLaterLine()
    }
    let block = openBrace.map { parseBlock(at: $0, depth: depth) }
    return Entry(key: key, value: value, more: more, block: block)
  }

  private mutating func parseBlock(at openBrace: Int, depth: Int) -> Entry.Block {
    guard depth < TextBounds.nesting else {
      lexer.diagnostics.report(
        .error, .nestingTooDeep, at: openBrace,
        "blocks stand more than \(TextBounds.nesting) deep in each other",
        suggestion: "a 'rule' in a 'proxy' is as deep as it gets")
      skipBlock(at: openBrace)
      return Entry.Block(openBrace: openBrace, entries: [])
    }
    let entries = parseEntries(inBlockAt: openBrace, depth: depth + 1)
    return Entry.Block(openBrace: openBrace, entries: entries)
  }

  private func isKeyword(_ word: Word) -> Bool {
    !word.isQuoted && Keyword.named(source.text(word.range)) != nil
  }

  private mutating func admitEntry(at key: Word) -> Bool {
    entryCount += 1
    guard entryCount > TextBounds.entries else { return true }
    if entryCount == TextBounds.entries + 1 {
      hasReportedEnd = true
      lexer.diagnostics.report(
        .error, .tooManyEntries, at: key.range.lowerBound,
        "there are more than \(TextBounds.entries) keys",
        suggestion: "cover the targets with fewer prefixes")
    }
    return false
  }
}

extension Parser {
  /// After the name of a proxy or rule, only `{` makes sense on the line; true if more stood.
  private mutating func skipToBrace(after keyword: Keyword) -> Bool {
    guard let word = lexer.nextValue() else { return false }
    let remedy = surplusRemedy(source.text(word.range), after: keyword)
    reportUnexpected(word, expected: "'{'", suggestion: remedy)
    skipWords()
    return true
  }

  /// The words that belong to the value of a key of which one word has been read.
  private mutating func takeFurtherWords(of keyword: Keyword, behind value: Word) -> [Word] {
    var more: [Word] = []
    func take() -> Word? {
      guard let word = lexer.nextValue(expectingQuotes: true) else { return nil }
      more.append(word)
      return word
    }
    let first = source.text(value.range)
    switch keyword.furtherWords {
    case .none: return []
    case .all: while take() != nil {}
    case .one(behind: let word): if first == word { _ = take() }
    case .ofCondition:
      guard take() != nil, first == "route" else { return more }
      while let word = lexer.nextValue(expectingQuotes: true) {
        guard !word.isQuoted, ["via", "proto"].contains(source.text(word.range)) else {
          // Quotes are reported as what they are.
          if word.isQuoted { more.append(word) } else { lexer.rewind(to: word) }
          break
        }
        more.append(word)
        _ = take()
      }
    }
    return more
  }

  /// After a path or a text, only a key makes sense on the line.
  private mutating func skipSecondText(of keyword: Keyword) {
    guard let word = lexer.nextValue(expectingQuotes: true) else { return }
    if isKeyword(word) { return lexer.rewind(to: word) }
    if case .condition = keyword.meaning {
      reportUnexpected(
        word, expected: "the end of the condition",
        suggestion: "write one condition with each 'require', and a path with blanks in quotes")
      return skipWords()
    }
    reportUnexpected(
      word, expected: keyword.takesPath ? "one path" : "one text",
      suggestion: keyword.takesPath
        ? "write an 'include' for each, or a pattern for all" : "write all of it in quotes")
    skipWords()
  }

  /// What to do about a word between the name of a proxy or rule and its `{`.
  private func surplusRemedy(_ text: String, after keyword: Keyword) -> String {
    if let option = Keyword.named(text) {
      guard option.isMethod else { return "put '{' before it" }
      return option.standsAlone ? "write '{ \(text) }'" : "write '{ \(text) <interface> }'"
    }
    if text.utf8.first == UInt8(ascii: "/") { return "remove the blank before it" }
    if case .proxyBlock = keyword.meaning { return "one interface per block: write two blocks" }
    return text.utf8.contains(UInt8(ascii: ":")) ? "write two rules" : "put '{' there"
  }

  /// Skips what cannot be a key, with the rest of its line and a block that follows there.
  private mutating func skipStray(_ word: Word, depth: Int) {
    reportUnexpected(word, expected: "a key", suggestion: nil)
    skipWords()
    if let openBrace = lexer.takeOpenBrace() { _ = parseBlock(at: openBrace, depth: depth) }
  }

  /// Skips up to the next brace or the end of the line.
  private mutating func skipWords() {
    while lexer.nextValue() != nil {}
  }

  /// Skips a block without looking into it, however deep it goes.
  private mutating func skipBlock(at openBrace: Int) {
    var depth = 1
    while depth > 0 {
      switch lexer.nextToken() {
      case .key, .stray: continue
      case .openBrace: depth += 1
      case .closeBrace: depth -= 1
      case .endOfFile: return reportUnterminatedBlock(at: openBrace)
      }
    }
  }

  private mutating func takeBraceOnLaterLine() -> Int? {
    guard let openBrace = lexer.takeOpenBraceOnLaterLine() else { return nil }
    lexer.diagnostics.report(
      .warning, .braceOnNextLine, at: openBrace,
      "this '{' stands on a line of its own; ndppd ignores such a block",
      suggestion: "put it at the end of the line before")
    return openBrace
  }

  private mutating func reportUnexpected(_ word: Word, expected: String, suggestion: String?) {
    if word.isDamaged { return }
    lexer.diagnostics.report(
      .error, .unexpectedText, at: word.range.lowerBound,
      "expected \(expected), not \(source.text(word.range).quoted)", suggestion: suggestion)
  }

  private mutating func reportKeylessBlock(at offset: Int) {
    lexer.diagnostics.report(
      .error, .unexpectedBrace, at: offset, "this '{' follows no key that takes a block",
      suggestion: "a block begins with 'proxy <interface> {' or 'rule <prefix> {'")
  }

  private mutating func reportSurplusBrace(at offset: Int) {
    lexer.diagnostics.report(
      .error, .unexpectedBrace, at: offset,
      "this '}' closes nothing; ndppd ignores everything after it",
      suggestion: "remove it, or the one too many before it")
  }

  /// Says it once: with one `}` missing, the blocks around have no end either.
  private mutating func reportUnterminatedBlock(at openBrace: Int) {
    if hasReportedEnd || lexer.isCutShort { return }
    hasReportedEnd = true
    lexer.diagnostics.report(
      .error, .unterminatedBlock, at: openBrace, "this '{' is never closed",
      suggestion: "add '}' where the block ends")
  }
}
