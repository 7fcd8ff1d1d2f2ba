/// Cuts a file into words.
///
/// What a word is depends on what the parser expects: a key or a value.
///
/// Every call either takes at least one octet or says what stands in the way, and no octet is taken
/// more than twice, so reading a file is linear.
struct Lexer {
  /// What was wrong with octets, comments and quotes so far.
  var diagnostics: Diagnostics

  /// Whether a comment without an end swallowed the rest of the file.
  private(set) var isCutShort = false

  private let octets: [UInt8]
  private let end: Int
  private var position: Int
  private var line = 1

  /// The line on which a kind of trouble was reported last: one report a line is enough.
  private var reportedLines: [Diagnostic.Code: Int] = [:]

  /// Reads one file from its start, past a byte order mark.
  init(source: SourceText, file: Range<Int>, diagnostics: Diagnostics) {
    octets = source.octets
    position = file.lowerBound
    end = file.upperBound
    self.diagnostics = diagnostics
    if octets[file].starts(with: ForeignText.byteOrderMark) {
      position += ForeignText.byteOrderMark.count
      self.diagnostics.report(
        .warning, .byteOrderMark, at: file.lowerBound, "the file begins with a byte order mark",
        suggestion: "save it as UTF-8 without BOM")
    }
  }
}

extension Lexer {
  /// What stands next where a key is expected, on this line or a later one.
  mutating func nextToken() -> Token {
    skipBlanks(acrossLines: true)
    guard let octet = current else { return .endOfFile }
    if octet.isBrace {
      position += 1
      return octet == UInt8(ascii: "{") ? .openBrace(position - 1) : .closeBrace(position - 1)
    }
    return octet.isKeyOctet ? .key(takeWord(upTo: keyEnd)) : .stray(takeWord(upTo: wordEnd))
  }

  /// The value that stands next on this line, if one does.
  ///
  /// Quotes are reported, unless they are to be expected.
  mutating func nextValue(expectingQuotes: Bool = false) -> Word? {
    skipBlanks(acrossLines: false)
    guard let octet = current, !octet.isBrace, !octet.isLineFeed else { return nil }
    if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "'") {
      return takeQuoted(isExpected: expectingQuotes)
    }
    return takeWord(upTo: wordEnd)
  }

  /// Takes the `=` that may stand between a key and its value.
  mutating func skipEqualsSign() {
    skipBlanks(acrossLines: false)
    if current == UInt8(ascii: "=") { position += 1 }
  }

  /// Takes `{` if it stands next on this line.
  mutating func takeOpenBrace() -> Int? {
    skipBlanks(acrossLines: false)
    guard current == UInt8(ascii: "{") else { return nil }
    position += 1
    return position - 1
  }

  /// Takes `{` if it is the first thing on a later line.
  mutating func takeOpenBraceOnLaterLine() -> Int? {
    skipBlanks(acrossLines: false)
    guard current?.isLineFeed == true else { return nil }
    skipBlanks(acrossLines: true)
    return takeOpenBrace()
  }

  /// Gives a word back, to be read again as something else.
  ///
  /// Precondition: it was the last word taken, and it did not stand in quotes.
  mutating func rewind(to word: Word) {
    position = word.range.lowerBound
  }
}

extension Lexer {
  private var current: UInt8? { position < end ? octets[position] : nil }

  private func isAtWordEnd(_ offset: Int) -> Bool {
    let octet = octets[offset]
    return octet.isBlank || octet.isLineFeed || octet.isBrace || octet == UInt8(ascii: ";")
      || isLiteralEscape(at: offset)
  }

  /// `\r`, `\n` or `\t` as two characters, left behind by a shell's `echo`.
  private func isLiteralEscape(at offset: Int) -> Bool {
    guard octets[offset] == UInt8(ascii: "\\"), offset + 1 < end else { return false }
    return "rnt".utf8.contains(octets[offset + 1])
  }

  /// The end of the word at `position`, read as a value.
  private var wordEnd: Int {
    var wordEnd = position
    while wordEnd < end, !isAtWordEnd(wordEnd) { wordEnd += 1 }
    return wordEnd
  }

  /// The end of the word at `position`, read as a key.
  private var keyEnd: Int {
    var keyEnd = position
    while keyEnd < end, octets[keyEnd].isKeyOctet || octets[keyEnd].isForeign { keyEnd += 1 }
    return keyEnd
  }

