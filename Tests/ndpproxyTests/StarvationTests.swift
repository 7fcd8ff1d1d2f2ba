import ControlProtocol
import LinuxSurvey
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

    /// A flood, and the rule that it is about.
    struct Row: Sendable, CustomTestStringConvertible {
      let identity: Flood.Identity
      let method: String
      /// Whether each question is put again after a second, as a router does.
      var isRepeated = false

      var testDescription: String {
        "\(identity.testDescription)\(isRepeated ? ", again and again" : ""), \(method)"
      }

      static let all =
        [
          Flood.Identity.strangers(1), .strangers(64), .strangers(1_000), .strangers(10_000),
          .station, .router,
        ].flatMap { identity in
          ["iface zt0", "auto"].map { Row(identity: identity, method: $0) }
        }
        + [.strangers(1_000), .station].map {
          Row(identity: $0, method: "iface zt0", isRepeated: true)
        }
    }

    @Test(arguments: Row.all)
    func `a router that asks three times reaches members it never asked for`(
      row: Row
    ) async throws {
      let network = try await FoundingNetwork(routers: 2, members: 1)
      try await network.stopLearning(from: 1)
      let targets = (0..<2 * Self.count).map { FoundingNetwork.furtherAddress($0) }
      try await network.member.batch(targets.map { "address add \($0)/80 dev zt0 nodad" })
      try await network.router.batch("address add \(Self.distant)/128 dev lo")
      let known = FoundingNetwork.memberAddress(0)
      try await network.gateway.withDaemon(
        ndpproxy, configuration: configuration(row.method)
      ) { daemon in
        // The gateway's kernel has confirmed the router, as it has wherever there is traffic.
        let report = try await network.router.ping(known, count: 2)
        #expect(report.received > 0)
        let flood = Flood(
          node: network.routers[1], identity: row.identity,
          targets: row.isRepeated
            ? (0..<Self.perSecond).map { FoundingNetwork.furtherAddress(0x1000 + $0) } : [],
          perSecond: Self.perSecond)
        try await during({ try await flood.run($0) }) {
          try await Task.sleep(for: .seconds(1))
          let (known, distant) = try await reach(targets, from: network.router)
          #expect(known == Self.count, "by an address that the kernel has confirmed")
          // Who repeats himself is all that an address says which the kernel does not know.
          if !row.isRepeated { #expect(distant == Self.count, "by its link-local address") }
        }
        let counters = try await network.gateway.counters(of: daemon)
        // There were more questions than may be followed.
        #expect(counters.total.ignored["solicitationLimit"] > 100)
        #expect(counters.overrun == 0)
        #expect(daemon.process.status == nil)
      }
    }

    /// Sends a packet to each target, from an address that the gateway's kernel knows and one that
    /// it does not in turn, and says how many reply; asks for a known member meanwhile.
    private func reach(
      _ targets: [IPv6Address], from router: Node
    ) async throws -> (known: Int, distant: Int) {
      // Positive where there was a reply; even where the kernel knows the address.
      try await withThrowingTaskGroup(of: Int.self) { group in
        for (number, target) in targets.enumerated() {
          let source = number % 2 == 0 ? FoundingNetwork.routerAddress(0) : Self.distant
          // The kernel asks up to three times.
          let command = [
            "ping", "-6", "-n", "-c", "1", "-W", "5", "-I", "\(source)", "\(target)",
          ]
          group.addTask {
            try await Task.sleep(for: .milliseconds(250) * (number / 2))
            return try await router.result(of: command).status == .exited(0) ? number + 2 : 0
          }
        }
        try await askForKnown(on: router)
        var reached = (known: 0, distant: 0)
        while let number = try await group.next() {
          if number == 0 { continue }
          if number % 2 == 0 { reached.known += 1 } else { reached.distant += 1 }
        }
        return reached
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
