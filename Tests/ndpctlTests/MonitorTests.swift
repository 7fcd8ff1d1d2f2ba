import ControlProtocol
import Glibc
import JSONDecoding
import JSONText
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Messages as they come and go.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct MonitorTests {
  private let member = FoundingNetwork.memberAddress(0)

  /// Runs a monitor while a router asks for the member, and returns what it printed.
  private func monitor(
    _ arguments: [String], _ network: FoundingNetwork, _ daemon: Daemon
  ) async throws -> [String] {
    let command =
      ["env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", ndpctl, "monitor"] + arguments
    return try await network.gateway.withProcess(command) { process in
      let line = try await process.line(containing: "watching")
      #expect(line?.contains(arguments.contains("-i") ? "eth0" : "eth0, zt0") == true)
      _ = try await network.router.ping(member)
      _ = try await process.exitStatus(within: .seconds(20))
      return process.lines
    }
  }

  @Test func `a question is followed from the router to the member and back`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      let path = "/tmp/ndpproxy-monitor-\(UInt64.random(in: 0 ... .max)).pcap"
      defer { unlink(path) }
      let lines = try await monitor(
        ["--prefix", "\(FoundingNetwork.insidePrefix)", "--count", "4", "--write", path], network,
        daemon)
      let shown = lines.dropFirst().map { $0.dropFirst(16) }
      #expect(shown.count == 4)
      let expected = [
        "eth0     ← NS \(member) from ",
        "zt0      → NS \(member) from fe80::ff:fe00:ef: solicitation sent",
        "zt0      ← NA \(member) at 02:00:00:00:00:10 to fe80::ff:fe00:ef [SO]: the target is reachable",
        "eth0     → NA \(member) at 02:00:00:00:00:ee to ",
      ]
      for (line, beginning) in zip(shown, expected) {
        #expect(line.hasPrefix(beginning), "\(line)")
      }
      #expect(shown.first?.hasSuffix(": sending a solicitation for the target") == true)
      #expect(shown.last?.contains("[RS]: answer sent after ") == true)
      let read = try await network.gateway.run("tcpdump", "-n", "-r", path)
      let frames = read.split(separator: "\n")
      #expect(frames.count == 4, "\(read)")
      #expect(frames.first?.contains("neighbor solicitation, who has \(member)") == true)
      #expect(frames.last?.contains("neighbor advertisement, tgt is \(member)") == true)
    }
  }

  @Test func `JSON is a line for each message`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      let lines = try await monitor(["--json", "-i", "eth0", "--count", "2"], network, daemon)
      let messages = lines.dropFirst().compactMap { line -> WatchedMessage? in
        guard case .message(let message)? = try? JSONText.value(Reply.self, from: line.utf8)
        else { return nil }
        return message
      }
      #expect(messages.map(\.isSent) == [false, true])
      #expect(messages.map(\.decision) == ["asked", "answered"])
      #expect(messages.allSatisfy { $0.interface == "eth0" && $0.frame == nil })
      #expect(messages.last?.latencyNanoseconds ?? 0 > 0)
      // By the clock on the wall, within the minute.
      let now = WallClock.nanoseconds / 1000
      for message in messages {
        let time = try #require(message.timeMicroseconds)
        #expect(time <= now && now - time < 60_000_000)
      }
    }
  }

  @Test func `an interface that does not exist, or is in no rule, is an error`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let text = configuration("iface zt0") + configuration("static", interface: "tap7")
    try await network.gateway.withDaemon(ndpproxy, configuration: text, readyAt: "ready: ") {
      daemon in
      for (name, complaint) in [
        ("nosuch", "there is no interface 'nosuch'; messages are seen on eth0, zt0"),
        ("lo", "'lo' has no neighbor discovery; messages are seen on eth0, zt0"),
      ] {
        let result = try await network.gateway.ndpctl("monitor", "-i", name, of: daemon)
        #expect(result.status == .exited(1))
        #expect(result.standardError == "ndpctl: \(complaint)\n")
      }
      // One that rules name may come later, and is waited for.
      let command = ["env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", ndpctl, "monitor"]
      try await network.gateway.withProcess(command + ["-i", "tap7"]) { process in
        let line = try await process.line(containing: "watching")
        #expect(line == "ndpctl: watching tap7")
        #expect(process.lines.first?.hasPrefix("ndpctl: tap7: no such interface; ") == true)
      }
    }
  }

  @Test func `malformed frames and other prefixes are told apart`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let command =
        ["env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", ndpctl, "monitor", "--count", "1"]
      try await network.gateway.withProcess(command + ["-p", "2001:db8:1:0:ff::11"]) {
        process in
        _ = try await process.line(containing: "watching")
        _ = try await network.router.ping(member)
        #expect(process.lines.count == 1)
        _ = try await network.router.ping(FoundingNetwork.memberAddress(1))
        let line = try await process.line(containing: "::11")
        #expect(line?.hasSuffix(": answered") == true)
      }
    }
  }
}
