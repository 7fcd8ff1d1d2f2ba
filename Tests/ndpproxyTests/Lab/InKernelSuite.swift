import NDPWire
import NetworkLab
import Testing

/// What suites about the kernel path have in common.
protocol InKernelSuite {}

extension InKernelSuite {
  var member: IPv6Address { FoundingNetwork.memberAddress(0) }
  static var staticTarget: IPv6Address { IPv6Address("2001:db8:1:0:fd::7")! }

  static func settings(_ mode: String = "yes", ttl: Int = 30_000) -> String {
    """
    kernel-path \(mode)
    proxy eth0 {
      ttl \(ttl)
      rule \(FoundingNetwork.insidePrefix) {
        iface zt0
      }
      rule 2001:db8:1:0:fd::/112 {
        static
      }
    }
    """
  }

  func withDaemon(
    _ settings: String = settings(),
    _ body: (FoundingNetwork, Daemon, Questioner) async throws -> Void
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: settings) { daemon in
      try await body(network, daemon, try await Questioner(network.router))
    }
  }
}
