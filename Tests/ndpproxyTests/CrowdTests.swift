import ControlProtocol
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

extension TimedTests {
  /// Very many addresses or askers from one who means no good.
  @Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
  struct CrowdTests {
    // MARK: - Targets

    /// What one member is, and what the kernel is told of it.
    struct Greed: Sendable, CustomTestStringConvertible {
      let isAutowired: Bool
      /// How many link-layer addresses it has.
      let stationCount: Int

      var testDescription: String {
        "\(stationCount) stations, autowire \(isAutowired ? "yes" : "no")"
      }

      static let all = [true, false].flatMap { isAutowired in
        [1, 64].map { Greed(isAutowired: isAutowired, stationCount: $0) }
      }

      var stations: [MACAddress] {
        (0..<stationCount).map { MACAddress(bits: 0x02ee_0000_0000 + UInt64($0)) }
      }
    }

    private static let sessionLimit = 512
    /// Of one neighbor: the eighth part of all sessions.
    private static let routeLimit = sessionLimit / 8
    private static let greedy = IPv6Prefix("2001:db8:1:0:ee::/80")!
    private static let addressCount = 3000

    @Test(arguments: Greed.all)
    func `a member that is everybody takes nothing from others`(greed: Greed) async throws {
      let network = try await FoundingNetwork(routers: 2, members: 2)
      try await network.stopLearning(from: 1)
      let gateway = network.gateway
      let member = FoundingNetwork.memberAddress(0)
      let idler = FoundingNetwork.furtherAddress(0)
      let newcomer = FoundingNetwork.furtherAddress(1)
      try await network.member.batch(
        [idler, newcomer].map { "address add \($0)/80 dev zt0 nodad" })
      let settings = """
        max-sessions \(Self.sessionLimit)
        max-solicitations 1000
        proxy eth0 {
          autowire \(greed.isAutowired ? "yes" : "no")
          rule \(FoundingNetwork.insidePrefix) {
            iface zt0
          }
          rule \(Self.greedy) {
            iface zt0
          }
        }
        """
      let answerer = Answerer(
        node: network.members[1], prefix: Self.greedy, stations: greed.stations)
      let scan = Flood(
        node: network.routers[1], identity: .strangers(1000),
        targets: (0..<Self.addressCount).map {
          FoundingNetwork.furtherAddress($0, of: Self.greedy)
        }, perSecond: 400)
      // The way to the greedy one, so that its addresses are not looked for upstream.
      try await gateway.batch("route add \(Self.greedy) dev zt0")
      try await gateway.withDaemon(ndpproxy, configuration: settings, readyAt: "ready: ") {
        daemon in
        for target in [member, idler] {
          let report = try await network.router.ping(target, count: 2)
          #expect(report.received > 0)
        }
        let traffic = ["ping", "-6", "-n", "-i", "0.2", "\(member)"]
        try await network.router.withProcess(traffic) { ping in
          try await during({ try await answerer.run($0) }) {
            try await during({ try await scan.run($0) }) {
              for _ in 0..<9 {
                try await Task.sleep(for: .seconds(1))
                if greed.isAutowired { try await checkRoutes(of: gateway, greed, member) }
              }
              // The router has to ask anew while the scan goes on.
              try await network.router.run("ip", "-6", "neighbor", "flush", "dev", "up0")
              for target in [idler, newcomer] {
                let report = try await network.router.ping(target, within: .seconds(5))
                #expect(report.received == 1, "\(report.lines) \(daemon.process.lines)")
              }
            }
          }
          let replies = ping.lines.filter { $0.contains(" bytes from ") }
          #expect(replies.last?.contains("icmp_seq=\(replies.count) ") == true, "\(replies)")
          #expect(replies.count > 30)
        }
        let counters = try await gateway.counters(of: daemon)
        // Else there was room for everybody.
        let refused = counters.sessionsEvicted + counters.total.ignored["sessionLimit"]
        #expect(refused > UInt64(Self.sessionLimit))
        #expect(daemon.process.status == nil)
      }
    }

    private func checkRoutes(
      of gateway: Node, _ greed: Greed, _ member: IPv6Address
    ) async throws {
      let routes = try await gateway.run("ip", "-6", "route", "show", "proto", "112")
      #expect(routes.contains("\(member) dev zt0"))
      let count = routes.split(separator: "\n").count { $0.contains(":ee:") }
      #expect(count <= min(Self.routeLimit * greed.stationCount, Self.sessionLimit))
    }

