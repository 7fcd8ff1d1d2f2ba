import LinuxNet
import NDPWire
import NetworkLab
import Testing

/// What ndpctl shows of a running daemon.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(2)))
struct StatusTests {
  private let member = FoundingNetwork.memberAddress(0)

  @Test func `status says what is answered where, and what of`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      _ = try await network.router.ping(member)
      let result = try await network.gateway.ndpctl(of: daemon)
      let lines = result.standardOutput.split(separator: "\n").map(String.init)
      #expect(result.status == .exited(0), "\(result.standardError)")
      #expect(lines.first?.hasPrefix("answering on eth0 since 20") == true, "\(lines)")
      #expect(lines.first?.contains(", 1 rule, 1 target reachable") == true, "\(lines)")
      #expect(lines.contains("eth0: answering"))
      #expect(lines.contains("zt0: asking"))
      #expect(lines.contains { $0.contains("2001:db8:1:0:ff::/80  iface zt0") })
    }
  }
}
