import PlainText

extension Lowering {
  /// Reads the files that an `include` names, as if they stood in its place.
  mutating func lowerInclude(_ entry: Entry, _ keyword: Keyword) {
    guard let word = value(of: entry, keyword), let text = pathText(word) else { return }
    let offset = word.range.lowerBound
    guard let files = inclusions.files else {
      return reportFailure(at: offset, reason: "there are no other files here")
    }
    guard inclusions.path.count <= TextBounds.includeDepth else {
      return diagnostics.report(
        .error, .includedTooDeep, at: offset,
        "files include each other more than \(TextBounds.includeDepth) deep",
        suggestion: "include this file from an outer one")
    }
    let paths = files.paths(matching: inclusions.resolve(text))
    if paths.isEmpty {
      diagnostics.report(
        .note, .nothingIncluded, at: offset, "no file matches \(text.quoted) now",
        suggestion: nil)
    }
    for path in paths {
      guard admitFile(at: offset) else { return }
      include(path, from: files, at: offset)
    }
  }

  private mutating func include(_ path: String, from files: any IncludedFiles, at offset: Int) {
    do throws(IncludeFailure) {
      let file = try files.read(path, limit: max(0, TextBounds.fileOctets - source.octets.count))
      guard inclusions.begin(path, identity: file.identity) else {
        return reportIncludedTwice(path, at: offset)
      }
      lowerFile(file.octets, fileName: path)
      inclusions.end()
    } catch {
      reportFailure(at: offset, reason: error.reason)
    }
  }

  private mutating func admitFile(at offset: Int) -> Bool {
    guard inclusions.count > TextBounds.includedFiles else { return true }
    diagnostics.report(
      .error, .tooManyFiles, at: offset, "more than \(TextBounds.includedFiles) files are included",
      suggestion: "join some of them with 'cat'")
    return false
  }

  /// The text of a word that is a path, in which `//` and `/*` begin no comment.
  private mutating func pathText(_ word: Word) -> String? {
    if word.isDamaged { return nil }
    let text = source.text(word.range)
    if text.isEmpty {
      reportFailure(at: word.range.lowerBound, reason: "the path is empty")
      return nil
    }
    guard !word.isQuoted, let comment = text.utf8.firstIndex(of: UInt8(ascii: "#")) else {
      return text
    }
    reportCommentInValue(
      at: word.range.lowerBound + text.utf8.distance(from: text.startIndex, to: comment))
    return nil
  }
}

extension Lowering {
  private mutating func reportFailure(at offset: Int, reason: String) {
    diagnostics.report(
      .error, .notIncluded, at: offset, "this cannot be included: \(reason.printableASCII)",
      suggestion: "files that may be missing are named by a pattern, such as 'conf.d/*.conf'")
  }

  private mutating func reportIncludedTwice(_ path: String, at offset: Int) {
    diagnostics.report(
      .warning, .includedTwice, at: offset,
      "\(path.printableASCII) was read already, and is read only once",
      suggestion: "remove one 'include' of the two")
  }
}
