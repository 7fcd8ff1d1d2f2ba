import LinuxNet
import NetworkLab
import SystemPackage
import Testing

private let ndppd = "/usr/sbin/ndppd"
private let configuration = """
  proxy eth0 {
    rule 2001:db8:1:0:ff::/80 {
      static
    }
  }

  """

@Suite(.enabled(if: NetworkNamespace.isPermitted && isInstalled(ndppd)), .timeLimit(.minutes(1)))
struct DaemonTests {
  @Test func withAProxyTheMemberIsReachable() async throws {
    let network = try await FoundingNetwork(routers: 2, members: 2)
    try await network.gateway.withDaemon(ndppd, configuration: configuration) { _ in
      for router in network.routers {
        let target = FoundingNetwork.memberAddress(1)
        #expect(try await router.ping(target).received == 1)
        let entry = try await router.neighbor(target)
        #expect(entry?.linkLayerAddress == FoundingNetwork.gatewayLinkLayerAddress)
      }
    }
  }

  @Test func aDaemonThatDoesNotStartSaysWhy() async throws {
    let network = try await FoundingNetwork(members: 1)
    let failure = await #expect(throws: DaemonFailure.self) {
      try await network.gateway.withDaemon(ndppd, configuration: "nonsense {") { _ in }
    }
    #expect(failure?.description.hasPrefix("/usr/sbin/ndppd exited with") == true)
  }
}

private func isInstalled(_ path: String) -> Bool {
  (try? FileDescriptor.open(FilePath(path), .readOnly).close()) != nil
}
