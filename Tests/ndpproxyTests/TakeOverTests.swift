import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Two gateways of which one takes over, and what a router notices of it; `make two-gateways` has
/// the same with keepalived, and measures.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct TakeOverTests {
  private static let settings = """
    proxy eth0 {
      require address fe80::5:1
      rule \(FoundingNetwork.insidePrefix) {
        iface zt0
      }
    }
    """

  @Test func `after a take-over the router sends to the other gateway at once`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let second = try await network.addSecondGateway()
    try await network.makeMaster(network.gateway, address: "fe80::5:1")
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.settings) { _ in
      try await second.withDaemon(ndpproxy, configuration: Self.settings) { backup in
        try await ping(in: network, whileTakingOver: second, backup)
      }
    }
  }

  private func ping(
    in network: FoundingNetwork, whileTakingOver second: Node, _ backup: Daemon
  ) async throws {
    let command = ["ping", "-6", "-n", "-i", "0.05", "\(FoundingNetwork.memberAddress(0))"]
    try await network.router.withProcess(command) { ping in
      try await takeOver(in: network, by: second, backup, seenBy: ping)
    }
    #expect(try await second.counters(of: backup).total.announced ?? 0 > 0)
  }

  private func takeOver(
    in network: FoundingNetwork, by second: Node, _ backup: Daemon, seenBy ping: RunningProcess
  ) async throws {
    #expect(try await ping.line(containing: " bytes from ") != nil)
    try await Task.sleep(for: .milliseconds(500))
    // The backup has heard the question, has found the target, and has said nothing.
    let member = FoundingNetwork.memberAddress(0)
    #expect(try await second.session(of: member, in: backup)?.state == "reachable")
    #expect(try await second.counters(of: backup).total.answered == 0)
    try await network.unplugGateway()
    try await Task.sleep(for: .milliseconds(500))
    let before = ping.lines.count
    try await Task.sleep(for: .milliseconds(500))
    #expect(ping.lines.count == before, "nobody answers meanwhile")
    try await network.makeMaster(second, address: "fe80::5:1")
    try await Task.sleep(for: .seconds(1))
    // Without an announcement it takes until the router's neighbor cache gives up.
    #expect(ping.lines.count - before > 10, "\(ping.lines.suffix(5))")
  }

  @Test func `two masters notice each other, and both answer without the override flag`()
    async throws
  {
    let network = try await FoundingNetwork(members: 1)
    let second = try await network.addSecondGateway()
    let member = FoundingNetwork.memberAddress(0)
    try await network.makeMaster(network.gateway, address: "fe80::5:1")
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.settings) { first in
      try await second.withDaemon(ndpproxy, configuration: Self.settings) { other in
        let router = try await Questioner(network.router)
        #expect(try await router.isAnswered(member))
        #expect(try await network.gateway.status(of: first).otherGateway == nil)
        try await network.makeMaster(second, address: "fe80::5:1")
        let count: UInt64? = try await poll(within: .seconds(5)) {
          let count = try await network.gateway.counters(of: first).total.ignored["otherGateway"]
          return count > 0 ? count : nil
        }
        #expect(count != nil)
        #expect(try await network.gateway.status(of: first).otherGateway != nil)
        let reports = first.process.lines.filter { $0.contains("is another gateway active, too?") }
        #expect(reports.count == 1, "\(first.process.lines)")
        _ = try router.messages(about: member)
        router.ask(for: member)
        try await Task.sleep(for: .milliseconds(500))
        let answers = try router.messages(about: member).compactMap { message in
          if case .advertisement(let frame) = message.frame { frame } else { nil }
        }.filter { $0.message.isSolicited }
        #expect(Set(answers.map(\.source)).count == 2, "\(answers) \(other.process.lines)")
        #expect(answers.allSatisfy { !$0.message.isOverride })
      }
    }
  }
}
