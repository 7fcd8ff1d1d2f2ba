import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What is read beside routes and nf_tables, on a real kernel.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct UnreadTests {
  private func node(_ script: String) async throws -> Node {
    let node = Node(name: "host", namespace: try NetworkNamespace())
    try await node.run("sh", "-ec", "PATH=$PATH:/usr/sbin:/sbin\n\(script)")
    return node
  }

  @Test func `IPsec policies are read in the order in which they are tried`() async throws {
    let tunnel = "tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel"
    let node = try await node(
      """
      p() { ip xfrm policy add "$@"; }
      p src ::/0 dst 2001:db8:1::/64 dir out priority 20 \(tunnel)
      p src 2001:db8:9::/48 dst 2001:db8:2::/64 dir out priority 10 action block
      p src ::/0 dst 2001:db8:3::/64 dir out priority 30
      p src ::/0 dst 2001:db8:4::/64 dir in \(tunnel)
      p src ::/0 dst 2001:db8:5::/64 proto tcp dport 80 dir out action block
      p src ::/0 dst 2001:db8:6::/64 dir out if_id 7 \(tunnel)
      p src ::/0 dst 2001:db8:7::/64 dir out mark 1 mask 1 \(tunnel)
      p src 0.0.0.0/0 dst 192.0.2.0/24 dir out action block
      """)
    let policies = try node.namespace.run { try TransformPolicy.readAll() }
    let all = IPv6Prefix("::/0")!
    #expect(
      policies == [
        TransformPolicy(
          source: IPv6Prefix("2001:db8:9::/48")!, destination: IPv6Prefix("2001:db8:2::/64")!,
          verdict: .block),
        TransformPolicy(source: all, destination: IPv6Prefix("2001:db8:1::/64")!),
        TransformPolicy(
          source: all, destination: IPv6Prefix("2001:db8:3::/64")!, verdict: .pass),
      ])
  }

  @Test func `filters of tc are named where there are any`() async throws {
    let node = try await node(
      """
      for n in 1 2 3; do ip link add ea$n type veth peer name eb$n; done
      tc qdisc add dev ea1 clsact; tc qdisc add dev ea2 ingress
      """)
    let first = try await node.interfaceIndex("ea1")
    let others = [
      first, try await node.interfaceIndex("ea2"), try await node.interfaceIndex("ea3"),
    ]
    let read = { try node.namespace.run { try TrafficFilter.readAll(at: Set(others)) } }
    #expect(try read() == [])
    // Some kernels do not have this kind of filter.
    let added = try await node.result(of: [
      "tc", "filter", "add", "dev", "ea1", "egress", "protocol", "ipv6", "prio", "1", "u32",
      "match", "u32", "0", "0", "flowid", "1:1",
    ])
    guard added.status == .exited(0) else { return }
    #expect(try read() == [TrafficFilter(interface: first, kind: .egress)])
  }
}
