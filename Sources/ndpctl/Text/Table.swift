import PlainText

/// Columns of text that fit a width.
struct Table {
  /// What stands above the columns; none where it is empty.
  var header: [String] = []
  var rows: [[String]] = []
  /// The columns whose text ends at the same place, as numbers do.
  var rightAligned: Set<Int> = []
  /// The column that is cut where there is not enough room.
  var flexible = 0

  /// How wide tables are at most.
  static let width = 80

  /// The lines, without blanks at their ends.
  func lines(indent: Int = 0) -> [String] {
    // A name is as wide as it is shown.
    let all = (header.isEmpty ? rows : [header] + rows).map { $0.map(\.printable) }
    guard let first = all.first else { return [] }
    var widths = first.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let room = Self.width - indent
    let text = widths.reduce(0, +)
    let gap = text + 2 * (widths.count - 1) <= room ? 2 : 1
    let excess = text + gap * (widths.count - 1) - room
    if excess > 0 { widths[flexible] = max(4, widths[flexible] - excess) }
    return all.map { row in
      let cells = row.indices.map {
        pad(row[$0], to: widths[$0], atStart: rightAligned.contains($0))
      }
      let line = String(repeating: " ", count: indent) + cells.joined(separator: blanks(gap))
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  private func pad(_ text: String, to width: Int, atStart: Bool) -> String {
    let cut = text.count > width ? text.prefix(width - 1) + "…" : text[...]
    let padding = blanks(width - cut.count)
    return atStart ? padding + cut : cut + padding
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}
