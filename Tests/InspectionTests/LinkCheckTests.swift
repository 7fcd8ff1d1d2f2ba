import LinuxNet
import NDPWire
import ProxyConfig
import ProxyModel
import Testing

@testable import Inspection

/// Rules that would take something away from the neighbors on the proxy interface's own link.
@Suite struct LinkCheckTests {
  private static let eth0: Int32 = 1
  private static let zt0: Int32 = 2

  private let host = {
    var host = HostTable()
    for (index, name) in [(eth0, "eth0"), (zt0, "zt0")] {
      let link = Link(
        index: index, name: name, linkLayerAddress: MACAddress("02:00:00:00:00:01"), isUp: true,
        isRunning: true, master: nil, hasNeighborDiscovery: true)
      _ = host.apply(.link(link))
    }
    return host
  }()

  /// A host in a few words, each a route as `ip -6 route` has it, or a neighbor.
  struct Situation: CustomTestStringConvertible, Sendable {
    let name: String
    let rules: String
    let routes: [RouteEntry]
    var neighbors: [String] = []
    var expected: [String] = []

    var testDescription: String { name }
  }

  private static func onLink(_ prefix: String, dev index: Int32 = eth0) -> RouteEntry {
    RouteEntry(destination: IPv6Prefix(prefix)!, interface: index, origin: 2)
  }

  private static func via(
    _ router: String, _ prefix: String = "::/0", dev index: Int32 = eth0
  ) -> RouteEntry {
    RouteEntry(
      destination: IPv6Prefix(prefix)!, interface: index, gateway: IPv6Address(router)!)
  }

  private static func local(_ prefix: String) -> RouteEntry {
    RouteEntry(destination: IPv6Prefix(prefix)!, type: .local, interface: 9, table: 255)
  }

  /// The usual host: its /64 is on-link at eth0, and the router has an address of that.
  private static let usual = [onLink("2001:db8:1::/64"), via("2001:db8:1::1")]

  static let situations = [
    Situation(
      name: "the usual rule", rules: "rule 2001:db8:1:0:ff::/80 { static }",
      routes: usual + [onLink("2001:db8:1:0:ff::/80", dev: zt0)]),
    Situation(
      name: "the usual rule, members not there yet",
      rules: "rule 2001:db8:1:0:ff::/80 { static }", routes: usual),
    Situation(
      name: "the whole link", rules: "rule 2001:db8:1::/64 { static }", routes: usual,
      expected: ["2:1 covers-link"]),
    Situation(
      name: "more than the link", rules: "rule 2001:db8::/32 { static }", routes: usual,
      expected: ["2:1 covers-link"]),
    Situation(
      name: "everything", rules: "rule ::/0 { static }", routes: usual,
      expected: ["2:1 covers-link"]),
    Situation(
      name: "half of the link, without the router", rules: "rule 2001:db8:1:0:8000::/65 { static }",
      routes: usual, expected: ["2:1 covers-link"]),
    Situation(
      name: "half of the link, which is routed elsewhere",
      rules: "rule 2001:db8:1:0:8000::/65 { static }",
      routes: usual + [onLink("2001:db8:1:0:8000::/65", dev: zt0)]),
    Situation(
      name: "both halves",
      rules: "rule 2001:db8:1::/65 { static }\n"
        + "rule 2001:db8:1:0:8000::/65 { static }", routes: usual,
      expected: ["2:1 covers-link", "3:1 covers-link"]),
    Situation(
      name: "the router alone", rules: "rule 2001:db8:1::/80 { static }", routes: usual,
      expected: ["2:1 covers-router"]),
    Situation(
      name: "the router as one address", rules: "rule 2001:db8:1::1 { static }", routes: usual,
      expected: ["2:1 covers-router"]),
    Situation(
      name: "the router, excluded",
      rules: "rule 2001:db8:1::/80 { static exclude 2001:db8:1::1 }", routes: usual),
    Situation(
      name: "the router, excluded by another rule of the proxy",
      rules: "rule 2001:db8:1::/80 { static }\n"
        + "rule 2001:db8:1::/96 { auto exclude 2001:db8:1::/112 }",
      routes: usual),
    Situation(
      name: "the router, in a longer rule that asks",
      rules: "rule 2001:db8:1::/80 { static }\nrule 2001:db8:1::/112 { auto }", routes: usual),
    Situation(
      name: "another next hop than the default router's",
      rules: "rule 2001:db8:1::/80 { static }",
      routes: [onLink("2001:db8:1::/64"), via("2001:db8:1::7", "2001:db8:7::/48")],
      expected: ["2:1 covers-router"]),
    Situation(
      name: "a next hop behind another interface", rules: "rule 2001:db8:1:0:ff::/80 { static }",
      routes: usual + [via("2001:db8:1:0:ff::1", "2001:db8:7::/48", dev: zt0)]),
    Situation(
      name: "another prefix of the same link", rules: "rule fd00::/48 { static }",
      routes: usual + [onLink("fd00::/64")], expected: ["2:1 covers-link"]),
    Situation(
      name: "a prefix of another link", rules: "rule fd00::/48 { static }",
      routes: usual + [onLink("fd00::/64", dev: zt0)]),
    Situation(
      name: "a host with one address and a link-local router",
      rules: "rule 2001:db8:1::/64 { static }",
      routes: [via("fe80::1"), onLink("2001:db8:1::2/128")]),
    Situation(
      name: "a host with one address and a router of its prefix",
      rules: "rule 2001:db8:1::/64 { static }",
      routes: [onLink("2001:db8:1::1/128"), via("2001:db8:1::1")],
      expected: ["2:1 covers-router"]),
    Situation(
      name: "any address is this host's", rules: "rule 2001:db8:1::/64 { static }",
      routes: [via("fe80::1"), local("2001:db8:1::/64")]),
    Situation(
      name: "any address is this host's, and the prefix on-link too",
      rules: "rule 2001:db8:1::/64 { static }",
      routes: [onLink("2001:db8:1::/64"), via("fe80::1"), local("2001:db8:1::/64")]),
    Situation(
      name: "any address is this host's, but for the router",
      rules: "rule 2001:db8:1::/64 { static }",
      routes: usual + [local("2001:db8:1::/64")], expected: ["2:1 covers-router"]),
    Situation(
      name: "any address of a part of the link is this host's",
      rules: "rule 2001:db8:1:0:8000::/65 { static }",
      routes: usual + [local("2001:db8:1:0:8000::/65")]),
    Situation(
      name: "any address is this host's in a part of the rule",
      rules: "rule 2001:db8:1::/64 { static }",
      routes: usual + [local("2001:db8:1:0:ff::/80")], expected: ["2:1 covers-link"]),
    Situation(
      name: "a neighbor in a narrow rule", rules: "rule 2001:db8:1:0:ff::/80 { static }",
      routes: usual, neighbors: ["2001:db8:1:0:ff::9"], expected: ["2:1 covers-neighbor"]),
    Situation(
      name: "a neighbor outside all rules", rules: "rule 2001:db8:1:0:ff::/80 { static }",
      routes: usual, neighbors: ["2001:db8:1::9", "fe80::9"]),
    Situation(
      name: "a route for all without a gateway", rules: "rule 2001:db8:1::/64 { static }",
      routes: [onLink("::/0")]),
    Situation(name: "the whole link, asked", rules: "rule 2001:db8:1::/64 { auto }", routes: usual),
    Situation(
      name: "the whole link, asked elsewhere", rules: "rule 2001:db8:1::/64 { iface zt0 }",
      routes: usual),
    Situation(
      name: "the whole link, wired elsewhere",
      rules: "autowire yes rule 2001:db8:1::/64 { iface zt0 }", routes: usual,
      expected: ["2:14 autowires-link"]),
    Situation(
      name: "wired where the route leads", rules: "autowire yes rule 2001:db8:1::/64 { auto }",
      routes: usual),
    Situation(
      name: "members alone, wired", rules: "autowire yes rule 2001:db8:1:0:ff::/80 { iface zt0 }",
      routes: usual),
    Situation(
      name: "the router, wired elsewhere",
      rules: "autowire yes rule 2001:db8:1::/112 { iface zt0 }", routes: usual,
      expected: ["2:14 autowires-link"]),
  ]

