import NDPWire
import ProxyConfig
import ProxyModel
import Testing

/// What `require` and `announce` mean, and what is said of what they do not.
@Suite struct ConditionTests {
  private static let inside = "rule 2001:db8:1:0:ff::/80 { auto }"

  private static func text(_ line: String) -> String {
    "proxy eth0 {\n\(line)\n\(inside)\n}\n"
  }

  private static let prefix = IPv6Prefix("2001:db8:1:0:ff::/80")!
  private static func origin(_ name: String) -> Ruleset.RouteOrigin { .init(name)! }

  static let conditions: [(String, Ruleset.Condition)] = [
    ("address fe80::5:1", .address(IPv6Address("fe80::5:1")!)),
    ("address FE80:0::5:1", .address(IPv6Address("fe80::5:1")!)),
    ("route 2001:db8:1:0:ff::/80", .route(prefix, via: nil, origin: nil)),
    ("route 2001:db8:1:0:ff::/80 via wg0", .route(prefix, via: "wg0", origin: nil)),
    (
      "route 2001:db8:1:0:ff::/80 via wg0 proto bird",
      .route(prefix, via: "wg0", origin: origin("bird"))
    ),
    (
      "route 2001:db8:1:0:ff::/80 proto static via wg0",
      .route(prefix, via: "wg0", origin: origin("static"))
    ),
    ("route 2001:db8:1:0:ff::/80 proto 196", .route(prefix, via: nil, origin: origin("196"))),
    ("link wg0", .link("wg0")),
    ("file /run/master", .file("/run/master")),
    ("file \"/run/my master\"", .file("/run/my master")),
    ("file '/run/a\"b'", .file("/run/a\"b")),
    ("file \"/run/*/*\"", .file("/run/*/*")),
    ("file \"/run/a=b\"", .file("/run/a=b")),
    ("gate master_1.a-b", .gate("master_1.a-b")),
  ]

  @Test(arguments: conditions)
  func `a condition is read, and printed so that it is read again`(
    text: String, condition: Ruleset.Condition
  ) throws {
    for result in [
      parse(Self.text("require \(text)")),
      parse("proxy eth0 {\nrule 2001:db8:1:0:ff::/80 { auto require \(text) }\n}"),
      parse("proxy eth0 {\nrule 2001:db8:1:0:ff::/80 { require \(text) auto }\n}"),
    ] {
      #expect(findings(result) == [])
      let configuration = try #require(result.configuration)
      #expect(configuration.ruleset.conditions == [condition])
      #expect(configuration.proxies[0].hasConditions)
      #expect(parse(configuration.description).configuration == configuration)
    }
  }

  static let faults = [
    Row("no condition", "require", "2:1 error missing-value"),
    Row("no kind", "require fe80::5:1", "2:9 error invalid-condition"),
    Row("misspelt kind", "require adress fe80::5:1", "2:9 error invalid-condition"),
    Row("no address", "require address", "2:9 error missing-value"),
    Row("not an address", "require address eth0", "2:17 error invalid-address"),
    Row("address with a length", "require address fe80::5:1/64", "2:17 error invalid-address"),
    Row("IPv4 address", "require address 192.0.2.1", "2:17 error invalid-address"),
    Row("group", "require address ff02::1", "2:17 error invalid-condition"),
    Row("not a prefix", "require route default", "2:15 error invalid-address"),
    Row("via nothing", "require route 2001:db8::/64 via", "2:29 error missing-value"),
    Row("via twice", "require route 2001:db8::/64 via a via b", "2:35 error invalid-condition"),
    Row("no protocol", "require route 2001:db8::/64 proto", "2:29 error missing-value"),
    Row("unknown protocol", "require route 2001:db8::/64 proto brd", "2:35 error invalid-choice"),
    Row("protocol 256", "require route 2001:db8::/64 proto 256", "2:35 error invalid-choice"),
    Row("protocol 007", "require route 2001:db8::/64 proto 007", "2:35 error invalid-choice"),
    Row("dev", "require route 2001:db8::/64 dev a", "2:29 error unexpected-text"),
    Row("pattern", "require link wg*", "2:14 error invalid-interface-name"),
    Row("relative path", "require file run/master", "2:14 error invalid-path"),
    Row("path with ..", "require file /run/../master", "2:14 error invalid-path"),
    Row("directory", "require file /run/", "2:14 error invalid-path"),
    Row("path with a blank", "require file /run/my master", "2:22 error unexpected-text"),
    Row("gate with a slash", "require gate a/b", "2:14 error invalid-condition"),
    Row(
      "gate of 33 octets", "require gate \(String(repeating: "a", count: 33))",
      "2:14 error invalid-condition"),
    Row("two gates", "require gate a b", "2:16 error unexpected-text"),
    Row("twice", "require gate a\nrequire gate a", "3:1 warning duplicate-condition"),
    Row(
      "too many", (0...16).map { "require gate g\($0)" }.joined(separator: "\n"),
      "18:1 error too-many-conditions"),
    Row("a block", "require gate a { }", "2:16 error unexpected-block"),
    Row("no program", "on-take-over", "2:1 error missing-value"),
    Row("relative program", "on-take-over notify x", "2:14 error invalid-program"),
    Row(
      "many arguments", "on-release /x\(String(repeating: " y", count: 17))",
      "2:47 error invalid-program"),
    Row("announce what", "announce maybe", "2:10 error invalid-choice"),
    Row("announce every", "announce now-and-every", "2:10 error missing-value"),
    Row("announce too often", "announce now-and-every 10", "2:24 error number-out-of-range"),
  ]

