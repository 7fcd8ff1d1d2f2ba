import ProxyConfig
import Testing

/// What ndpproxy makes of the whole corpus, beside what ndppd 0.2.5 makes of it.
///
/// The table stands in `Corpus/VERDICTS`, a line for each file. Where a change of the parser is
/// meant to change it, `UPDATE_GOLDEN=1 swift test --filter VerdictTests` writes it anew, and
/// `git diff` shows what became different.
@Suite struct VerdictTests {
  @Test(.timeLimit(.minutes(5)))
  func `every file has the expected verdict`() {
    let table = verdicts(CorpusFile.all)
    #expect(table.count == CorpusFile.all.count + 1)
    let differences = differencesFromGolden(table, path: corpusPath + "VERDICTS")
    #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
  }

  @Test func `a verdict names what is wrong, the errors first`() {
    let rows: [(String, String)] = [
      ("proxy a { rule ::2 { auto } }", "ok"),
      ("proxy a { rule ::2 { } rule ::3 { } nonsense }", "3 warnings: implied-static, unknown-key"),
      ("nonsense\nproxy a { rule x { auto } }", "1 error: invalid-address; 1 warning: unknown-key"),
      ("route-ttl 1 proxy a { rule ::2 { auto } }", "1 note: not-needed"),
    ]
    for (text, expected) in rows { #expect(summary(of: parse(text)) == expected, "\(text)") }
  }

  @Test func `a verdict compares the rules`() throws {
    func comparison(_ name: String) throws -> String {
      let file = try #require(CorpusFile.all.first { $0.path == "valid/\(name)" })
      return compareRules(of: file.parse(), in: file)
    }
    #expect(try comparison("s05-one-line") == "same")
    #expect(try comparison("s12-semicolons-change-meaning") == "same")
    #expect(try comparison("s53-same-rule-twice") == "different")
    #expect(try comparison("s15-prefix-empty") == "-")
  }
}

/// The lines of the table, a heading above them.
private func verdicts(_ files: [CorpusFile]) -> [String] {
  let rows = files.map { file in
    let result = file.parse()
    let verdict = ["accept": "started", "reject": "refused", "hang": "hung"][file.verdict]
    let ndppd = [verdict ?? "unknown"] + file.marks
    return [
      file.path, ndppd.joined(separator: " "), compareRules(of: result, in: file),
      summary(of: result),
    ]
  }
  return aligned([["file", "ndppd 0.2.5", "rules", "ndpproxy"]] + rows)
}

/// Whether both work with the same rules; `-` unless both start.
private func compareRules(of result: ParseResult, in file: CorpusFile) -> String {
  guard let own = rules(of: result.configuration), let theirs = file.effectiveRules else {
    return "-"
  }
  return own == theirs ? "same" : "different"
}

/// How many errors, warnings and notes there are, and their codes, each once.
private func summary(of result: ParseResult) -> String {
  let parts = Diagnostic.Severity.allCases.compactMap { severity -> String? in
    let codes = result.diagnostics.filter { $0.severity == severity }.map(\.code)
    guard !codes.isEmpty else { return nil }
    var seen: Set<String> = []
    let different = codes.filter { seen.insert($0).inserted }.joined(separator: ", ")
    return "\(codes.count) \(severity)\(codes.count == 1 ? "" : "s"): \(different)"
  }
  return parts.isEmpty ? "ok" : parts.joined(separator: "; ")
}

/// Rows as lines, every column but the last as wide as its widest cell.
private func aligned(_ rows: [[String]]) -> [String] {
  let columns = rows[0].indices.dropLast()
  let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    zip(row, widths).map { cell, width in
      cell + String(repeating: " ", count: width + 2 - cell.count)
    }.joined() + row[row.count - 1]
  }
}
