import ControlProtocol
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Questions in the name of who is not on the link, with somebody's link-layer address.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ReflectionTests {
  private static let attacker = FoundingNetwork.routerLinkLayerAddress(1)
  private static let victim = IPv6Address("2001:db8:bad::1")!
  private static let limit = 1000

  /// What is asked for.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let method: String
    var target = FoundingNetwork.memberAddress(0)
    var isUnicast = false
    var isKnown = true
  }

  static let rows = [
    Row(testDescription: "a member that is known", method: "iface zt0"),
    Row(
      testDescription: "a member that is known, by unicast", method: "iface zt0", isUnicast: true),
    Row(testDescription: "a member that is not known", method: "iface zt0", isKnown: false),
    Row(testDescription: "a member by route", method: "auto"),
    Row(testDescription: "a member by route that is not known", method: "auto", isKnown: false),
    Row(testDescription: "a static target", method: "static"),
    Row(
      testDescription: "the gateway's other address", method: "auto",
      target: FoundingNetwork.insideGatewayAddress),
  ]

  @Test(arguments: rows)
  func `nothing goes to whom an asker from afar names`(row: Row) async throws {
    let network = try await FoundingNetwork(routers: 2, members: 1)
    try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration(row.method)
    ) { daemon in
      let router = try await Questioner(network.router)
      if row.isKnown {
        let isKnown = try await router.isAnswered(row.target)
        #expect(isKnown)
      }
      var wire = try network.upstreamSegment.capture(
        on: "port0",
        filter: "icmp6 and ip6[40] == 136 and ether src \(FoundingNetwork.gatewayLinkLayerAddress)")
      let sender = try await network.routers[1].sender(on: "up0")
      let question = question(row)
      for _ in 0..<100 {
        sender.enqueue { question.encode(into: &$0) }
        sender.flush()
        try await Task.sleep(for: .milliseconds(5))
      }
      try await Task.sleep(for: .milliseconds(500))
      let answers = try wire.messages(about: row.target).filter(\.isAnswer)
      let destinations = Set(answers.map(\.destination))
      // Some routers ask from such addresses, and are answered where their frames come from.
      #expect(destinations == [Self.attacker], "\(daemon.process.lines)")
      #expect(daemon.process.status == nil)
    }
  }

  private func question(_ row: Row) -> EthernetFrame<NeighborSolicitation> {
    let destination = row.isUnicast ? row.target : row.target.solicitedNodeMulticast
    return EthernetFrame(
      source: Self.attacker,
      destination: row.isUnicast
        ? FoundingNetwork.gatewayLinkLayerAddress : MACAddress(multicast: destination),
      message: NeighborSolicitation(
        source: Self.victim, destination: destination, target: row.target,
        sourceLinkLayerAddress: FoundingNetwork.routerLinkLayerAddress(0)))
  }

  @Test(arguments: ["iface zt0", "static"])
  func `answers to afar are limited, and nobody else waits for them`(
    method: String
  ) async throws {
    let network = try await FoundingNetwork(routers: 2, members: 1)
    let target = FoundingNetwork.memberAddress(0)
    let question = question(Row(testDescription: "", method: method))
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration(method)) { daemon in
      let router = try await Questioner(network.router)
      let isKnown = try await router.isAnswered(target)
      #expect(isKnown)
      let attacker = network.routers[1]
      try await during({ gate in
        let sender = try await attacker.sender(on: "up0")
        gate.open()
        await repeatedly(perSecond: 3 * Self.limit, burst: 300) { _ in
          sender.enqueue { question.encode(into: &$0) }
        } afterEach: {
          sender.flush()
        }
      }) {
        var wire = try attacker.capture(
          on: "up0", filter: "icmp6 and ip6[40] == 136 and ether dst \(Self.attacker)")
        var count = 0
        var asked = 0
        var answered = 0
        // For four seconds, or until a busy machine has let enough questions through.
        let start = ContinuousClock.now
        let (least, most) = (start + .seconds(4), start + .seconds(30))
        while ContinuousClock.now < (count > Self.limit ? least : most) {
          let exchange = try await router.answer(about: target, within: .seconds(1))
          asked += 1
          if exchange != nil { answered += 1 }
          while try wire.next() != nil { count += 1 }
          try await Task.sleep(for: .milliseconds(50))
        }
        #expect(answered == asked)
        #expect(count > Self.limit)
        // A loop that is kept waiting takes longer than it should.
        let spent = ContinuousClock.now - start
        #expect(Double(count) <= Double(Self.limit) * (spent / .seconds(1) + 1))
      }
      let counters = try await network.gateway.counters(of: daemon)
      #expect(counters.total.ignored["offLinkLimit"] > 0)
      #expect(daemon.process.status == nil)
    }
  }
}
