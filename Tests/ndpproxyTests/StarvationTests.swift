import ControlProtocol
import LinuxNet
import NDPWire
import NetworkLab
import Testing

extension TimedTests {
  /// A flood of questions for what nobody has, and a router that asks for members.
  @Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
  struct StarvationTests {
    /// More than twice as many as are followed, and what an unoptimized daemon can take.
    private static let perSecond = 1000
    /// An address of the router's that is not on the link, so that it asks from its link-local one.
    private static let distant = IPv6Address("2001:db8:ffff::1")!
    private static let count = 12

    static let identities: [Flood.Identity] = [
      .strangers(1), .strangers(64), .strangers(1_000), .strangers(10_000), .station, .router,
    ]

    @Test(arguments: identities, ["iface zt0", "auto"])
    func `a router that asks three times reaches members it never asked for`(
      identity: Flood.Identity, method: String
    ) async throws {
      let network = try await FoundingNetwork(routers: 2, members: 1)
      try await network.stopLearning(from: 1)
      let targets = (0..<2 * Self.count).map { FoundingNetwork.furtherAddress($0) }
      try await network.member.batch(targets.map { "address add \($0)/80 dev zt0 nodad" })
      try await network.router.batch("address add \(Self.distant)/128 dev lo")
      let known = FoundingNetwork.memberAddress(0)
      try await network.gateway.withDaemon(
        ndpproxy, configuration: configuration(method)
      ) { daemon in
        // The gateway's kernel has confirmed the router, as it has wherever there is traffic.
        let report = try await network.router.ping(known, count: 2)
        #expect(report.received > 0)
        let flood = Flood(
          node: network.routers[1], identity: identity, perSecond: Self.perSecond)
        try await during({ try await flood.run($0) }) {
          try await Task.sleep(for: .seconds(1))
          let unreached = try await withThrowingTaskGroup(of: IPv6Address?.self) { group in
            for (number, target) in targets.enumerated() {
              let source = number % 2 == 0 ? FoundingNetwork.routerAddress(0) : Self.distant
              group.addTask {
                try await Task.sleep(for: .milliseconds(250) * (number / 2))
                return try await ping(target, from: source, on: network.router) ? nil : target
              }
            }
            try await askForKnown(known, on: network.router)
            return try await group.reduce(into: []) { $0 += [$1].compactMap { $0 } }
          }
          #expect(unreached.isEmpty, "\(daemon.process.lines)")
        }
        let counters = try await network.gateway.counters(of: daemon)
        // There were more questions than may be followed.
        #expect(counters.total.ignored["solicitationLimit"] > 100)
        #expect(counters.overrun == 0)
        #expect(daemon.process.status == nil)
      }
    }

    /// Sends one packet, for which the kernel asks up to three times.
    private func ping(
      _ target: IPv6Address, from source: IPv6Address, on router: Node
    ) async throws -> Bool {
      let result = try await router.result(of: [
        "ping", "-6", "-n", "-c", "1", "-W", "5", "-I", "\(source)", "\(target)",
      ])
      return result.status == .exited(0)
    }

    /// Asks for a member that is known all the time, and looks that each question is answered.
    private func askForKnown(_ known: IPv6Address, on node: Node) async throws {
      let router = try await Questioner(node)
      var answers = 0
      let questions = 40
      for _ in 0..<questions {
        router.ask(for: known)
        try await Task.sleep(for: .milliseconds(100))
        answers += try router.messages(about: known).count(where: \.isAnswer)
      }
      _ = try await poll(within: .seconds(1)) {
        answers += try router.messages(about: known).count(where: \.isAnswer)
        return answers >= questions ? true : nil
      }
      #expect(answers >= questions)
    }
  }
}
