import ProxyConfig
import Testing

/// What a terminal shows, character by character.
@Suite struct DiagnosticRendererTests {
  /// One text, one report.
  struct Golden: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    let report: String

    init(_ name: String, _ text: String, _ report: String) {
      self.name = name
      self.text = text
      self.report = report
    }

    var testDescription: String { name }
  }

  static let goldens = [
    Golden(
      "error with a suggestion",
      "proxy a {\n  ruel 2001:db8::/80 {\n  }\n}\n",
      """
      f:2:3: error: unknown key 'ruel' [unknown-key]
        ruel 2001:db8::/80 {
        ^
        did you mean 'rule'?

      """),
    Golden(
      "warning without a suggestion",
      "proxy a {\n  colour blue\n  rule ::2 { auto }\n}\n",
      """
      f:2:3: warning: unknown key 'colour' is ignored [unknown-key]
        colour blue
        ^

      """),
    Golden(
      "note",
      "route-ttl 5\nproxy a { rule ::2 { auto } }\n",
      """
      f:1:1: note: 'route-ttl' is not needed: ndpproxy queries the kernel by netlink and does not \
      poll [not-needed]
      route-ttl 5
      ^
        remove it

      """),
    Golden(
      "tabs stay tabs",
      "proxy a {\n\t \tttl\t5s\n rule ::2 { auto }\n}\n",
      """
      f:2:8: error: 'ttl' is a number of milliseconds, not '5s' [invalid-number]
      \t \tttl\t5s
      \t \t   \t^
        write '5000'

      """),
    Golden(
      "octets are escaped, the caret moves along",
      "proxy a { /* \u{1b}[2J\u{fc} */ ttl x\n rule ::2 { auto } }",
      #"""
      f:1:28: error: 'ttl' is a number of milliseconds, not 'x' [invalid-number]
      proxy a { /* \x1b[2J\xc3\xbc */ ttl x
                                          ^

      """#),
    Golden(
      "octets in a message are escaped",
      "proxy \"\u{1b}\u{7f}\" { rule ::2 { auto } }",
      #"""
      f:1:7: warning: ndppd does not understand quotes [quotes]
      proxy "\x1b\x7f" { rule ::2 { auto } }
            ^
        remove them: names need no quotes
      f:1:8: error: '\x1b\x7f' cannot be the name of an interface [invalid-interface-name]
      proxy "\x1b\x7f" { rule ::2 { auto } }
             ^
        see the names with 'ip link'

      """#),
    Golden(
      "several in the order of the file",
      "ttl 5\nproxy a {\n  rule x {\n    auto;\n  }\n}\r\n",
      """
      f:1:1: warning: 'ttl' belongs in a 'proxy' block, not outside every block; \
      here it is ignored [misplaced-key]
      ttl 5
      ^
        move it there
      f:3:8: error: 'x' is not an IPv6 address [invalid-address]
        rule x {
             ^
        a rule takes a prefix; to solicit on an interface, use 'iface'
      f:4:9: warning: values end without ';'; ndppd makes it part of the value [semicolon]
          auto;
              ^
        remove it

      """),
    Golden(
      "the line ends before its carriage return",
      "proxy a {\r\n rule ::2 { auto }\r\n",
      """
      f:1:9: error: this '{' is never closed [unterminated-block]
      proxy a {
              ^
        add '}' where the block ends

      """),
    Golden(
      "an empty file has no line to show",
      "",
      """
      f:1:1: warning: the file has no proxy [nothing-configured]
        add 'proxy <interface> { rule <prefix> { auto } }'

      """),
  ]

  @Test func `colour marks the severity and the caret, nothing else`() {
    let result = parse("route-ttl 5\nproxy a {\n  colour x\n  ttl x\n rule ::2 { auto } }")
    #expect(
      result.report(colored: true).replacing("\u{1b}", with: "<") == """
        f:1:1: <[36mnote<[0m: 'route-ttl' is not needed: ndpproxy queries the kernel by \
        netlink and does not poll [not-needed]
        route-ttl 5
        <[36m^<[0m
          remove it
        f:3:3: <[35mwarning<[0m: unknown key 'colour' is ignored [unknown-key]
          colour x
          <[35m^<[0m
        f:4:7: <[1;31merror<[0m: 'ttl' is a number of milliseconds, not 'x' [invalid-number]
          ttl x
              <[1;31m^<[0m

        """)
    #expect(!result.report(colored: false).contains("\u{1b}"))
  }

  @Test(arguments: goldens)
  func `without its colours the report is the plain one`(golden: Golden) {
    var text = parse(golden.text).report(colored: true)
    for sequence in ["\u{1b}[1;31m", "\u{1b}[35m", "\u{1b}[36m", "\u{1b}[0m"] {
      text = text.replacing(sequence, with: "")
    }
    #expect(text == golden.report)
  }

  @Test(arguments: ["", "\n\n", "  \t\r\n"])
  func `blanks are not worth a caret`(text: String) {
    #expect(!parse(text).report.contains("^"))
  }

  @Test(arguments: goldens)
  func `report`(golden: Golden) {
    #expect(parse(golden.text).report == golden.report)
  }

  @Test func `a long line is cut behind the caret`() {
    let result = parse("nonsense \(String(repeating: "x", count: 500))")
    let lines = result.report.split(separator: "\n")
    #expect(lines[1] == "nonsense " + String(repeating: "x", count: 91) + "...")
    #expect(lines[2] == "^")
  }

  @Test func `a long line is cut before the caret as well`() {
    let blanks = String(repeating: " ", count: 1000)
    let long = "\(blanks)nonsense \(String(repeating: "x", count: 500))"
    let result = parse("proxy a { rule ::2 { auto } }\n\(long)")
    let lines = result.report.split(separator: "\n")
    #expect(result.diagnostics.first?.location.column == 1001)
    #expect(
      lines[1] == "..." + blanks.prefix(50) + "nonsense " + String(repeating: "x", count: 41)
        + "...")
    #expect(lines[2] == blanks.prefix(53) + "^")
  }

  @Test func `a long word is cut in the message`() {
    let result = parse(String(repeating: "x", count: 41))
    #expect(
      result.diagnostics.first?.message
        == "unknown key '\(String(repeating: "x", count: 40))...' is ignored")
  }

  @Test func `a file name drives no terminal either`() {
    let result = ConfigurationParser.parse([], fileName: "\u{1b}c\n")
    #expect(result.report.hasPrefix(#"\x1bc\x0a:1:1: warning: "#))
  }
}
