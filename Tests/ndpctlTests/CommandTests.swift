import ControlProtocol
import Glibc
import JSONDecoding
import JSONText
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What changes something, and how all commands behave.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct CommandTests {
  private let member = FoundingNetwork.memberAddress(0)

  @Test func `a reload waits until it is in force, or says what is wrong`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let file = daemon.configuration
      try file.replaceContents(with: configuration("iface zt0"))
      let good = try await network.gateway.ndpctl("reload", of: daemon)
      #expect(good.status == .exited(0))
      #expect(good.standardOutput == "reloaded: answering on eth0\n")
      let rules = try await network.gateway.ndpctl("rules", of: daemon)
      #expect(rules.standardOutput.contains("2001:db8:1:0:ff::/80  iface zt0      0         0"))

      try file.replaceContents(with: "proxy eth0 {\n  rule x {\n    static\n  }\n  retries z\n}\n")
      let bad = try await network.gateway.ndpctl("reload", of: daemon)
      #expect(bad.status == .exited(1))
      #expect(bad.standardOutput == "")
      #expect(bad.standardError.contains("error: \(file.path):2:8: 'x' is not an IPv6 address"))
      #expect(bad.standardError.contains("error: \(file.path):5:11: "))
      #expect(bad.standardError.contains("not reloaded: "))
      let status = try await network.gateway.ndpctl("status", of: daemon)
      #expect(status.standardOutput.contains("its last change was refused"))
      #expect(status.standardOutput.contains("3 warnings"))
      let json = try await network.gateway.ndpctl("reload", "--json", of: daemon)
      guard
        case .reload(let report) = try JSONText.value(Reply.self, from: json.standardOutput.utf8)
      else {
        Issue.record("\(json.standardOutput)")
        return
      }
      #expect(!report.isInForce)
      #expect(report.problems.map(\.code) == ["invalid-address", "invalid-number"])
    }
  }

  @Test func `flush and log change what they say`() async throws {
    let network = try await FoundingNetwork()
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      for index in 0..<2 {
        _ = try await network.router.ping(FoundingNetwork.memberAddress(index))
      }
      let sessions = try await network.gateway.ndpctl("sessions", of: daemon)
      let lines = sessions.standardOutput.split(separator: "\n").map(String.init)
      #expect(lines.count == 3)
      #expect(lines.dropFirst().allSatisfy { $0.contains("  reachable  zt0") }, "\(lines)")
      let one = try await network.gateway.ndpctl("flush", "\(member)", of: daemon)
      #expect(one.standardOutput == "forgot 1 target\n")
      let all = try await network.gateway.ndpctl("flush", "::/0", of: daemon)
      #expect(all.standardOutput == "forgot 1 target\n")
      let wrong = try await network.gateway.ndpctl("flush", "zt0", of: daemon)
      #expect(wrong.status == .exited(64))

      let log = try await network.gateway.ndpctl("log", "debug", of: daemon)
      #expect(log.standardOutput == "logging debug\n")
      _ = try await network.router.ping(FoundingNetwork.memberAddress(7))
      let line = try await daemon.process.line(containing: "asking: ", within: .seconds(20))
      #expect(line != nil)
    }
  }

  @Test func `the configuration in force is a configuration`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      let printed = try await network.gateway.ndpctl("config", of: daemon).standardOutput
      let file = try TemporaryFile(containing: printed)
      let tested = try await network.gateway.result(of: [ndpproxy, "-tov", "-c", file.path])
      #expect(tested.status == .exited(0))
      let body = printed.split(separator: "\n").dropFirst().joined(separator: "\n")
      let again = tested.standardOutput.split(separator: "\n").joined(separator: "\n")
      #expect(body == again)
    }
  }

  @Test func `every JSON is JSON for Python`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      _ = try await network.router.ping(member)
      for arguments in [
        ["status"], ["sessions"], ["rules"], ["counters"], ["config"], ["why", "\(member)"],
        ["reload"], ["flush", "::/0"], ["log", "info"], ["top", "--count", "1"],
      ] {
        let result = try await network.gateway.ndpctl(arguments + ["--json"], of: daemon)
        #expect(result.standardOutput.split(separator: "\n").count == 1, "\(arguments)")
        let parsed = try await network.gateway.result(
          of: ["/usr/bin/python3", "-m", "json.tool"], input: result.standardOutput)
        #expect(parsed.status == .exited(0), "\(arguments): \(parsed.standardError)")
        #expect(result.standardOutput.hasPrefix("{\"version\":1,\""))
      }
    }
  }

  @Test func `tables fit 80 columns, whatever is in them`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let long = "abcdefghijklmno"
    let text = """
      proxy eth0 {
        rule 2001:db8:1111:2222:3333:4444:5555:6600/120 {
          iface \(long)
        }
        rule 2001:db8:1:0:ff::/80 {
          iface zt0
        }
      }
      """
    try await network.gateway.withDaemon(ndpproxy, configuration: text, readyAt: "ready: ") {
      daemon in
      _ = try await network.router.ping(member)
      for arguments in [["rules"], ["sessions"], ["counters", "--all"]] {
        let result = try await network.gateway.ndpctl(arguments, of: daemon)
        for line in result.standardOutput.split(separator: "\n") {
          #expect(line.count <= 80, "\(line)")
        }
      }
    }
  }

  @Test func `top prints lines where there is no terminal`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let result = try await network.gateway.ndpctl("top", "--count", "2", of: daemon)
      let lines = result.standardOutput.split(separator: "\n")
      #expect(lines.count == 2)
      #expect(
        lines.allSatisfy { $0.contains("answered 0/s") && !$0.contains("\u{1b}") }, "\(lines)")
    }
  }

  /// Runs a program in a terminal of its own, ends it, and says how the terminal was left.
  private static let terminalScript = """
    import os, pty, signal, sys, termios, time
    how, command = sys.argv[1], sys.argv[2:]
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for number in (0, 1, 2): os.dup2(slave, number)
        os.execv(command[0], command)
    seen = b""
    while b"LEFT" not in seen: seen += os.read(master, 4096)
    during = termios.tcgetattr(slave)
    if how == "gone":
        os.close(slave)
        os.close(master)
        print(os.waitpid(pid, 0)[1])
        sys.exit()
    if how == "q": os.write(master, b"q")
    else: os.kill(pid, getattr(signal, "SIG" + how))
    _, status = os.waitpid(pid, 0)
    os.set_blocking(master, False)
    while b"?1049l" not in seen: seen += os.read(master, 4096)
    print(status, during != before, termios.tcgetattr(slave) == before, b"?1049h" in seen)
    """

  @Test(arguments: ["q", "INT", "TERM", "HUP", "QUIT"])
  func `top gives the terminal back`(end: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let result = try await network.gateway.result(of: [
        "/usr/bin/python3", "-c", Self.terminalScript, end, ndpctl, "top", "--socket",
        daemon.controlSocket,
      ])
      #expect(result.standardOutput == "0 True True True\n", "\(result)")
    }
  }

  @Test func `top ends with its terminal`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let result = try await network.gateway.result(of: [
        "/usr/bin/python3", "-c", Self.terminalScript, "gone", ndpctl, "top", "--socket",
        daemon.controlSocket,
      ])
      #expect(result.standardOutput == "0\n", "\(result)")
    }
  }

  @Test func `who is not there is told apart from who refuses`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let result = try await network.gateway.result(of: [ndpctl, "--socket", "/nowhere/control"])
    #expect(result.status == .exited(69))
    #expect(
      result.standardError
        == "ndpctl: ndpproxy does not run: connect to /nowhere/control: No such file or directory; "
        + "start it, or name its socket with --socket\n")
  }
}
