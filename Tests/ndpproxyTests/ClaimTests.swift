import ControlProtocol
import LinuxNet
import NDPWire
import NetworkLab
import Testing

/// A station on one rule interface claims a live target of another.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(1)))
struct ClaimTests {
  private static let target = FoundingNetwork.memberAddress(0)
  private static let settings = """
    proxy eth0 {
      autowire yes
      ttl 3000
      rule \(FoundingNetwork.insidePrefix) {
        iface zt*
      }
    }
    """

  @Test func `a live target stays where it is, whoever claims it elsewhere`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    let attacker = try await network.addLink("zt1", 1, to: "zt1")
    try await gateway.batch("address add \(Claimant.gateway)/64 dev zt1 nodad")
    try await gateway.withDaemon(ndpproxy, configuration: Self.settings) { daemon in
      let router = try await Questioner(network.router)
      let isKnown = try await router.answer(about: Self.target) != nil
      #expect(isKnown)
      let claimant = Claimant(try await attacker.sender(on: "zt1"))
      var stolen = try attacker.capture(on: "zt1", filter: "icmp6 and ip6[40] == 128")
      let traffic = ["ping", "-6", "-n", "-i", "0.2", "\(Self.target)"]
      try await network.router.withProcess(traffic) { ping in
        let end = ContinuousClock.now + .seconds(12)
        var round = 0
        while ContinuousClock.now < end {
          claimant.claim(Self.target, round)
          if round % 12 == 0 { router.ask(for: Self.target) }
          if round % 50 == 49 { try await check(gateway, daemon) }
          round += 1
          try await Task.sleep(for: .milliseconds(20))
        }
        ping.send(.interrupt)
        _ = try await ping.exitStatus(within: .seconds(5))
        #expect(ping.lines.contains { $0.contains(" 0% packet loss") }, "\(ping.lines.suffix(3))")
      }
      let isStolen = try stolen.next() != nil
      #expect(!isStolen)
      let isAnswered = try await router.answer(about: Self.target) != nil
      #expect(isAnswered)
      #expect(daemon.process.status == nil)
    }
    withExtendedLifetime(attacker) {}
  }

  private func check(_ gateway: Node, _ daemon: Daemon) async throws {
    let session = try #require(try await gateway.session(of: Self.target, in: daemon))
    #expect(session.interfaces == ["zt0"])
    #expect(session.linkLayerAddress == FoundingNetwork.memberLinkLayerAddress(0))
    #expect(["reachable", "probing"].contains(session.state))
    let routes = try await gateway.run("ip", "-6", "route", "show", "proto", "112")
    #expect(routes.contains("\(Self.target) dev zt0"), "\(routes)")
    #expect(!routes.contains("zt1"), "\(routes)")
  }
}

/// Says in every way that an address is its own.
private final class Claimant {
  private let sender: PacketSender
  private let own = FoundingNetwork.strangerLinkLayerAddress(1)

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
      source: own, destination: FoundingNetwork.furtherLinkLayerAddress(1),
      message: NeighborAdvertisement(
        source: target, destination: destinations[round % 2], target: target, isRouter: false,
        isSolicited: true, isOverride: true, targetLinkLayerAddress: own))
    sender.enqueue { claim.encode(into: &$0) }
    sender.flush()
  }
}
