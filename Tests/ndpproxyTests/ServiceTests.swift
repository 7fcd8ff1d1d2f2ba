import LinuxSurvey
import NDPWire
import NetworkLab
import Subprocess
import SystemPackage
import Testing

@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ServiceTests {
  private let member = FoundingNetwork.memberAddress(0)
  private let second = FoundingNetwork.memberAddress(1)

  @Test(arguments: ["static", "iface zt0", "iface zt*", "auto"])
  func `everyone reaches everyone`(method: String) async throws {
    let network = try await FoundingNetwork()
    let before = try await network.router.ping(member)
    #expect(before.received == 0)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration(method)) { _ in
      for target in [member, second] {
        let isReached = try await reach(target, in: network)
        #expect(isReached, "\(target)")
        let entry = try await network.router.neighbor(target)
        #expect(entry?.linkLayerAddress == FoundingNetwork.gatewayLinkLayerAddress)
      }
      let back = try await network.member.ping(FoundingNetwork.routerAddress(0))
      #expect(back.received == 1, "\(back.lines)")
    }
  }

  @Test(arguments: ["iface zt0", "auto"])
  func `nobody is there where nobody answers`(method: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration(method)) { _ in
      let report = try await network.router.ping(second)
      #expect(report.received == 0)
      let entry = try await network.router.neighbor(second)
      #expect(entry?.linkLayerAddress == nil)
    }
  }

  @Test(arguments: [Signal.terminate, .interrupt])
  func `a signal ends it in good order and nothing is left`(signal: Signal) async throws {
    let network = try await FoundingNetwork(members: 1)
    func details() async throws -> String {
      try await network.gateway.run("ip", "-details", "link", "show", "eth0")
    }
    #expect(try await details().contains(" allmulti 0 "))
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("auto")) { daemon in
      let running = try await details()
      #expect(running.contains(" allmulti 1 "))
      daemon.process.send(signal)
      let status = try await daemon.process.exitStatus(within: .seconds(20))
      #expect(status == .exited(0), "\(daemon.process.lines)")
    }
    #expect(try await details().contains(" allmulti 0 "))
  }

  @Test func `SIGUSR1 tells how things are`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      let isReached = try await reach(member, in: network)
      #expect(isReached)
      daemon.process.send(.userDefinedOne)
      let last = try await daemon.process.line(containing: "answered=")
      #expect(last?.hasPrefix("notice: state: answered=1 asked=1") == true)
      let told = daemon.process.lines.filter { $0.hasPrefix("notice: state: ") }
      #expect(
        told.dropLast() == [
          "notice: state: answering on eth0", "notice: state: eth0: ready",
          "notice: state: zt0: ready", "notice: state: targets: 1 reachable",
        ])
    }
  }

  @Test func `SIGUSR2 has it log more, and less again`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      for level in ["info", "debug"] {
        daemon.process.send(.userDefinedTwo)
        let line = try await daemon.process.line(containing: "log level: \(level)")
        #expect(line != nil)
      }
      // Questions that no rule is about are seen, too.
      _ = try await network.router.ping(IPv6Address("2001:db8:1::77")!)
      let line = try await daemon.process.line(containing: "solicitation for 2001:db8:1::77 from ")
      #expect(line?.hasPrefix("debug: ") == true)
      daemon.process.send(.userDefinedTwo)
      let quiet = try await daemon.process.line(containing: "log level: notice")
      #expect(quiet != nil)
    }
  }

  @Test func `a log that nobody reads holds nothing up`() async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      let file = try AnonymousFile(containing: configuration("static"))
      let pipe = directory + "/log"
      try await network.gateway.run("mkfifo", pipe)
      // A pipe that can be read but is not, and is full before the daemon starts.
      let command = """
        exec 3<>\(pipe); head -c 65536 /dev/zero >&3
        exec \(ndpproxy) -vv -c \(file.path) 2>&3
        """
      try await network.gateway.withProcess(["sh", "-c", command]) { process in
        let isReached = try await reach(member, in: network)
        #expect(isReached)
        process.send(.terminate)
        let status = try await process.exitStatus(within: .seconds(20))
        #expect(status == .exited(0))
      }
    }
  }

  @Test(arguments: ["", "proxy eth0 {\n}", "proxy lo {\n}"])
  func `nothing to do is done quietly`(text: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(
      ndpproxy, configuration: text, readyAt: "ready:"
    ) { daemon in
      let report = try await network.router.ping(member)
      #expect(report.received == 0)
      #expect(daemon.process.status == nil, "\(daemon.process.lines)")
    }
  }

  /// Whether the router gets an answer within some seconds.
  ///
  /// A kernel that has asked in vain just now drops the first packets whoever answers then.
  private func reach(_ target: IPv6Address, in network: FoundingNetwork) async throws -> Bool {
    let answered: Bool? = try await poll(within: .seconds(20)) {
      try await network.router.ping(target).received > 0 ? true : nil
    }
    return answered == true
  }
}
