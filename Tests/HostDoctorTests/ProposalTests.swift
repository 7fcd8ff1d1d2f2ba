import LinuxNet
import LinuxSurvey
import NDPWire
import ProxyConfig
import ProxyModel
import Testing

@testable import HostDoctor

/// What `ndpctl init` writes, on pictures made by hand.
struct ProposalTests {
  private func proposal(_ gateway: Gateway, upstream: String = "eth0") throws -> Proposal {
    try #require(Proposal(upstream: upstream, picture: gateway.picture))
  }

  /// What the parser makes of it; everything has to be in order.
  private func rules(_ proposal: Proposal) throws -> [Ruleset.Rule] {
    let result = ConfigurationParser.parse(Array(proposal.text.utf8), fileName: "proposed")
    #expect(result.diagnostics == [], "\(proposal.text)")
    return try #require(result.configuration).proxies.flatMap(\.rules)
  }

  @Test func `a route inward makes a rule`() throws {
    let proposal = try proposal(Gateway())
    #expect(try rules(proposal) == [.init(prefix: Gateway.prefix, method: .auto)])
    let routed = "# Routed to zt0, a ZeroTier network: members are solicited there."
    #expect(proposal.text.contains(routed))
    #expect(proposal.text.contains("# On the link of eth0: 2001:db8:1::/64."))
  }

  @Test func `each interface gets the widest of its routes, and a tunnel is no neighbor`() throws {
    var gateway = Gateway()
    gateway.picture.links.append(
      DetailedLink(link: link(4, "wg0", hasNeighborDiscovery: false), kind: "wireguard"))
    let wide = IPv6Prefix("2001:db8:1:0:aa::/80")!
    gateway.picture.routes += [
      RouteEntry(destination: IPv6Prefix("2001:db8:1:0:aa::1/128")!, interface: 4),
      RouteEntry(destination: wide, interface: 4),
      RouteEntry(destination: IPv6Prefix("2001:db8:9::/64")!, interface: 4),
      RouteEntry(destination: Gateway.onLink, interface: 4),
      RouteEntry(destination: IPv6Prefix("2001:db8:1:0:bb::/80")!, type: .unreachable),
    ]
    let proposal = try proposal(gateway)
    #expect(Set(try rules(proposal).map(\.prefix)) == [Gateway.prefix, wide])
    #expect(proposal.text.contains("# Routed to wg0, WireGuard: the route is enough."))
  }

  @Test func `where nothing leads inward, nothing is proposed, and it says what is missing`() throws
  {
    var gateway = Gateway()
    gateway.picture.routes.remove(at: 1)
    let proposal = try proposal(gateway)
    #expect(proposal.ruleCount == 0)
    #expect(proposal.text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
    #expect(proposal.text.contains("ip -6 route add 2001:db8:1:0:ff::/80 dev zt0"))
  }

  @Test func `an interface that is not there has no proposal`() {
    #expect(Proposal(upstream: "eth9", picture: Gateway().picture) == nil)
  }

  @Test func `the question is about what is on the link`() {
    let question = Proposal.question(upstream: "eth0", on: Gateway().picture)
    #expect(question.proxies.map(\.interface) == ["eth0"])
    #expect(question.proxies.flatMap(\.rules).map(\.prefix) == [Gateway.onLink])
  }
}
