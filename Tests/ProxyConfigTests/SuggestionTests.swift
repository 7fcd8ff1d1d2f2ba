import ProxyConfig
import Testing

/// What each diagnostic says to do: the remedy must fit what was meant.
@Suite struct SuggestionTests {
  static let rows = [
    Row("method without braces", "proxy a {\nrule ::2 static\n}", "write '{ static }'"),
    Row(
      "method without braces, semicolon", "proxy a {\nrule ::2 auto;\n}", "write '{ auto }'",
      "remove it"),
    Row("iface without braces", "proxy a {\nrule ::2 iface b\n}", "write '{ iface <interface> }'"),
    Row(
      "blank before the slash", "proxy a { rule ::2 /64 { auto } }", "remove the blank before it"),
    Row("two prefixes", "proxy a { rule ::2 ::3 { auto } }", "write two rules"),
    Row("two prefixes and a comma", "proxy a { rule ::2, ::3 { auto } }", "write two rules"),
    Row("two prefixes, one word", "proxy a { rule ::2,::3 { auto } }", "write two rules"),
    Row("anything after a prefix", "proxy a { rule ::2 x { auto } }", "put '{' there"),
    Row(
      "two interfaces", "proxy eth0 eth1 { rule ::2 { auto } }",
      "one interface per block: write two blocks"),
    Row("option without a brace", "proxy a router yes", "put '{' before it"),
    Row("negative retries", "proxy a { retries -1 rule ::2 { auto } }", "write '0'"),
    Row("too many retries", "proxy a { retries 11 rule ::2 { auto } }", "write '2', the default"),
    Row(
      "negative time that is not needed", "route-ttl -1\nproxy a { rule ::2 { auto } }",
      "remove it", "remove it"),
    Row("variable", "proxy $WAN { }", "write the name itself: there are no variables"),
    Row(
      "unknown solicitors", "proxy a { solicitors all rule ::2 { auto } }",
      "write 'any', the default"),
    Row(
      "misspelt solicitors", "proxy a { solicitor any rule ::2 { auto } }",
      "did you mean 'solicitors'?"),
    Row("negative time", "proxy a { ttl -1 rule ::2 { auto } }", "write '30000', the default"),
    Row("on", "proxy a { router on rule ::2 { auto } }", "write 'yes'"),
    Row("name with its peer", "proxy eth0@if3 { rule ::2 { auto } }", "write 'eth0'"),
    Row(
      "long name with its peer", "proxy wireguard@if1234 { rule ::2 { auto } }",
      "write 'wireguard'"),
    Row(
      "two names and a comma", "proxy eth0,eth1 { rule ::2 { auto } }",
      "write one block per interface"),
    Row(
      "many names and commas", "proxy a { rule ::2 { iface eth0,eth1,eth2,eth3 } }",
      "write one block per interface"),
    Row(
      "target of ndppd 1.0", "target x\nproxy a { rule ::2 { auto } }",
      "remove it: the address of the proxy interface is advertised"),
  ]

  @Test(arguments: rows)
  func `the remedy fits`(row: Row) {
    #expect(parse(row.text).diagnostics.compactMap(\.suggestion) == row.expected)
  }

  static let keysOfVersion1 = [
    "target", "table", "rewrite", "valid-ttl", "invalid-ttl", "renew", "use-kernel",
    "retrans-limit", "retrans-time",
  ]

  @Test(arguments: keysOfVersion1)
  func `a key of ndppd 1.0 is named as such`(name: String) {
    let found = parse("\(name) 5\nproxy a { rule ::2 { auto } }").diagnostics
    #expect(found.map(\.message) == ["'\(name)' is a key of ndppd 1.0 and not supported"])
    #expect(found.first?.severity == .warning)
    #expect(found.first?.suggestion?.contains("did you mean") == false)
  }
}
