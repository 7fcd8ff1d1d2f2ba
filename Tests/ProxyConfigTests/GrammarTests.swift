import NDPWire
import ProxyConfig
import ProxyModel
import Testing

/// What ndppd 0.2 reads as intended must mean the same here, without a word.
@Suite struct GrammarTests {
  static let accepted = [
    Row("one line", "proxy eth0 { router no rule 2001:db8::/121 { static } }"),
    Row("no trailing newline", "proxy eth0 {\nrule 2001:db8::/121 {\nstatic\n}\n}"),
    Row("glued braces", "proxy eth0{rule 2001:db8::/121{static}}"),
    Row("equals signs", "proxy = eth0 { router=yes ttl = 5 rule=2001:db8::/121 { static } }"),
    Row("CRLF", "proxy eth0 {\r\nrule 2001:db8::/121 {\r\nstatic\r\n}\r\n}\r\n"),
    Row("tabs, vertical tab, form feed", "\tproxy\u{b}eth0\u{c}{ rule 2001:db8::/121 { static } }"),
    Row("comment lines", "# a\n// b\n/* c\n d */proxy eth0 { rule 2001:db8::/121 { static } }"),
    Row("comment between key and value", "proxy /* x */ eth0 { rule 2001:db8::/121 { static } }"),
    Row("comment over lines before a value", "proxy /*\n*/ eth0{rule 2001:db8::/121 { static } }"),
    Row("comment glued to a key", "proxy eth0 { rule 2001:db8::/121 { static#now\n } }"),
    Row("comment glued to a brace", "proxy eth0 {#x\nrule 2001:db8::/121 {//y\nstatic/*z*/}}"),
    Row("anything in comments", "#\0\u{a0}“{\nproxy eth0 { rule 2001:db8::/121 { static } }"),
    Row("stars in a comment", "/***/ /* ** / */proxy eth0 { rule 2001:db8::/121 { static } }"),
    Row("upper-case digits", "proxy eth0 { rule 2001:DB8::/121 { static } }"),
    Row("affirmed method", "proxy eth0 { rule 2001:db8::/121 { static yes } }"),
    Row("affirmed by equals sign", "proxy eth0 { rule 2001:db8::/121 { static=True } }"),
  ]

  @Test(arguments: accepted)
  func `every accepted form means the one rule`(row: Row) {
    let result = parse(row.text)
    #expect(findings(result) == [])
    #expect(rules(of: result.configuration) == ["eth0 2001:db8::/121 static"])
  }

  static let methods = [
    Row("static", "static", "eth0 2001:db8::/80 static"),
    Row("auto", "auto", "eth0 2001:db8::/80 auto"),
    Row("iface", "iface br0.7-$x", "eth0 2001:db8::/80 iface br0.7-$x"),
    Row("iface of 15 octets", "iface abcdefghijklmno", "eth0 2001:db8::/80 iface abcdefghijklmno"),
    Row(
      "iface of 127 octets", "iface \(String(repeating: "a", count: 127))",
      "eth0 2001:db8::/80 iface \(String(repeating: "a", count: 127))"),
  ]

  @Test(arguments: methods)
  func `each method is read`(row: Row) {
    let result = parse("proxy eth0 {\n rule 2001:db8::/80 {\n \(row.text)\n }\n}\n")
    #expect(findings(result) == [])
    #expect(rules(of: result.configuration) == row.expected)
  }

  @Test func `a rule without length is one address, with 0 it is all`() throws {
    let result = parse("proxy a { rule 2001:db8::1 { auto } rule ::/0 { auto } }")
    #expect(findings(result) == [])
    #expect(rules(of: result.configuration) == ["a 2001:db8::1/128 auto", "a ::/0 auto"])
  }

