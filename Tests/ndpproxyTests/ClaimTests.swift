import ControlProtocol
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// A station on one rule interface claims a live target of another.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ClaimTests {
  private static let target = SlowMember.address
  private static let settings = """
    proxy eth0 {
      autowire yes
      ttl 3000
      rule \(SlowMember.prefix) {
        iface zt*
      }
    }
    """
  /// How long it takes the owner to say that it is there; who claims it is always faster.
  private static let roundTrip = Duration.milliseconds(60)
  private static let duration = Duration.seconds(12)

  @Test func `a live target stays where it is, whoever claims it elsewhere`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let owner = try await SlowMember(in: network)
    let attacker = try await network.addLink("zt2", 2, to: "zt2")
    try await network.gateway.batch("address add \(Claimant.gateway)/64 dev zt2 nodad")
    try await network.gateway.withDaemon(
      ndpproxy, configuration: Self.settings, readyAt: "ready: "
    ) { daemon in
      let cable = try await owner.cable(roundTrip: Self.roundTrip)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await attack(network, from: attacker, daemon) }
        try await cable.carry(for: Self.duration + .seconds(3))
        try await group.waitForAll()
      }
    }
  }

  /// Claims the target as soon as it is known, and looks that nothing comes of it.
  private func attack(
    _ network: FoundingNetwork, from attacker: Node, _ daemon: Daemon
  ) async throws {
    let router = try await Questioner(network.router)
    let isKnown = try await router.answer(about: Self.target) != nil
    #expect(isKnown)
    let claimant = Claimant(try await attacker.sender(on: "zt2"))
    var stolen = try attacker.capture(on: "zt2", filter: "icmp6 and ip6[40] == 128")
    let traffic = ["ping", "-6", "-n", "-i", "0.2", "\(Self.target)"]
    try await network.router.withProcess(traffic) { ping in
      let end = ContinuousClock.now + Self.duration
      var round = 0
      while ContinuousClock.now < end {
        claimant.claim(Self.target, round)
        if round % 12 == 0 { router.ask(for: Self.target) }
        if round % 50 == 49 { try await check(network.gateway, daemon) }
        round += 1
        try await Task.sleep(for: .milliseconds(20))
      }
      // None between the first and the last was lost.
      let replies = ping.lines.filter { $0.contains(" bytes from ") }
      #expect(replies.last?.contains("icmp_seq=\(replies.count) ") == true, "\(replies)")
      #expect(replies.count > 40)
    }
    let isStolen = try stolen.next() != nil
    #expect(!isStolen)
    #expect(daemon.process.status == nil)
  }

  private func check(_ gateway: Node, _ daemon: Daemon) async throws {
    let session = try #require(try await gateway.session(of: Self.target, in: daemon))
    #expect(session.interfaces == ["zt1"])
    #expect(session.linkLayerAddress == SlowMember.linkLayerAddress)
    #expect(["reachable", "probing"].contains(session.state))
    let routes = try await gateway.run("ip", "-6", "route", "show", "proto", "112")
    #expect(routes.contains("\(Self.target) dev zt1"), "\(routes)")
    #expect(!routes.contains("zt2"), "\(routes)")
  }
}

/// Says in every way that an address is its own.
private final class Claimant {
  private let sender: PacketSender
  private let own = FoundingNetwork.strangerLinkLayerAddress(2)

  /// An address of the gateway on the claimant's link.
  static let gateway = IPv6Address("fe80::f1")!

  init(_ sender: PacketSender) { self.sender = sender }

  /// Solicits in its name, and advertises it as if the gateway had asked.
  func claim(_ target: IPv6Address, _ round: Int) {
    let group = Self.gateway.solicitedNodeMulticast
    let question = EthernetFrame(
      source: own, destination: MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: target, destination: group, target: Self.gateway, sourceLinkLayerAddress: own))
    sender.enqueue { question.encode(into: &$0) }
    let destinations = [Self.gateway, FoundingNetwork.insideGatewayAddress]
    let claim = EthernetFrame(
      source: own, destination: FoundingNetwork.furtherLinkLayerAddress(2),
      message: NeighborAdvertisement(
        source: target, destination: destinations[round % 2], target: target, isRouter: false,
        isSolicited: true, isOverride: true, targetLinkLayerAddress: own))
    sender.enqueue { claim.encode(into: &$0) }
    sender.flush()
  }
}
