import ControlProtocol
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Link-local and link-layer addresses are unique on a link, not in a host.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct SharedAddressTests {
  /// A gateway with some addresses in more than one place.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    var method = "iface zt0"
    /// For `ip -batch` on the gateway, which has `docker0` and `docker1` besides.
    let lines: [String]

    var testDescription: String { name }
  }

  private static let router = FoundingNetwork.routerLinkLayerAddress(0)
  private static let routerLinkLocal = IPv6Address("fe80::1")!
  private static let bridge = [
    "link add lan address 02:00:00:00:00:ed type bridge", "link set lan up",
    "address delete \(FoundingNetwork.insideGatewayAddress)/80 dev zt0",
    "link set zt0 master lan", "link set docker1 master lan",
    "address add \(FoundingNetwork.insideGatewayAddress)/80 dev lan nodad",
  ]

  static let rows = [
    Row(
      name: "the router's link-local address on one other",
      lines: ["address add fe80::1/64 dev docker0 nodad"]),
    Row(
      name: "the router's link-local address on three others", method: "auto",
      lines: ["docker0", "docker1", "zt0"].map { "address add fe80::1/64 dev \($0) nodad" }),
    Row(
      name: "the router's link-layer address on one other",
      lines: ["link set docker0 address \(router)"]),
    Row(
      name: "the router's link-layer address on two others", method: "auto",
      lines: ["docker0", "docker1"].map { "link set \($0) address \(router)" }),
    Row(
      name: "both, each on another",
      lines: [
        "address add fe80::1/64 dev docker0 nodad", "link set docker1 address \(router)",
        "address add fe80::1/64 dev zt0 nodad",
      ]),
    Row(
      name: "a member's link-layer address on another",
      lines: ["link set docker0 address \(FoundingNetwork.memberLinkLayerAddress(0))"]),
    Row(
      name: "a bridge with the link-local address, and a port with the link-layer address",
      method: "iface lan",
      lines: bridge + [
        "address add fe80::1/64 dev lan nodad", "link set docker1 address \(router)",
      ]),
    Row(
      name: "the same by route", method: "auto",
      lines: bridge + [
        "address add fe80::1/64 dev lan nodad", "link set docker1 address \(router)",
      ]),
  ]

  @Test(arguments: rows)
  func `a router is answered whose addresses this host has on other links`(row: Row) async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    var others: [Node] = []
    for index in 0..<2 {
      others.append(try await network.addLink("docker\(index)", index, to: "peer"))
    }
    try await gateway.batch(row.lines)
    try await gateway.withDaemon(ndpproxy, configuration: configuration(row.method)) { daemon in
      let router = try await Questioner(network.router)
      // First unknown, then known; a bridge may take a second to let frames pass.
      for _ in 0..<2 {
        let exchange = try await router.answer(
          about: FoundingNetwork.memberAddress(0), from: Self.routerLinkLocal,
          within: .seconds(3))
        let source = exchange?.advertisement.source
        #expect(source == FoundingNetwork.gatewayLinkLayerAddress)
      }
      let counters = try await gateway.counters(of: daemon)
      #expect(counters.total.ignored["ownFrame"] == 0)
    }
    withExtendedLifetime(others) {}
  }

  @Test func `our own questions are recognized where they come back in`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    // Both interfaces of the gateway are on one segment.
    try await gateway.batch(
      "link add eth1 address \(FoundingNetwork.furtherLinkLayerAddress(1)) type veth"
        + " peer name port9 netns \(network.upstreamSegment.namespacePath)",
      "link set eth1 up")
    try await network.upstreamSegment.batch("link set port9 master br0", "link set port9 up")
    let configuration = configuration("iface eth1")
    try await gateway.withDaemon(ndpproxy, configuration: configuration) { daemon in
      let router = try await Questioner(network.router)
      let target = FoundingNetwork.memberAddress(5)
      for _ in 0..<12 {
        router.ask(for: target)
        try await Task.sleep(for: .milliseconds(250))
      }
      let seen = try router.messages(about: target)
      let counters = try await gateway.counters(of: daemon)
      #expect(1...6 ~= counters.total.asked, "\(daemon.process.lines)")
      #expect(counters.total.ignored["ownFrame"] >= 1)
      #expect(counters.total.answered == 0)
      // The router's own questions are among them.
      #expect(seen.count == 12 + Int(counters.total.asked), "\(seen)")
    }
  }
}
