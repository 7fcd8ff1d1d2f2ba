import PlainText

/// Columns of text.
///
/// Cells are made printable: names that others have chosen may hold anything.
package struct Table {
  /// What stands above the columns; none where it is empty.
  package var header: [String]
  /// The cells of each row.
  package var rows: [[String]]
  /// The columns whose text ends at the same place, as numbers do.
  package var rightAligned: Set<Int>
  /// The column that is cut where there is not enough room.
  package var flexible: Int

  /// Every row has as many cells as the header.
  package init(
    header: [String] = [], rows: [[String]], rightAligned: Set<Int> = [], flexible: Int = 0
  ) {
    self.header = header
    self.rows = rows
    self.rightAligned = rightAligned
    self.flexible = flexible
  }

  /// The lines, without blanks at their ends, in a width; `nil` is as wide as it takes.
  package func lines(indent: Int = 0, width: Int? = Page.width) -> [String] {
    // A name is as wide as it is shown.
    let all = (header.isEmpty ? rows : [header] + rows).map { $0.map(\.printable) }
    guard let first = all.first else { return [] }
    var widths = first.indices.map { column in all.map { $0[column].columnCount }.max() ?? 0 }
    let text = widths.reduce(0, +)
    let gaps = widths.count - 1
    let room = (width ?? .max) - indent
    let gap = text + 2 * gaps <= room ? 2 : 1
    let excess = text + gap * gaps - room
    if excess > 0 { widths[flexible] = max(4, widths[flexible] - excess) }
    return all.map { row in
      let cells = row.indices.map {
        pad(row[$0], to: widths[$0], atStart: rightAligned.contains($0))
      }
      var line = .blanks(indent) + cells.joined(separator: .blanks(gap))
      while line.utf8.last == UInt8(ascii: " ") { line.removeLast() }
      return line
    }
  }

  private func pad(_ text: String, to width: Int, atStart: Bool) -> String {
    let cut = text.columnCount > width ? text.prefix(width - 1) + "…" : text
    let padding = String.blanks(width - cut.columnCount)
    return atStart ? padding + cut : cut + padding
  }

  /// A row a line, its cells between tabs; no header.
  package var tabSeparatedLines: [String] {
    rows.map { $0.map(\.printable).joined(separator: "\t") }
  }
}

/// Words behind their names, as `why` shows them.
package struct LabelledLines {
  /// The words, each with its name; an empty name goes on with the one before.
  package var rows: [(String, String)]

  /// Takes the words in the order in which they are shown.
  package init(_ rows: [(String, String)]) {
    self.rows = rows
  }

  /// The lines: the text begins at the column `indent`, and is wrapped there.
  package func lines(indent: Int, width: Int = Page.defaultWidth) -> [String] {
    rows.flatMap { label, text in
      let page = label.padded(to: indent) + text.printable.wrapped(after: indent, width: width)
      return page.split(separator: "\n").map(String.init)
    }
  }
}
