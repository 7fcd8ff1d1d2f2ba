import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Targets that are known after a restart.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct KeptTargetsTests {
  private let target = FoundingNetwork.memberAddress(7)

  private func settings(_ file: TemporaryFile) -> String {
    """
    keep-targets \(file.path)
    proxy eth0 {
      require address fe80::5:1
      rule \(FoundingNetwork.insidePrefix) {
        static
      }
    }
    """
  }

  /// How many advertisements there are when a daemon takes over that was started with this file.
  private func announcements(
    in network: FoundingNetwork, keeping file: TemporaryFile
  ) async throws -> Int {
    let router = try await Questioner(network.router)
    let configuration = settings(file)
    return try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration, arguments: ["-u", "root"]
    ) { daemon in
      try await network.gateway.run("ip", "address", "add", "fe80::5:1/64", "dev", "eth0", "nodad")
      #expect(try await daemon.process.line(containing: "is met") != nil)
      try await Task.sleep(for: .milliseconds(500))
      try await network.gateway.run("ip", "address", "del", "fe80::5:1/64", "dev", "eth0")
      return try router.messages(about: target).count
    }
  }

  @Test func `a daemon that was restarted announces what it had heard before`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: "")
    let configuration = settings(file)
    try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration, arguments: ["-u", "root"]
    ) { daemon in
      #expect(daemon.process.lines.contains { $0.contains("is damaged, and is ignored") })
      let router = try await Questioner(network.router)
      #expect(try await router.answer(about: target, within: .milliseconds(300)) == nil)
    }
    #expect(try await announcements(in: network, keeping: file) > 0)
    let text = try await network.gateway.run("cat", file.path)
    #expect(text.hasPrefix("ndpproxy-targets 1\neth0 \(target) "), "\(text)")
  }

  @Test func `a file that is damaged is ignored`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: "ndpproxy-targets 1\neth0 \(target)\nend 2\n")
    #expect(try await announcements(in: network, keeping: file) == 0)
  }
}
