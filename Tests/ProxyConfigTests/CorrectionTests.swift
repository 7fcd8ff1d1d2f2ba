import ProxyConfig
import ProxyModel
import Testing

/// What "did you mean" says, and when it is better silent.
@Suite struct CorrectionTests {
  static let corrections = [
    Row("swapped letters", "ruel", "rule"),
    Row("left-out letter", "prxy", "proxy"),
    Row("doubled letter", "ttll", "ttl"),
    Row("wrong letter", "keepalife", "keepalive"),
    Row("letter case", "Proxy", "proxy"),
    Row("letter case of a long key", "ROUTE-TTL", "route-ttl"),
    Row("underscore", "route_ttl", "route-ttl"),
    Row("usual word", "interface", "iface"),
    Row("usual word, capitals", "Interface", "iface"),
    Row("plural", "rules", "rule"),
    Row("nothing near", "colour"),
    Row("half the letters", "stalls"),
    Row("short and far", "foo"),
    Row("too long to look at", String(repeating: "autovia", count: 5)),
  ]

  @Test(arguments: corrections)
  func `correction`(row: Row) {
    let suggestions = parse(row.text).diagnostics.compactMap { diagnostic in
      diagnostic.code == "unknown-key" ? diagnostic.suggestion : nil
    }
    #expect(suggestions == row.expected.map { "did you mean '\($0)'?" })
  }

  static let durations = [
    Row("seconds", "10s", "10000"), Row("milliseconds", "500ms", "500"),
    Row("minutes", "2min", "120000"), Row("capitals", "3S", "3000"),
    Row("fraction", "1.5s"), Row("parsecs", "5pc"), Row("overflow", "99999999999999999999s"),
    Row("unit alone", "s"),
  ]

  @Test(arguments: durations)
  func `a duration with a unit is converted`(row: Row) {
    let found = parse("proxy a { ttl \(row.text) rule ::2 { auto } }").diagnostics.first
    #expect(found?.code == "invalid-number")
    #expect(found?.suggestion == row.expected.first.map { "write '\($0)'" })
  }
}
