import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// A configuration that calls interfaces by their alternative names (ip-link(8), `property`).
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct AlternativeNameTests {
  private let member = FoundingNetwork.memberAddress(0)
  private static let settings = """
    proxy enp3s0 {
      deadtime 500
      rule \(FoundingNetwork.insidePrefix) {
        iface guests
      }
    }
    """
  private static let additions = [
    "link property add dev eth0 altname enp3s0", "link property add dev zt0 altname guests",
  ]
  private static let removals = [
    "link property del dev eth0 altname enp3s0", "link property del dev zt0 altname guests",
  ]

  @Test func `rules go by names that are there from the start`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.batch(Self.additions)
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.settings) { daemon in
      try await expectAnswer(true, to: Questioner(network.router))
    }
  }

  @Test func `rules wait for the names, and go with them`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(
      ndpproxy, configuration: Self.settings, readyAt: "ready:"
    ) { daemon in
      try await follow(network, daemon.process)
    }
  }

  /// Gives the names twice and takes them away between.
  private func follow(_ network: FoundingNetwork, _ process: RunningProcess) async throws {
    let router = try await Questioner(network.router)
    try await expectAnswer(false, to: router)
    try await network.gateway.batch(Self.additions)
    try await expectAnswer(true, to: router)
    // It said the same when it started.
    let known = process.lines.count
    try await network.gateway.batch(Self.removals)
    let line = try await process.line(
      containing: "enp3s0: no such interface; its rules wait", after: known)
    #expect(line != nil, "\(process.lines)")
    try await expectAnswer(false, to: router)
    try await network.gateway.batch(Self.additions)
    try await expectAnswer(true, to: router)
    #expect(process.status == nil)
  }

  private func expectAnswer(_ isExpected: Bool, to router: Questioner) async throws {
    if isExpected {
      #expect(try await router.isAnswered(member))
    } else {
      // From another address, so that a late answer to an earlier question does not count.
      let answer = try await router.answer(
        about: member, from: FoundingNetwork.routerAddress(1), within: .milliseconds(500))
      #expect(answer == nil)
    }
  }

  @Test func `of two proxies for one interface the second is told`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.batch(Self.additions)
    let text =
      configuration("iface zt0") + "\n" + """
        proxy enp3s0 {
          rule 2001:db8:1:0:fd::/80 {
            static
          }
        }
        """
    try await gateway.withDaemon(ndpproxy, configuration: text, readyAt: "ready:") { daemon in
      let line = try await daemon.process.line(containing: "enp3s0: ")
      #expect(
        line?.contains("the proxy 'eth0' is for the same interface") == true,
        "\(daemon.process.lines)")
      let router = try await Questioner(network.router)
      let isAnswered = try await router.isAnswered(member)
      #expect(isAnswered)
      #expect(daemon.process.status == nil)
    }
  }
}