  private func check(_ situation: Situation) throws -> ParseResult {
    let text = "proxy eth0 {\n\(situation.rules)\n}"
    var result = ConfigurationParser.parse(Array(text.utf8), fileName: "f")
    let configuration = try #require(result.configuration, "\(result.report)")
    let neighbors = situation.neighbors.map {
      NeighborCacheEntry(
        interface: Self.eth0, address: IPv6Address($0)!,
        linkLayerAddress: MACAddress("02:00:00:00:00:09"))
    }
    let surroundings = Surroundings(situation.routes, neighbors, around: [Self.eth0])
    HostCheck(configuration, on: host, in: surroundings).reportDangers(into: &result)
    return result
  }

  private static let codes: Set = [
    "covers-link", "covers-router", "covers-neighbor", "autowires-link",
  ]

  @Test(arguments: situations)
  func `a rule is named if it takes something away, and only then`(
    situation: Situation
  ) throws {
    let result = try check(situation)
    let found = result.diagnostics.filter { Self.codes.contains($0.code) }
    #expect(
      found.map { "\($0.location.line):\($0.location.column) \($0.code)" } == situation.expected,
      "\(result.report)")
    #expect(found.allSatisfy { $0.severity == .warning && $0.suggestion != nil })
  }

  @Test func `what is wrong, where, why and what to do`() throws {
    let whole = Situation(
      name: "", rules: "rule 2001:db8:1::/63 { static }", routes: Self.usual,
      neighbors: ["2001:db8:1::8", "2001:db8:1::9"])
    let diagnostic = try #require(try check(whole).diagnostics.first { $0.code == "covers-link" })
    #expect(
      diagnostic.message == "this 'static' rule answers in place of all neighbors in "
        + "2001:db8:1::/64, which is on-link at eth0, 2001:db8:1::1 and 2001:db8:1::8 and 1 more "
        + "included")
    #expect(
      diagnostic.suggestion == "write a longer prefix that no neighbor is in, or at least "
        + "'exclude 2001:db8:1::1' and 'exclude 2001:db8:1::8'")
    let router = Situation(
      name: "", rules: "rule 2001:db8:1::/80 { static }", routes: Self.usual)
    let other = try #require(try check(router).diagnostics.first { $0.code == "covers-router" })
    #expect(
      other.description == "f:2:1: this 'static' rule answers in place of 2001:db8:1::1, "
        + "a router of this host on eth0 [covers-router]; add 'exclude 2001:db8:1::1' to the rule, "
        + "or write a longer prefix")
  }

  @Test func `entries of the neighbor cache that never answered do not count`() {
    var silent = NeighborCacheEntry(interface: Self.eth0, address: IPv6Address("2001:db8::9")!)
    #expect(Surroundings([], [silent], around: [Self.eth0]).neighbors.isEmpty)
    silent.linkLayerAddress = MACAddress("02:00:00:00:00:09")
    #expect(!Surroundings([], [silent], around: [Self.eth0]).neighbors.isEmpty)
    silent.isUnanswered = true
    #expect(Surroundings([], [silent], around: [Self.eth0]).neighbors.isEmpty)
    #expect(Surroundings([], [silent], around: [Self.zt0]).neighbors.isEmpty)
  }
}