  @Test func `every option arrives in its own place`() throws {
    let options =
      "router NO timeout 1 retries 3 ttl 4 deadtime 5 keepalive false solicitors on-link "
      + "description 'the \"uplink\"'"
    let unready = "autowire TRUE promiscuous yes outgoing yes"
    let result = parse(
      "route-ttl 2147483647 address-ttl 0 proxy p { \(options) \(unready) "
        + "rule ::/0 { iface q autovia yes description members } }")
    var proxy = Ruleset.Proxy(interface: "p")
    proxy.isRouter = false
    proxy.timers.timeout = .milliseconds(1)
    proxy.timers.retries = 3
    proxy.timers.ttl = .milliseconds(4)
    proxy.timers.deadtime = .milliseconds(5)
    proxy.timers.keepsAlive = false
    proxy.solicitors = .onLink
    proxy.installsHostRoutes = true
    proxy.isPromiscuous = true
    proxy.reactsToOutgoing = true
    proxy.description = "the \"uplink\""
    proxy.rules = [
      .init(
        prefix: try #require(IPv6Prefix("::/0")), method: .interface("q"), routesViaNeighbor: true)
    ]
    proxy.rules[0].description = "members"
    var expected = Configuration()
    expected.ruleset.proxies = [proxy]
    expected.routeTTL = .milliseconds(2_147_483_647)
    expected.addressTTL = .zero
    #expect(result.configuration == expected)
    #expect(
      result.diagnostics.map(\.code) == ["not-needed", "not-needed"]
        + Array(repeating: "not-in-effect", count: 1))
  }

  @Test func `defaults are those of the RFC where ndppd's differ`() throws {
    let proxy = try #require(parse("proxy p { rule ::/0 { auto } }").configuration?.proxies.first)
    #expect(proxy.isRouter && proxy.timers.keepsAlive && proxy.solicitors == .any)
    #expect(!proxy.installsHostRoutes && !proxy.isPromiscuous && !proxy.reactsToOutgoing)
    #expect(proxy.timers.timeout == .seconds(1) && proxy.timers.retries == 2)
    #expect(proxy.timers.ttl == .seconds(30) && proxy.timers.deadtime == .seconds(3))
  }

  @Test func `proxies and rules keep the order of the file`() {
    let text = """
      proxy b { rule 2001:db8:2::/64 { auto } rule 2001:db8:1::/64 { auto } }
      proxy a { rule 2001:db8:2::/64 { iface x } rule 2001:db8:2::/64 { iface y } }
      """
    #expect(
      rules(of: parse(text).configuration) == [
        "b 2001:db8:2::/64 auto", "b 2001:db8:1::/64 auto",
        "a 2001:db8:2::/64 iface x", "a 2001:db8:2::/64 iface y",
      ])
  }

  static let overlaps = [
    Row("static inside iface", "rule ::8:0/112 { iface x } rule ::8:1 { static }"),
    Row("one method", "rule ::8:0/112 { iface x } rule ::8:1 { iface x }"),
    Row("one prefix", "rule ::8:0/112 { iface x } rule ::8:0/112 { iface y }"),
    Row("neighbors", "rule ::8:0/112 { static } rule ::9:0/112 { auto }"),
    Row("after the wider one", "rule ::/97 { static } rule ::8000:0/97 { auto }"),
  ]

  @Test(arguments: overlaps)
  func `overlaps that mean the same for ndppd`(row: Row) {
    #expect(findings(parse("proxy a { \(row.text) }")) == [])
  }

  @Test func `two blocks for one interface count as one`() throws {
    let text = """
      proxy a { ttl 1 rule ::1:0/112 { auto } }
      proxy b { rule ::/0 { auto } }
      proxy a { ttl 2 deadtime 9 rule ::2:0/112 { static } }
      """
    let result = parse(text)
    #expect(findings(result) == ["3:1 warning duplicate-proxy", "3:11 warning duplicate-key"])
    let proxies = try #require(result.configuration).proxies
    #expect(proxies.map(\.interface) == ["a", "b"])
    #expect(proxies[0].timers.ttl == .milliseconds(1))
    #expect(proxies[0].timers.deadtime == .milliseconds(9))
    #expect(proxies[0].rules.map(\.method) == [.auto, .static])
  }
}
