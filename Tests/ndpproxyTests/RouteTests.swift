import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// An `auto` rule answers for what the kernel forwards from the proxy interface, and for no more.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct RouteTests {
  /// A routing table of the gateway.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    /// For `ip -6 -batch` on the gateway.
    let lines: [String]
    var target = FoundingNetwork.memberAddress(0)
    var isAnswered = true

    var testDescription: String { name }
  }

  private static let inside = FoundingNetwork.insidePrefix
  /// Behind the members, on each of them.
  private static let behind = IPv6Address("2001:db8:1:0:ff:5:0:1")!
  private static let route = "route add 2001:db8:1:0:ff:5::/96"
  private static let first = "via \(FoundingNetwork.memberAddress(0)) dev zt0"
  private static let second = "via \(FoundingNetwork.memberAddress(1)) dev zt0"

  static let rows = [
    Row(
      name: "a table for what comes in leads to it, and main does not",
      lines: [
        "route delete \(inside) dev zt0", "route add unreachable \(inside)",
        "route add \(inside) dev zt0 table 77", "rule add iif eth0 lookup 77",
      ]),
    Row(
      name: "main leads to it, and the table for what comes in does not",
      lines: ["route add unreachable \(inside) table 77", "rule add iif eth0 lookup 77"],
      isAnswered: false),
    Row(
      name: "a table for what comes in elsewhere does not lead to it",
      lines: ["route add unreachable \(inside) table 77", "rule add iif zt0 lookup 77"]),
    Row(
      name: "the subnet-router anycast address of the inner link", lines: [],
      target: inside.address),
    Row(
      name: "a route by a next-hop object",
      lines: ["nexthop add id 7 \(first)", "\(route) nhid 7"], target: behind),
    Row(
      name: "a route with two gateways", lines: ["\(route) nexthop \(first) nexthop \(second)"],
      target: behind),
    Row(
      name: "a next-hop object that drops it",
      lines: ["nexthop add id 7 blackhole", "\(route) nhid 7"], target: behind,
      isAnswered: false),
  ]

  @Test(arguments: rows)
  func `what is forwarded is answered for`(row: Row) async throws {
    let network = try await FoundingNetwork()
    for member in network.members { try await member.batch("address add \(Self.behind) dev lo") }
    try await network.gateway.batch(row.lines)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("auto")) { daemon in
      let report = try await network.router.ping(row.target, count: 3)
      let entry = try await network.router.neighbor(row.target)
      let expected = row.isAnswered ? FoundingNetwork.gatewayLinkLayerAddress : nil
      #expect(entry?.linkLayerAddress == expected, "\(daemon.process.lines)")
      // That is what the kernel does with it.
      #expect((report.received > 0) == row.isAnswered, "\(report.lines)")
    }
  }
}
