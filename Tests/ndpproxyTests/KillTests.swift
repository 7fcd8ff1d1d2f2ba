import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import SystemPackage
import Testing

/// What a daemon leaves behind that had no time to clean up; for its routes see `AutowireTests`.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct KillTests {
  private static let configuration = """
    proxy eth0 {
      promiscuous yes
      rule \(FoundingNetwork.insidePrefix) {
        iface zt0
      }
      rule 2001:db8:1:0:fd::7/128 {
        static
      }
    }
    """

  /// What the kernel is asked to receive on both interfaces.
  private func modes(of node: Node) async throws -> [String] {
    var modes: [String] = []
    for interface in ["eth0", "zt0"] {
      let link = try await node.run("ip", "-details", "link", "show", "dev", interface)
      let words = link.split { $0.isWhitespace }.map(String.init)
      for mode in ["promiscuity", "allmulti"] {
        let position = try #require(words.firstIndex(of: mode))
        modes.append("\(interface) \(mode) \(words[position + 1])")
      }
    }
    return modes
  }

  private func groups(of node: Node) async throws -> Set<Substring> {
    let text = try await node.run("ip", "-6", "maddress", "show", "dev", "eth0")
    return Set(text.split { $0.isWhitespace }.filter { $0.contains(":") && $0 != "1:" })
  }

  @Test func `nothing is left on the interfaces`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    let modesBefore = try await modes(of: gateway)
    let groupsBefore = try await groups(of: gateway)
    #expect(modesBefore.allSatisfy { $0.hasSuffix(" 0") })
    try await gateway.withDaemon(ndpproxy, configuration: Self.configuration) { daemon in
      let modesMeanwhile = try await modes(of: gateway)
      #expect(
        modesMeanwhile == [
          "eth0 promiscuity 1", "eth0 allmulti 1", "zt0 promiscuity 0", "zt0 allmulti 0",
        ])
      let groupsMeanwhile = try await groups(of: gateway)
      #expect(groupsMeanwhile.subtracting(groupsBefore) == ["ff02::1:ff00:7"])
      daemon.process.send(.kill)
      let status = try await daemon.process.exitStatus(within: .seconds(20))
      #expect(status == .killed(signal: 9))
    }
    let modesAfter = try await modes(of: gateway)
    #expect(modesAfter == modesBefore)
    let groupsAfter = try await groups(of: gateway)
    #expect(groupsAfter == groupsBefore)
    let sockets = try await gateway.boundPacketSockets()
    #expect(sockets == 0)
  }

  @Test func `a pid file left behind does not hold up the next`() async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      let gateway = network.gateway
      let file = try TemporaryFile(containing: Self.configuration)
      let pidFile = directory + "/ndpproxy.pid"
      // Whoever it becomes may remove the file here.
      try await gateway.run("chmod", "777", directory)
      var numbers: Set<String> = []
      for signal in ["KILL", "TERM"] {
        let started = try await gateway.result(
          of: [ndpproxy, "-d", "-p", pidFile, "-c", file.path])
        #expect(started.status == .exited(0), "\(started.standardError)")
        let number = try await gateway.run("cat", pidFile).filter(\.isNumber)
        numbers.insert(number)
        let report = try await network.router.ping(FoundingNetwork.memberAddress(0), count: 5)
        #expect(report.received > 0, "\(report.lines)")
        try await gateway.run("kill", "-\(signal)", number)
        let isGone: Bool? = try await poll(within: .seconds(20)) {
          RegularFile.exists("/proc/\(number)/fd/0") ? nil : true
        }
        #expect(isGone == true)
        #expect(RegularFile.exists(pidFile) == (signal == "KILL"))
      }
      #expect(numbers.count == 2)
      let left = try await gateway.run("ls", directory)
      #expect(left == "")
    }
  }
}
