import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What becomes of a second daemon.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct InstanceTests {
  private let ready = "ready: "

  @Test(arguments: [[], ["-S", "off"], ["-d"]])
  func `a second one for an interface does not start and names the first`(
    arguments: [String]
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(
      containing: configuration("static") + "\n" + configuration("static", interface: "zt0"))
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("auto")) {
      daemon in
      for _ in 0..<2 {
        let second = try await network.gateway.result(
          of: [ndpproxy, "-c", file.path] + arguments)
        #expect(second.status == .exited(75))
        #expect(
          second.standardError.contains(
            """
            error: eth0 is already served by ndpproxy, process \
            \(daemon.process.processIdentifier); stop that one, or take eth0 out of one of the two \
            configurations
            """), "\(second.standardError)")
      }
      let report = try await network.router.ping(FoundingNetwork.memberAddress(0), count: 3)
      #expect(report.received > 0)
    }
  }

  @Test func `one that has become somebody else holds its claim`() async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      let file = try AnonymousFile(containing: configuration("static"))
      let pidFile = directory + "/pid"
      let command = [ndpproxy, "-d", "-p", pidFile, "-c", file.path]
      let first = try await network.gateway.result(of: command)
      #expect(first.status == .exited(0), "\(first.standardError)")
      let number = String(
        decoding: try RegularFile(pidFile, limit: 20).octets.dropLast(), as: UTF8.self)
      let second = try await network.gateway.result(
        of: [ndpproxy, "-d", "-p", pidFile + "2", "-c", file.path])
      #expect(second.status == .exited(75))
      #expect(second.standardError.contains("process \(number);"), "\(second.standardError)")
      #expect(!RegularFile.exists(pidFile + "2"))
      try await network.gateway.run("kill", "-9", number)
      // What holds a claim is the process: nothing need be cleaned up.
      let gone: Bool? = try await poll(within: .seconds(20)) {
        RegularFile.exists("/proc/\(number)") ? nil : true
      }
      #expect(gone == true)
      let third = try await network.gateway.result(of: command)
      #expect(third.status == .exited(0), "\(third.standardError)")
      let last = try RegularFile(pidFile, limit: 20).octets.dropLast()
      try await network.gateway.run("kill", String(decoding: last, as: UTF8.self))
    }
  }

  @Test func `daemons for other interfaces and in other namespaces start`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let other = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) { _ in
      try await network.gateway.withDaemon(
        ndpproxy, configuration: configuration("static", interface: "zt0"), readyAt: ready
      ) { daemon in
        #expect(!daemon.process.lines.contains { $0.contains("served") }, "\(daemon.process.lines)")
      }
      try await other.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
        daemon in
        let report = try await other.router.ping(FoundingNetwork.memberAddress(0), count: 3)
        #expect(report.received > 0, "\(daemon.process.lines)")
      }
    }
  }

  @Test func `another name of an interface is the same interface`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.run("ip", "link", "property", "add", "dev", "eth0", "altname", "lan0")
    let file = try TemporaryFile(containing: configuration("static", interface: "lan0"))
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) { _ in
      let second = try await network.gateway.result(of: [ndpproxy, "-c", file.path])
      #expect(second.status == .exited(75))
      #expect(second.standardError.contains("eth0 is already served"), "\(second.standardError)")
    }
  }

  @Test func `an interface that is missing is claimed as well`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let text = configuration("static", interface: "later0")
    let file = try TemporaryFile(containing: text)
    try await network.gateway.withDaemon(ndpproxy, configuration: text, readyAt: ready) { _ in
      let second = try await network.gateway.result(of: [ndpproxy, "-c", file.path])
      #expect(second.status == .exited(75))
      #expect(second.standardError.contains("later0 is already served"))
    }
  }

  @Test(.enabled(if: Privileges.isSuperuser))
  func `a squatter is warned of and keeps nobody from starting`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let squatter = """
      import os, socket, time
      os.setgroups([]); os.setgid(12345); os.setuid(12345)
      listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
      listener.bind("\\0ndpproxy/interface/eth0")
      listener.listen()
      print("there", flush=True)
      time.sleep(60)
      """
    try await network.gateway.withProcess(["/usr/bin/python3", "-c", squatter]) { process in
      let line = try await process.line(containing: "there")
      try #require(line != nil, "\(process.lines)")
      try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
        daemon in
        let number = process.processIdentifier
        let warning = try await daemon.process.line(
          containing: "warning: eth0: process \(number) of user 12345")
        #expect(warning != nil, "\(daemon.process.lines)")
        let report = try await network.router.ping(FoundingNetwork.memberAddress(0), count: 3)
        #expect(report.received > 0)
      }
    }
  }
}
