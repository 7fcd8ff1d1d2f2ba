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
          let reached = try await reach(targets, from: network.router)
          #expect(reached == targets.count, "\(daemon.process.lines)")
        }
        let counters = try await network.gateway.counters(of: daemon)
        // There were more questions than may be followed.
        #expect(counters.total.ignored["solicitationLimit"] > 100)
        #expect(counters.overrun == 0)
        #expect(daemon.process.status == nil)
      }
    }

    /// Sends a packet to each target, and says how many reply; asks for a known member meanwhile.
    private func reach(_ targets: [IPv6Address], from router: Node) async throws -> Int {
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for (number, target) in targets.enumerated() {
          let source = number % 2 == 0 ? FoundingNetwork.routerAddress(0) : Self.distant
          // The kernel asks up to three times.
          let command = [
            "ping", "-6", "-n", "-c", "1", "-W", "5", "-I", "\(source)", "\(target)",
          ]
          group.addTask {
            try await Task.sleep(for: .milliseconds(250) * (number / 2))
            return try await router.result(of: command).status == .exited(0)
          }
        }
        try await askForKnown(on: router)
        var count = 0
        while let isReached = try await group.next() { if isReached { count += 1 } }
        return count
      }
    }

    /// Asks for a member that is known all the time, and looks that each question is answered.
    private func askForKnown(on node: Node) async throws {
      let known = FoundingNetwork.memberAddress(0)
      let router = try await Questioner(node)
      var answers = 0
      let questions = 40
      for _ in 0..<questions {
        router.ask(for: known)
        try await Task.sleep(for: .milliseconds(100))
        answers += try router.messages(about: known).count(where: \.isAnswer)
      }
      let end = ContinuousClock.now + .seconds(1)
      while answers < questions, ContinuousClock.now < end {
        try await Task.sleep(for: .milliseconds(20))
        answers += try router.messages(about: known).count(where: \.isAnswer)
      }
      #expect(answers >= questions)
    }
  }
}