    // MARK: - Askers

    /// When forged stations ask for what the router asks for.
    enum Timing: CaseIterable, Sendable {
      /// As soon as they hear its question.
      case after
      /// All the time.
      case always
    }

    /// Who speaks for the target, when others ask, and from where the router does.
    struct Rush: Sendable, CustomTestStringConvertible {
      let isSecondHand: Bool
      let timing: Timing
      let isFromLinkLocal: Bool

      var testDescription: String {
        (isSecondHand ? "of a proxy's target" : "of a slow target")
          + ", \(timing), the router \(isFromLinkLocal ? "by its link-local address" : "is known")"
      }

      static let all = [false, true].flatMap { isSecondHand in
        Timing.allCases.flatMap { timing in
          [false, true].map {
            Rush(isSecondHand: isSecondHand, timing: timing, isFromLinkLocal: $0)
          }
        }
      }.filter { !$0.isBeyondUs }

      /// Where every question waits for a second, stations that ask all the time leave no place to
      /// one of which the kernel knows nothing; the manual says so.
      private var isBeyondUs: Bool { isSecondHand && timing == .always && isFromLinkLocal }
    }

    @Test(arguments: Rush.all)
    func `eight forged askers do not push the router out`(rush: Rush) async throws {
      let network = try await FoundingNetwork(routers: 2, members: 1)
      try await network.stopLearning(from: 1)
      let member = FoundingNetwork.memberAddress(0)
      let answerer = Answerer(
        node: network.member, prefix: Self.slow,
        stations: [FoundingNetwork.memberLinkLayerAddress(0)], isOverride: !rush.isSecondHand,
        delay: .milliseconds(60))
      let targets = (0..<3).map { FoundingNetwork.furtherAddress($0, of: Self.slow) }
      try await network.gateway.withDaemon(
        ndpproxy, configuration: configuration("iface zt0"), readyAt: "ready: "
      ) { daemon in
        let report = try await network.router.ping(member, count: 2)
        #expect(report.received > 0)
        let crowd = crowd(rush.timing, at: network.routers[1], targets)
        try await during({ try await answerer.run($0) }) {
          try await during(crowd) {
            let router = try await Questioner(network.router)
            let source =
              rush.isFromLinkLocal
              ? FoundingNetwork.routerLinkLayerAddress(0).linkLocal
              : FoundingNetwork.routerAddress(0)
            for target in targets {
              var exchange: Exchange?
              for _ in 0..<3 where exchange == nil {
                exchange = try await router.answer(about: target, from: source)
              }
              #expect(exchange != nil, "\(target)")
            }
          }
        }
        #expect(daemon.process.status == nil)
      }
    }

    private static let slow = IPv6Prefix("2001:db8:1:0:ff:aa::/96")!

    private func crowd(
      _ timing: Timing, at node: Node, _ targets: [IPv6Address]
    ) -> @Sendable (Gate) async throws -> Void {
      switch timing {
      case .always:
        // Each of them asks for each target 20 times a second.
        let questions = targets.flatMap { [IPv6Address](repeating: $0, count: 8) }
        let flood = Flood(
          node: node, identity: .strangers(8), targets: questions, perSecond: questions.count * 20)
        return { try await flood.run($0) }
      case .after: return { try await follow(from: node, $0) }
      }
    }

    /// Asks for whatever the router asks for, eight times.
    private func follow(from node: Node, _ gate: Gate) async throws {
      let sender = try await node.sender(on: "up0")
      let router = FoundingNetwork.routerLinkLayerAddress(0)
      var capture = try node.capture(
        on: "up0", filter: "icmp6 and ip6[40] == 135 and ether src \(router)")
      gate.open()
      while !Task.isCancelled {
        while let captured = try capture.next() {
          guard case .solicitation(let frame)? = try? captured.decoded() else { continue }
          for index in 0..<8 {
            let station = Flood.stranger(index)
            let question = EthernetFrame(
              source: station, destination: frame.destination,
              message: NeighborSolicitation(
                source: station.linkLocal, destination: frame.message.destination,
                target: frame.message.target, sourceLinkLayerAddress: station))
            sender.enqueue { question.encode(into: &$0) }
          }
          sender.flush()
        }
        try? await Task.sleep(for: .milliseconds(1))
      }
    }
  }
}
