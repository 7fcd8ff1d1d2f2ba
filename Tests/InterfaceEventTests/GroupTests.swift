import Conformance
import InterfaceEvents
import LinuxSurvey
import NetworkLab
import Testing

/// The groups of narrow rules are joined again whatever happened to their interface.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct GroupTests {
  static let rows: [(name: String, command: [String], remedy: [String])] = [
    ("down", ["ip", "link", "set", "eth0", "down"], ["ip", "link", "set", "eth0", "up"]),
    (
      "too small for IPv6", ["ip", "link", "set", "eth0", "mtu", "1000"],
      ["ip", "link", "set", "eth0", "mtu", "1500"]
    ),
    (
      "without IPv6", ["sysctl", "-w", "net.ipv6.conf.eth0.disable_ipv6=1"],
      ["sysctl", "-w", "net.ipv6.conf.eth0.disable_ipv6=0"]
    ),
    ("without addresses", ["ip", "-6", "address", "flush", "dev", "eth0"], ["true"]),
    ("deleted", ["ip", "link", "delete", "eth0"], []),
  ]

  private static let configuration = """
    proxy eth0 {
      rule 2001:db8:1:0:fd::7/128 {
        static
      }
    }
    """

  private func hasJoined(on node: Node) async throws -> Bool {
    let groups = try await node.run("ip", "-6", "maddress", "show", "dev", "eth0")
    return groups.contains("ff02::1:ff00:7")
  }

  @Test(arguments: rows)
  func `groups are joined again`(
    name: String, command: [String], remedy: [String]
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.withDaemon(
      try Program.ndpproxy.path, configuration: Self.configuration
    ) { daemon in
      #expect(try await hasJoined(on: gateway))
      _ = try await gateway.result(of: command)
      try await Task.sleep(for: .milliseconds(200))
      if remedy.isEmpty {
        try await network.plug(.outer)
      } else {
        _ = try await gateway.result(of: remedy)
      }
      let isSo: Bool? = try await poll(within: .seconds(10)) {
        try await hasJoined(on: gateway) ? true : nil
      }
      #expect(isSo == true, "\(name): \(daemon.process.lines)")
      #expect(daemon.process.status == nil)
    }
  }
}
