import LinuxSurvey
import NetworkLab
import Testing

private let configuration = """
  proxy eth0 {
    rule 2001:db8:1:0:ff::/80 {
      static
    }
  }

  """

private let daemons = [ndpproxy, ndppd].filter(isInstalled)

@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct DaemonTests {
  private let target = FoundingNetwork.memberAddress(1)

  @Test(arguments: daemons)
  func withAProxyTheMemberIsReachable(daemon: String) async throws {
    let network = try await FoundingNetwork(routers: 2)
    try await network.gateway.withDaemon(daemon, configuration: configuration) { _ in
      for router in network.routers {
        #expect(try await router.ping(target).received == 1)
        let entry = try await router.neighbor(target)
        #expect(entry?.linkLayerAddress == FoundingNetwork.gatewayLinkLayerAddress)
      }
    }
  }

  @Test(arguments: daemons)
  func theExchangeIsSeenOnTheWire(daemon: String) async throws {
    let network = try await FoundingNetwork()
    try await network.gateway.withDaemon(daemon, configuration: configuration) { _ in
      var capture = try network.router.capture(on: "up0")
      _ = try await network.router.ping(target)
      let exchange = try #require(try capture.messages(about: target).firstExchange)
      #expect(exchange.solicitation.source == FoundingNetwork.routerLinkLayerAddress(0))
      #expect(exchange.advertisement.source == FoundingNetwork.gatewayLinkLayerAddress)
      #expect(exchange.advertisement.message.isSolicited)
      #expect(exchange.latency > .zero && exchange.latency < .seconds(1))
    }
  }

  @Test(arguments: daemons)
  func aDaemonIsReadyOnlyOnceItHasASocketOfItsOwn(daemon: String) async throws {
    let network = try await FoundingNetwork()
    let capture = try network.gateway.capture(on: "eth0")
    try await network.gateway.withDaemon(daemon, configuration: configuration) { _ in
      let sockets = try await network.gateway.boundPacketSockets()
      #expect(sockets >= 2)
    }
    #expect(try await network.gateway.boundPacketSockets() == 1)
    _ = consume capture
  }

  @Test(.enabled(if: isInstalled(ndppd)))
  func aSignOfItsOwnIsWaitedFor() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(
      ndppd, configuration: configuration, readyAt: "Low prefix length"
    ) { daemon in
      #expect(daemon.process.lines.contains { $0.contains("Low prefix length") })
    }
  }

  @Test(arguments: daemons)
  func itsConfigurationCanBeRewritten(daemon: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(daemon, configuration: configuration) { daemon in
      try daemon.configuration.replaceContents(with: "# nothing\n")
      let text = try await network.gateway.run("cat", daemon.configuration.path)
      #expect(text == "# nothing\n")
    }
  }

  @Test(arguments: daemons)
  func aDaemonThatDoesNotStartSaysWhy(daemon: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    let failure = await #expect(throws: LabFailure.self) {
      try await network.gateway.withDaemon(daemon, configuration: "nonsense {") { _ in }
    }
    let lines = failure?.description.split(separator: "\n") ?? []
    #expect(lines.first?.hasPrefix("\(daemon) exited with") == true)
    #expect(lines.count > 1)
  }
}
