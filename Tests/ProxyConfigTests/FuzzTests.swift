import ProxyConfig
import TestSupport
import Testing

/// Whatever the octets, the parser ends, and what it says holds together.
@Suite struct FuzzTests {
  @Test func `any octets`() {
    for seed in 0..<400 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let octets = (0..<Int.random(in: 0...600, using: &generator)).map { _ in
        UInt8.random(in: 0 ... .max, using: &generator)
      }
      checkParse(octets, "seed \(seed)")
    }
  }

  @Test func `any words of the language`() {
    for seed in 0..<2000 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let octets = (0..<Int.random(in: 0...80, using: &generator)).flatMap { _ in
        Array(words.randomElement(using: &generator)!.utf8)
      }
      checkParse(octets, "seed \(seed)")
    }
  }

  @Test func `real files with damage`() throws {
    for seed in 0..<2000 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var octets = try #require(corpus.randomElement(using: &generator))
      for _ in 0..<Int.random(in: 1...6, using: &generator) { damage(&octets, using: &generator) }
      checkParse(octets, "seed \(seed)")
    }
  }

  @Test func `every beginning of a file`() throws {
    let example = try #require(contents(ofFile: "ndpproxy.conf.example"))
    let octets = Array(uncommented(example).utf8)
    for count in stride(from: 0, to: octets.count, by: 7) {
      checkParse(Array(octets[..<count]), "the first \(count) octets of the example")
    }
  }

  static let findingsPath = "Fuzz/Corpus/configuration/"

  /// What libFuzzer found worth keeping; the names are those it gave.
  static let findings = names(inDirectory: findingsPath, ending: "").filter {
    !$0.hasPrefix(".")
  }

  @Test func `the fuzzer's corpus is there`() {
    #expect(Self.findings.count >= 100)
  }

  @Test(arguments: findings)
  func `a file that libFuzzer kept`(name: String) throws {
    checkParse(try #require(contents(ofFile: Self.findingsPath + name)), name)
  }

  /// Parses, and checks what holds for every result.
  private func checkParse(_ octets: [UInt8], _ origin: String) {
    let result = ConfigurationParser.parse(octets, fileName: "f")
    let hasError = result.diagnostics.contains { $0.severity == .error }
    #expect((result.configuration == nil) == hasError, "\(origin)")
    #expect(result.diagnostics.count <= TextBounds.diagnostics + 1, "\(origin)")
    let lineCount = octets.count { $0 == 0x0a } + 1
    let places = result.diagnostics.map { [$0.location.line, $0.location.column] }
    #expect(places.allSatisfy { 1...lineCount ~= $0[0] && $0[1] >= 1 }, "\(origin)")
    #expect(zip(places, places.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) })
    let isShowable = result.report.utf8.allSatisfy { 0x20...0x7e ~= $0 || $0 == 9 || $0 == 0x0a }
    #expect(isShowable, "\(origin)")
    guard let configuration = result.configuration else { return }
    #expect(NumericKey.violations(in: configuration) == [], "\(origin)")
    let printed = parse(configuration.description)
    #expect(printed.configuration == configuration, "\(origin)")
    guard result.diagnostics.last?.code != "more-diagnostics" else { return }
    // Printing adds nothing to complain of.
    #expect(Set(printed.diagnostics.map(\.code)).isSubset(of: result.diagnostics.map(\.code)))
  }
}

private let words =
  Keyword.all.flatMap { ["\($0.name) ", $0.name] } + [
    " ", "\n", "{", "}", " { ", " } ", "{\n", "}\n", "=", ";", "#", "//", "/*", "*/", "/*/", "/",
    "\"", "'", "\\r", "\\", "yes", " no ", "on", "5", "-1", "10s", "99999999999999999999", "eth0 ",
    "eth1 ", "::", "::/0 ", "2001:db8::/64 ", "2001:db8::/", "/64", "%", "\0", "\u{feff}",
    "\u{a0}", "“", "\r\n", "\t", "ruel ",
    "proxy eth0 { ", "rule 2001:db8::/80 { auto } ", "rule ::2 { static } ",
    "0 ", "-0 ", "+1 ", "007 ", "10 ", "11 ", "2147483647 ", "2147483648 ", "86400001 ",
    "18446744073709551617 ", "/128 ", "/129 ",
  ]

private let corpus = ["valid", "invalid"].flatMap { folder in
  names(inDirectory: corpusPath + folder, ending: ".conf").compactMap {
    contents(ofFile: "\(corpusPath)\(folder)/\($0).conf")
  }
}

private func damage(_ octets: inout [UInt8], using generator: inout SeededGenerator) {
  let offset = Int.random(in: 0...octets.count, using: &generator)
  let end = min(octets.count, offset + Int.random(in: 0...8, using: &generator))
  switch Int.random(in: 0...3, using: &generator) {
  case 0: octets.removeSubrange(offset..<end)
  case 1: octets.insert(contentsOf: octets[offset..<end], at: offset)
  case 2: octets.insert(UInt8.random(in: 0 ... .max, using: &generator), at: offset)
  default: octets.insert(contentsOf: words.randomElement(using: &generator)!.utf8, at: offset)
  }
}
