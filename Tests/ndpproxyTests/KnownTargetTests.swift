import ControlProtocol
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What a daemon asks a real kernel that it knows already.
///
/// Linux answers a unicast solicitation with the Override flag clear and without its link-layer
/// address, which is a full confirmation (RFC 4861 §7.2.4).
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct KnownTargetTests {
  private let member = FoundingNetwork.memberAddress(0)

  private static let settings = """
    proxy eth0 {
      ttl 2000
      rule \(FoundingNetwork.insidePrefix) {
        iface zt0
      }
    }
    """
  private static let questionCount = 25

  /// Asks every 250 ms for three times the `ttl`.
  private func askForLong(_ router: Questioner) async throws {
    for _ in 0..<Self.questionCount {
      router.ask(for: member)
      try await Task.sleep(for: .milliseconds(250))
    }
  }

  @Test func `a live target is asked once in each ttl, by unicast`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.withDaemon(ndpproxy, configuration: Self.settings) { daemon in
      let router = try await Questioner(network.router)
      var wire = try network.member.capture(
        on: "zt0",
        filter: "icmp6 and ip6[40] == 135 and ether src \(Self.gateway)")
      let start = ContinuousClock.now
      try await askForLong(router)
      try await Task.sleep(for: .milliseconds(500))
      let elapsed = ContinuousClock.now - start
      let asked = try wire.messages(about: member)
      // Nobody forwards, so that the gateway's kernel has nothing to ask.
      let destinations = asked.map(\.destination)
      let group = MACAddress(multicast: member.solicitedNodeMulticast)
      #expect(destinations.first == group)
      let others = destinations.dropFirst()
      // Four, unless the machine is slow.
      let most = 1 + Int(elapsed / .milliseconds(1750))
      #expect(2...most ~= others.count, "\(destinations)")
      #expect(others.allSatisfy { $0 == FoundingNetwork.memberLinkLayerAddress(0) })
      // It is asked up to an eighth of `ttl` early.
      for (earlier, later) in zip(asked, asked.dropFirst()) {
        #expect(later.timestamp - earlier.timestamp > .milliseconds(1700))
      }
      let answers = try router.messages(about: member).filter(\.isAnswer)
      #expect(answers.count == Self.questionCount)
      let counters = try await gateway.counters(of: daemon)
      #expect(counters.total.ignored["advertisementNotAwaited"] == 0)
      #expect(counters.total.ignored["advertisementLinkLayerAddress"] == 0)
    }
  }

  @Test func `a target to which traffic is forwarded is asked once`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.withDaemon(ndpproxy, configuration: Self.settings) { daemon in
      let router = try await Questioner(network.router)
      let traffic = ["ping", "-6", "-n", "-i", "0.2", "\(member)"]
      try await network.router.withProcess(traffic) { ping in
        let first = try await ping.line(containing: " bytes from ")
        #expect(first != nil)
        try await askForLong(router)
        let counters = try await gateway.counters(of: daemon)
        #expect(counters.total.asked == 1)
        // On eth0 the router answers the gateway's kernel, which nobody here waits for.
        let inside = try #require(counters.interfaces.first { $0.name == "zt0" }).counters
        #expect(inside.advertisementsReceived > 0)
        #expect(inside.ignored["advertisementNotAwaited"] == 0)
        ping.send(.interrupt)
        _ = try await ping.exitStatus(within: .seconds(5))
        #expect(ping.lines.contains { $0.contains(" 0% packet loss") }, "\(ping.lines)")
      }
    }
  }

  @Test(arguments: ["iface zt0", "auto"])
  func `duplicates of a known target are told in time`(method: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration(method)) { _ in
      let router = try await Questioner(network.router)
      let isKnown = try await router.answer(about: member) != nil
      #expect(isKnown)
      let start = ContinuousClock.now
      for instant in [Duration.zero, .milliseconds(1500), .seconds(3)] {
        try await Task.sleep(until: start + instant)
        let exchange = try await router.answer(about: member, from: .unspecified)
        let answer = try #require(exchange, "after \(instant)")
        #expect(answer.latency <= .milliseconds(700), "after \(instant)")
        #expect(answer.advertisement.destination == .allNodes)
        #expect(answer.advertisement.message.destination == .allNodes)
        #expect(!answer.advertisement.message.isSolicited)
      }
    }
  }

  private static let gateway = FoundingNetwork.insideGatewayLinkLayerAddress
}