  private mutating func takeWord(upTo end: Int) -> Word {
    let range = position..<end
    let foreign = octets[range].firstIndex(where: { $0.isForeign })
    if let foreign { reportForeign(at: foreign) }
    position = end
    return Word(range: range, isDamaged: foreign != nil)
  }

  /// Everything up to the same quote; where there is none, the quote is reported and left out.
  private mutating func takeQuoted(isExpected: Bool) -> Word {
    let start = position
    var close = start + 1
    while close < end, !octets[close].isLineFeed, octets[close] != octets[start] { close += 1 }
    guard close < end, octets[close] == octets[start] else {
      diagnostics.report(
        .error, .unterminatedQuote, at: start, "this quote has no end on its line",
        suggestion: "remove it: names need no quotes")
      position = start + 1
      var word = takeWord(upTo: wordEnd)
      word.isDamaged = true
      return word
    }
    if !isExpected {
      diagnostics.report(
        .warning, .quotes, at: start, "ndppd does not understand quotes",
        suggestion: "remove them: names need no quotes")
    }
    position = close + 1
    return Word(range: start + 1..<close, isQuoted: true)
  }
}

extension Lexer {
  /// Skips blanks, comments, and what is as good as blank but worth a word.
  private mutating func skipBlanks(acrossLines: Bool) {
    while let octet = current {
      if octet.isLineFeed {
        guard acrossLines else { return }
        line += 1
        position += 1
      } else if octet.isBlank {
        position += 1
      } else if octet == UInt8(ascii: "#") {
        skipRestOfLine()
      } else if octet == UInt8(ascii: "/") {
        guard skipSlashComment() else { return }
      } else {
        guard skipNoise(octet) else { return }
      }
    }
  }

  private mutating func skipRestOfLine() {
    while let octet = current, !octet.isLineFeed { position += 1 }
  }

  /// Skips `// …` or `/* … */`; false where the slash begins neither.
  private mutating func skipSlashComment() -> Bool {
    guard position + 1 < end else { return false }
    switch octets[position + 1] {
    case UInt8(ascii: "/"): skipRestOfLine()
    case UInt8(ascii: "*"): skipBlockComment()
    default: return false
    }
    return true
  }

  private mutating func skipBlockComment() {
    let start = position
    position += 2
    if current == UInt8(ascii: "/") {
      position += 1
      return diagnostics.report(
        .error, .ambiguousComment, at: start,
        "'/*/' opens a comment, and for ndppd closes it at once",
        suggestion: "write '/* ... */' or '#'")
    }
    while position + 1 < end {
      if octets[position] == UInt8(ascii: "*"), octets[position + 1] == UInt8(ascii: "/") {
        position += 2
        return
      }
      if octets[position].isLineFeed { line += 1 }
      position += 1
    }
    position = end
    isCutShort = true
    diagnostics.report(
      .error, .unterminatedComment, at: start, "this comment has no end",
      suggestion: "close it with '*/'")
  }

  /// Skips a semicolon, a literal `\n` or a foreign octet; false at the start of a word.
  private mutating func skipNoise(_ octet: UInt8) -> Bool {
    if octet == UInt8(ascii: ";") {
      reportOncePerLine(
        .warning, .semicolon, "values end without ';'; ndppd makes it part of the value",
        suggestion: "remove it")
      position += 1
    } else if isLiteralEscape(at: position) {
      reportOncePerLine(
        .warning, .literalEscape,
        "'\\' and a letter stand here as two characters, left behind by echo",
        suggestion: "remove them; in scripts use printf")
      position += 2
    } else if octet.isForeign {
      reportForeign(at: position)
      position += 1
    } else {
      return false
    }
    return true
  }

  private mutating func reportForeign(at offset: Int) {
    guard reportedLines.updateValue(line, forKey: .unexpectedOctet) != line else { return }
    let text = ForeignText(at: offset, in: octets)
    diagnostics.report(
      .error, .unexpectedOctet, at: offset, "\(text.name) outside comments and quotes",
      suggestion: text.remedy)
  }

  private mutating func reportOncePerLine(
    _ severity: Diagnostic.Severity, _ code: Diagnostic.Code, _ message: String, suggestion: String
  ) {
    guard reportedLines.updateValue(line, forKey: code) != line else { return }
    diagnostics.report(severity, code, at: position, message, suggestion: suggestion)
  }
}
