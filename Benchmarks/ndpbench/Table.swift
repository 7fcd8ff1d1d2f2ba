/// Rows as lines, every column as wide as its widest cell and flush right.
func aligned(_ rows: [[String]]) -> [String] {
  var widths: [Int] = []
  for row in rows {
    for (column, cell) in row.enumerated() {
      if column == widths.count { widths.append(0) }
      widths[column] = max(widths[column], cell.count)
    }
  }
  return rows.map { row in
    zip(row, widths).map { cell, width in
      String(repeating: " ", count: width - cell.count) + cell
    }.joined(separator: "  ")
  }
}

/// A number with a comma before every three digits.
func grouped(_ number: Int) -> String {
  var text = "\(number.magnitude % 1000)"
  var rest = number.magnitude / 1000
  while rest > 0 {
    let padding = String(repeating: "0", count: 3 - text.prefix { $0 != "," }.count)
    text = "\(rest % 1000),\(padding)\(text)"
    rest /= 1000
  }
  return number < 0 ? "-\(text)" : text
}

/// Nanoseconds as milliseconds with two decimals.
func milliseconds(_ nanoseconds: Int) -> String { "\(hundredths(nanoseconds, of: 1_000_000)) ms" }

/// How many times larger the one is than the other, with two decimals.
func ratio(_ number: Int, _ other: Int) -> String {
  other == 0 ? "?" : hundredths(number, of: other)
}

private func hundredths(_ number: Int, of unit: Int) -> String {
  let hundredths = Int((Double(number) / Double(unit) * 100).rounded())
  let digits = "\(hundredths.magnitude % 100)"
  let sign = hundredths < 0 ? "-" : ""
  return "\(sign)\(hundredths.magnitude / 100).\(digits.count < 2 ? "0" : "")\(digits)"
}
