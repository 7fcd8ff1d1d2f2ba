extension String {
  /// How many columns of a terminal the text takes, as far as a character takes one.
  package var columnCount: Int {
    // Counting characters costs a hundred times as much, and most text is ASCII.
    utf8.allSatisfy { $0 < 0x80 } ? utf8.count : count
  }

  /// With blanks behind it, at least one, so that what follows begins at a column.
  package func padded(to width: Int) -> String {
    self + .blanks(max(1, width - columnCount))
  }

  /// In lines that end before the last column of a page, if they begin at `indent`; no word is
  /// broken.
  ///
  /// The first line is not indented: something stands in front of it.
  package func wrapped(after indent: Int, width: Int = Page.defaultWidth) -> String {
    var lines: [String] = []
    var line = ""
    for word in split(separator: " ").map(String.init) {
      if !line.isEmpty, indent + line.columnCount + 1 + word.columnCount >= width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? word : " " + word
    }
    return (lines + [line]).joined(separator: "\n" + .blanks(indent))
  }

  /// So many blanks.
  package static func blanks(_ count: Int) -> String {
    String(repeating: " ", count: Swift.max(0, count))
  }
}
