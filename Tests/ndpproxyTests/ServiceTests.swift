import LinuxNet
import NDPWire
import NetworkLab
import Subprocess
import SystemPackage
import Testing

@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(2)))
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
      let last = try await daemon.process.line(containing: "answered=", within: .seconds(20))
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
        let line = try await daemon.process.line(
          containing: "log level: \(level)", within: .seconds(20))
        #expect(line != nil)
      }
      // Questions that no rule is about are seen, too.
      _ = try await network.router.ping(IPv6Address("2001:db8:1::77")!)
      let line = try await daemon.process.line(
        containing: "asks for 2001:db8:1::77", within: .seconds(20))
      #expect(line?.hasPrefix("debug: ") == true)
      daemon.process.send(.userDefinedTwo)
      let quiet = try await daemon.process.line(
        containing: "log level: notice", within: .seconds(20))
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

  @Test func `a missing proxy interface is waited for`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.run("ip", "link", "set", "eth0", "down")
    try await network.gateway.run("ip", "link", "set", "eth0", "name", "away0")
    try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration("static"), readyAt: "ready:"
    ) { daemon in
      #expect(daemon.process.lines.contains { $0.contains("eth0") && $0.hasPrefix("warning: ") })
      try await network.gateway.run("ip", "link", "set", "away0", "name", "eth0")
      try await network.gateway.run("ip", "link", "set", "eth0", "up")
      try await network.gateway.run(
        "ip", "address", "add", "\(FoundingNetwork.gatewayAddress)/64", "dev", "eth0")
      let isReached = try await reach(member, in: network)
      #expect(isReached, "\(daemon.process.lines)")
      #expect(daemon.process.status == nil)
    }
  }

  @Test func `an interface that is deleted and made again is served again`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let text = """
      proxy extra0 {
        rule \(FoundingNetwork.insidePrefix) {
          static
        }
      }
      """
    try await network.gateway.withDaemon(
      ndpproxy, configuration: text, readyAt: "ready:"
    ) { daemon in
      for _ in 0..<2 {
        try await network.gateway.run(
          "ip", "link", "add", "extra0", "type", "veth", "peer", "name", "extra1")
        try await network.gateway.run("ip", "link", "set", "extra0", "up")
        try await network.gateway.run("ip", "link", "set", "extra1", "up")
        let bound: Bool? = try await poll(within: .seconds(20)) {
          try await network.gateway.boundPacketSockets() == 1 ? true : nil
        }
        #expect(bound == true, "\(daemon.process.lines)")
        try await network.gateway.run("ip", "link", "delete", "extra0")
        let gone: Bool? = try await poll(within: .seconds(20)) {
          try await network.gateway.boundPacketSockets() == 0 ? true : nil
        }
        #expect(gone == true, "\(daemon.process.lines)")
      }
      #expect(daemon.process.status == nil)
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

  @Test(arguments: ["zt9", "wt*"])
  func `a missing rule interface never makes a rule static`(name: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration("iface \(name)")
    ) { daemon in
      #expect(daemon.process.lines.contains { $0.contains(name) && $0.hasPrefix("warning: ") })
      let report = try await network.router.ping(member)
      #expect(report.received == 0)
    }
  }

  @Test func `down and up again is not the end`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      try await network.gateway.run("ip", "link", "set", "eth0", "down")
      try await network.gateway.run("ip", "link", "set", "eth0", "up")
      try await network.gateway.run(
        "ip", "address", "add", "\(FoundingNetwork.gatewayAddress)/64", "dev", "eth0")
      let isReached = try await reach(member, in: network)
      #expect(isReached, "\(daemon.process.lines)")
    }
  }

  @Test func `a bridge port is refused and its bridge named`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.run("ip", "link", "add", "br9", "type", "bridge")
    try await network.gateway.run("ip", "link", "set", "eth0", "master", "br9")
    try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration("static"), readyAt: "ready:"
    ) { daemon in
      #expect(daemon.process.lines.contains { $0.hasPrefix("error: eth0") && $0.contains("br9") })
      #expect(daemon.process.status == nil)
    }
  }

  @Test func `a changed link-layer address is told from then on`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let changed = MACAddress("02:00:00:00:77:77")!
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) { _ in
      try await network.gateway.run("ip", "link", "set", "eth0", "address", "\(changed)")
      let report = try await network.router.ping(member)
      #expect(report.received == 1)
      let entry = try await network.router.neighbor(member)
      #expect(entry?.linkLayerAddress == changed)
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