  @Test(arguments: faults)
  func `what is wrong is said where it stands`(row: Row) {
    #expect(findings(parse(Self.text(row.text))) == row.expected)
  }

  @Test func `outside every block nothing is required`() {
    let result = parse("require gate a\n" + Self.text(""))
    #expect(findings(result) == ["1:1 warning misplaced-key"])
  }

  @Test func `rules for one prefix have the same conditions`() {
    let result = parse(
      """
      proxy eth0 {
      rule 2001:db8:1:0:ff::/80 { iface a require gate x }
      rule 2001:db8:1:0:ff::/80 { iface b }
      }
      """)
    #expect(findings(result) == ["3:1 error different-conditions"])
    let same = parse(
      """
      proxy eth0 {
      rule 2001:db8:1:0:ff::/80 { iface a require gate x }
      rule 2001:db8:1:0:ff::/80 { iface b require gate x }
      }
      """)
    #expect(findings(same) == [])
  }

  static let announcements: [(String, Ruleset.Announcements)] = [
    ("auto", .auto), ("yes", .yes), ("no", .no),
    ("now-and-every 60000", .every(.milliseconds(60_000))),
  ]

  @Test(arguments: announcements)
  func `announcements are read and printed`(text: String, value: Ruleset.Announcements) throws {
    let result = parse(Self.text("announce \(text) router no announce-new yes"))
    #expect(findings(result) == [])
    let configuration = try #require(result.configuration)
    #expect(configuration.proxies[0].announcements == value)
    #expect(!configuration.proxies[0].isRouter && configuration.proxies[0].announcesNewTargets)
    #expect(parse(configuration.description).configuration == configuration)
  }

  static let programs: [(String, [String])] = [
    ("/bin/x", ["/bin/x"]), ("/bin/x -a auto router no", ["/bin/x", "-a", "auto", "router", "no"]),
    ("/bin/x 'a b' \"c'd\" \"\" e=f", ["/bin/x", "a b", "c'd", "", "e=f"]),
    ("\"/bin/my x\" \"#\"", ["/bin/my x", "#"]),
  ]

  @Test(arguments: programs)
  func `a program and its arguments are read and printed`(
    text: String, program: [String]
  ) throws {
    let result = parse(Self.text("on-take-over \(text)\non-release \(text)"))
    #expect(findings(result) == [])
    let configuration = try #require(result.configuration)
    #expect(configuration.proxies[0].takeOverProgram == program)
    #expect(configuration.proxies[0].releaseProgram == program)
    #expect(parse(configuration.description).configuration == configuration)
  }

  @Test func `every name of a protocol is one of iproute2's numbers`() {
    #expect(Ruleset.RouteOrigin("frr")?.numbers.isSuperset(of: [11, 186, 196]) == true)
    #expect(Ruleset.RouteOrigin("bird")?.numbers == [12])
    #expect(Ruleset.RouteOrigin("") == nil && Ruleset.RouteOrigin("-1") == nil)
  }
}
