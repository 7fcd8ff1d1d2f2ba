import ControlProtocol
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

extension TimedTests {
  /// How many questions a whole link has to hear, whatever is asked and answered.
  @Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
  struct HearsayFloodTests {
    private static let limit = 80
    private static let targetCount = 300

    private static func settings(_ method: String) -> String {
      """
      max-solicitations \(limit)
      proxy eth0 {
        ttl 3000
        rule \(FoundingNetwork.insidePrefix) {
          \(method)
        }
      }
      """
    }

    @Test(arguments: ["iface zt0", "auto"], [false, true])
    func `multicast questions stay below their limit`(
      method: String, isOverride: Bool
    ) async throws {
      let network = try await FoundingNetwork(routers: 2, members: 2)
      try await network.stopLearning(from: 1)
      let answerer = Answerer(
        node: network.member, prefix: FoundingNetwork.insidePrefix,
        stations: [FoundingNetwork.memberLinkLayerAddress(0)], isOverride: isOverride)
      let flood = Flood(
        node: network.routers[1], identity: .strangers(64),
        targets: (0..<Self.targetCount).map { FoundingNetwork.furtherAddress($0) }, perSecond: 700)
      try await network.gateway.withDaemon(
        ndpproxy, configuration: Self.settings(method)
      ) { daemon in
        let instants = try await during({ try await answerer.run($0) }) {
          try await during({ try await flood.run($0) }) {
            var wire = try network.members[1].capture(
              on: "zt0", filter: "icmp6 and ip6[40] == 135 and ether multicast")
            var instants: [Duration] = []
            let end = ContinuousClock.now + .seconds(8)
            while ContinuousClock.now < end {
              while let frame = try wire.next() { instants.append(frame.timestamp) }
              try await Task.sleep(for: .milliseconds(20))
            }
            return instants
          }
        }
        let counters = try await network.gateway.counters(of: daemon)
        // Else there was nothing to limit.
        #expect(counters.total.answered > UInt64(Self.targetCount))
        #expect(instants.count > Self.limit)
        // A daemon that is kept waiting may send two seconds' first questions in one.
        #expect(most(instants, within: .seconds(1)) <= Self.limit * 3 / 2)
        #expect(most(instants, within: .seconds(5)) <= Self.limit * 5 + Self.limit / 4)
        #expect(daemon.process.status == nil)
      }
    }

    /// How many of these are in one span of this length at the most.
    private func most(_ instants: [Duration], within span: Duration) -> Int {
      var start = 0
      var most = 0
      for (end, instant) in instants.enumerated() {
        while instants[start] <= instant - span { start += 1 }
        most = max(most, end - start + 1)
      }
      return most
    }
  }
}
