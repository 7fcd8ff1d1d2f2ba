import ProxyConfig
import Testing

/// Numbers at the edges of ranges and of machine words, in every way of writing them.
@Suite struct NumberTests {
  @Test func `every key that takes a number is in the table`() {
    let numeric = Keyword.all.filter { keyword in
      let option = "\(keyword.name) x"
      let text = keyword.block == .file ? option : "proxy a { \(option)\n rule ::2 { auto } }"
      return parse(text).diagnostics.contains { $0.code == "invalid-number" }
    }
    #expect(numeric.map(\.name) == NumericKey.all.map(\.name))
  }

  @Test(arguments: NumericKey.all)
  func `a key takes the numbers of its range and no others`(key: NumericKey) {
    let range = key.range
    let edges =
      [range.lowerBound - 1, range.lowerBound, range.lowerBound + 1]
      + [range.upperBound - 1, range.upperBound, range.upperBound + 1]
    let texts = (edges.filter { $0 >= 0 }.map(String.init) + edgesOfWords).flatMap(spellings)
    #expect((texts + noNumbers).compactMap(key.objection(to:)) == [])
  }

  @Test func `only a limit that may be left open takes a word for none`() throws {
    for key in NumericKey.all where key.name != "max-advertisements" {
      #expect(key.objection(to: "unlimited") == nil, "no number, so an error")
    }
    #expect(limitOfAnswers("unlimited") == .some(nil))
    #expect(limitOfAnswers("7") == .some(7))
    #expect(
      parse("proxy a { rule ::2 { auto } }").configuration?.limits.advertisementsPerSecond == nil)
    for text in ["0", "Unlimited", "none", "-1"] {
      let result = parse("max-advertisements \(text)\nproxy a { rule ::2 { auto } }")
      #expect(result.configuration == nil && result.report.contains("unlimited"), "\(text)")
    }
  }

  private func limitOfAnswers(_ text: String) -> Int?? {
    parse("max-advertisements \(text)\nproxy a { rule ::2 { auto } }").configuration
      .map(\.limits.advertisementsPerSecond)
  }

  @Test func `a prefix length is 0 through 128 and nothing else`() {
    let lengths = (0...300).map(String.init) + edgesOfWords
    let texts = lengths.flatMap(spellings) + noNumbers
    #expect(texts.compactMap(objection(toPrefixLength:)) == [])
  }

  @Test func `the judge knows the law`() {
    let ttl = NumericKey.all.first { $0.name == "ttl" }
    let rows: [(String, NumericReading)] = [
      ("0", .outOfRange), ("1", .number(1)), ("007", .number(7)), ("-1", .outOfRange),
      ("-0", .outOfRange), ("+1", .noNumber), ("", .noNumber), ("-", .noNumber), ("--1", .noNumber),
      ("1s", .noNumber), ("86400000", .number(86_400_000)), ("86400001", .outOfRange),
      ("18446744073709551617", .outOfRange), ("0000000000000000000000001", .number(1)),
    ]
    for (text, expected) in rows { #expect(ttl?.reading(of: text) == expected, "\(text)") }
  }
}

/// Where 8, 16, 31, 32, 63, 64 and 128 bits end, and a little further.
///
/// Cut to a word, some of them would be small numbers again.
private let edgesOfWords =
  [0, 7, 8, 15, 16, 31, 32, 63, 64].flatMap { bits -> [UInt128] in
    let edge: UInt128 = 1 << bits
    return [edge - 1, edge, edge + 1, edge + 64]
  }.map(String.init) + [
    "340282366920938463463374607431768211455", "340282366920938463463374607431768211457",
    "1" + String(repeating: "0", count: 100),
  ]

/// A number as people and programs write it; some of these ways are not allowed.
private func spellings(of number: String) -> [String] {
  [
    number, "0\(number)", String(repeating: "0", count: 60) + number, "-\(number)", "+\(number)",
    "--\(number)", "-+\(number)", "-0\(number)", "\(number)-", "\(number).0", "\(number)e0",
    "0x\(number)", "\(number)s", "\(number)ms", "\(number)_0", "\(number),0", "\(number)%",
  ]
}

private let noNumbers = ["-", "+", ".", "-.", "0x", "NaN", "inf", "1e3", "0b1", "0o7"]
