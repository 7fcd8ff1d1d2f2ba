import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct FoundingNetworkTests {
  @Test func everyNodeReachesTheGateway() async throws {
    let network = try await FoundingNetwork(routers: 2, members: 3)
    for router in network.routers {
      #expect(try await router.ping(FoundingNetwork.gatewayAddress).received == 1)
    }
    for member in network.members {
      #expect(try await member.ping(FoundingNetwork.insideGatewayAddress).received == 1)
    }
  }

  @Test func addressesAreAsPromised() async throws {
    let network = try await FoundingNetwork()
    _ = try await network.router.ping(FoundingNetwork.gatewayAddress)
    let gateway = try await network.router.neighbor(FoundingNetwork.gatewayAddress)
    #expect(gateway?.linkLayerAddress == FoundingNetwork.gatewayLinkLayerAddress)
    _ = try await network.gateway.ping(FoundingNetwork.memberAddress(1))
    let member = try await network.gateway.neighbor(FoundingNetwork.memberAddress(1))
    #expect(member?.linkLayerAddress == FoundingNetwork.memberLinkLayerAddress(1))
  }

  @Test func withoutAProxyTheMemberIsUnreachable() async throws {
    let network = try await FoundingNetwork(members: 1)
    let target = FoundingNetwork.memberAddress(0)
    #expect(try await network.router.ping(target).received == 0)
    #expect(try await network.router.neighbor(target)?.linkLayerAddress == nil)
  }

  @Test func twoNetworksDoNotDisturbEachOther() async throws {
    async let first = FoundingNetwork(members: 1)
    async let second = FoundingNetwork(members: 1)
    let (one, other) = try await (first, second)
    try await one.gateway.run("ip", "link", "set", "eth0", "down")
    #expect(try await one.router.ping(FoundingNetwork.gatewayAddress).received == 0)
    #expect(try await other.router.ping(FoundingNetwork.gatewayAddress).received == 1)
  }

  /// How a scenario test listens where the daemon would.
  @Test func aSocketOpenedInANodeHearsItsWire() async throws {
    let network = try await FoundingNetwork(members: 1)
    let index = try await network.gateway.interfaceIndex("eth0")
    let socket = try network.gateway.namespace.run {
      try PacketSocket(
        interfaceIndex: index,
        filter: PacketFilter(
          solicitationsFor: [FoundingNetwork.insidePrefix], advertisements: false),
        allMulticast: true)
    }
    _ = try await network.router.ping(FoundingNetwork.memberAddress(0), within: .milliseconds(100))
    var target: IPv6Address?
    _ = try socket.receive { frame, _ in
      target = try? NeighborDiscoveryFrame(decoding: frame).target
    }
    #expect(target == FoundingNetwork.memberAddress(0))
  }

  @Test func theWiresLastAsLongAsAnyNode() async throws {
    let router = try await FoundingNetwork(members: 1).router
    #expect(try await router.ping(FoundingNetwork.gatewayAddress).received == 1)
  }

  @Test func theHostIsNotTouched() async throws {
    let before = try interfaceNames()
    do {
      let network = try await FoundingNetwork()
      _ = try await network.router.ping(FoundingNetwork.gatewayAddress)
      #expect(try interfaceNames() == before)
    }
    #expect(try interfaceNames() == before)
  }
}
