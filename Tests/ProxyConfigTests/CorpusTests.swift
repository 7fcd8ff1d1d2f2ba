import NDPWire
import ProxyConfig
import Testing

/// Where the collected files of ndppd stand.
let corpusPath = "Tests/ProxyConfigTests/Corpus/"

/// Real files of ndppd's users, and what ndppd 0.2.5 was seen to make of them.
@Suite struct CorpusTests {
  static let fromTheWild = names(inDirectory: corpusPath + "valid", ending: ".conf")
    .filter { $0.hasPrefix("w") }

  static let invalid = names(inDirectory: corpusPath + "invalid", ending: ".conf")

  static let valid = names(inDirectory: corpusPath + "valid", ending: ".conf")

  @Test func `the corpus is there`() {
    #expect(Self.fromTheWild.count >= 20)
    #expect(Self.valid.count >= 50)
    #expect(Self.invalid.count >= 18)
  }

  @Test(arguments: fromTheWild)
  func `a file from the wild means what it meant`(name: String) throws {
    let result = try parseFile("valid/\(name)")
    let expectation = try readExpectation("valid/\(name)")
    guard !expectation.contains("TRAP") else {
      #expect(result.diagnostics.contains { $0.severity == .error })
      return
    }
    #expect(!result.diagnostics.contains { $0.severity == .error }, "\(result.report)")
    #expect(rules(of: result.configuration) == effectiveRules(in: expectation))
  }

  @Test(arguments: invalid)
  func `a file that ndppd refuses is explained`(name: String) throws {
    let result = try parseFile("invalid/\(name)")
    #expect(!result.diagnostics.isEmpty)
    #expect(result.diagnostics.allSatisfy { $0.location.file == "\(name).conf" })
  }

  @Test(arguments: valid)
  func `a trap is never silent`(name: String) throws {
    let expectation = try readExpectation("valid/\(name)")
    // An interface that does not exist is no matter of the file: the rule waits for it.
    guard expectation.contains("TRAP"), name != "s39-missing-daughter" else { return }
    let result = try parseFile("valid/\(name)")
    #expect(!result.diagnostics.isEmpty)
  }

  private func parseFile(_ path: String) throws -> ParseResult {
    let octets = try #require(contents(ofFile: corpusPath + path + ".conf"))
    let name = try #require(path.split(separator: "/").last)
    return ConfigurationParser.parse(octets, fileName: "\(name).conf")
  }

  private func readExpectation(_ path: String) throws -> String {
    let octets = try #require(contents(ofFile: corpusPath + path + ".expect"))
    return String(decoding: octets, as: UTF8.self)
  }
}

/// The rules of the first `effective:` block, which is that of 0.2.5, as `rules(of:)` writes them.
private func effectiveRules(in expectation: String) -> [String] {
  let lines = expectation.split(separator: "\n", omittingEmptySubsequences: false)
  let block = lines.drop { $0 != "effective:" }.dropFirst().prefix { !$0.isEmpty }
  var interface: Substring = ""
  var rules: [String] = []
  for line in block {
    let words = line.split(separator: " ")
    switch words.first {
    case "proxy": interface = words[1]
    case "rule":
      let prefix = IPv6Prefix(String(words[1]))?.description ?? "unreadable"
      let method = words[2...].joined(separator: " ").dropFirst("method=".count)
      rules.append("\(interface) \(prefix) \(method)")
    default: continue
    }
  }
  return rules
}
