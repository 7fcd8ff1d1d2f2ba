import ProxyConfig
import ProxyModel
import Testing

/// Every limit is reached, and just not reached.
@Suite struct LimitTests {
  @Test func `a file may have 16 MiB, and not an octet more`() {
    var octets = [UInt8](repeating: UInt8(ascii: " "), count: TextBounds.fileOctets)
    #expect(
      findings(ConfigurationParser.parse(octets, fileName: "f")) == [
        "1:1 warning nothing-configured"
      ])
    octets.append(UInt8(ascii: " "))
    let result = ConfigurationParser.parse(octets, fileName: "f")
    #expect(findings(result) == ["1:1 error file-too-large"])
    #expect(result.configuration == nil)
  }

  @Test func `blocks stand 8 deep, and no deeper`() {
    let deepest = nested(TextBounds.nesting)
    #expect(findings(parse(deepest)) == ["1:1 error unknown-key"])
    let deeper = nested(TextBounds.nesting + 1)
    #expect(findings(parse(deeper)) == ["1:1 error unknown-key", "1:35 error nesting-too-deep"])
    // What follows the block is read as if nothing had been.
    #expect(findings(parse(deeper + " }")).last == "1:56 error unexpected-brace")
  }

  @Test func `a million braces are no deeper than nine`() {
    let braces = String(repeating: "a {", count: 1_000_000)
    let result = parse(braces)
    #expect(
      Set(result.diagnostics.map(\.code)) == [
        "unknown-key", "nesting-too-deep", "unterminated-block",
      ])
  }

  @Test func `100 diagnostics are kept, then the rest is counted`() {
    let line = "nonsense\n"
    let enough = parse(String(repeating: line, count: TextBounds.diagnostics - 1))
    #expect(enough.diagnostics.count == TextBounds.diagnostics)
    #expect(enough.diagnostics.allSatisfy { $0.code != "more-diagnostics" })
    let many = parse(String(repeating: line, count: 250) + "proxy a { rule ::2 { auto } }")
    #expect(many.diagnostics.count == TextBounds.diagnostics + 1)
    #expect(many.diagnostics.last?.message == "150 more, of which 0 are errors, are not shown")
    #expect(many.diagnostics.last?.severity == .warning)
    #expect(many.configuration != nil)
  }

  @Test func `an error is shown however many warnings came before it`() {
    let result = parse(String(repeating: "nonsense\n", count: 500) + "proxy a { rule x { auto } }")
    #expect(result.diagnostics.count == TextBounds.diagnostics + 1)
    #expect(result.diagnostics.contains { $0.code == "invalid-address" && $0.location.line == 501 })
    #expect(result.diagnostics.last?.message == "401 more, of which 0 are errors, are not shown")
  }

  @Test func `a warning is shown however many notes came before it`() {
    let result = parse(String(repeating: "route-ttl 1\n", count: 250))
    #expect(result.diagnostics.allSatisfy { $0.severity == .warning })
    #expect(result.diagnostics.last?.message == "400 more, of which 0 are errors, are not shown")
  }

  @Test func `a note is no warning`() {
    let noted = parse("route-ttl 1 address-ttl 1 proxy a { rule ::2 { auto } }")
    #expect(noted.diagnostics.map(\.severity) == [.note, .note])
    #expect(!noted.hasWarnings)
    #expect(parse("proxy a { }").hasWarnings)
    #expect(!parse("}").hasWarnings)
  }

  @Test func `errors that are not shown are counted as errors`() {
    let result = parse(String(repeating: "}\n", count: 103))
    #expect(result.diagnostics.last?.message == "3 more, of which 3 are errors, are not shown")
    #expect(result.diagnostics.last?.severity == .error)
  }

  @Test func `a million keys are read, and not one more`() {
    let text = String(repeating: "a\n", count: TextBounds.entries)
    #expect(parse(text).configuration != nil)
    let tooMany = parse(text + "a\n")
    #expect(tooMany.configuration == nil)
    #expect(
      tooMany.diagnostics.contains {
        $0.code == "too-many-entries" && $0.location.line == TextBounds.entries + 1
      })
  }

  @Test func `100,000 rules are read in their order`() throws {
    let text = (0..<100_000).map {
      "rule 2001:db8:\(String($0 >> 16, radix: 16)):\(String($0 & 0xffff, radix: 16))::/64 { auto }\n"
    }
    let result = parse("proxy a {\n\(text.joined())}\n")
    #expect(findings(result) == [])
    let rules = try #require(result.configuration?.proxies.first?.rules)
    #expect(rules.count == 100_000)
    #expect(rules.last?.prefix.description == "2001:db8:1:869f::/64")
  }

  @Test func `20,000 blocks for one interface become one`() throws {
    let text = (0..<20_000).map { "proxy a { rule 2001:db8::\(String($0, radix: 16)) { auto } }\n" }
    let result = parse(text.joined())
    #expect(result.diagnostics.last?.code == "more-diagnostics")
    #expect(result.configuration?.proxies.map(\.rules.count) == [20_000])
  }

  private func nested(_ depth: Int) -> String {
    String(repeating: "a { ", count: depth) + String(repeating: " }", count: depth)
  }
}
