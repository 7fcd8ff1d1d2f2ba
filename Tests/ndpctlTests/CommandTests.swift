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
      #expect(rules.standardOutput.contains("2001:db8:1:0:ff::/80  iface zt0          0         0"))

      try file.replaceContents(with: "proxy eth0 {\n  rule x {\n    static\n  }\n  retries z\n}\n")
      let bad = try await network.gateway.ndpctl("reload", of: daemon)
      #expect(bad.status == .exited(1))
      #expect(bad.standardOutput == "")
      #expect(bad.standardError.contains("error: \(file.path):2:8: 'x' is not an IPv6 address"))
      #expect(bad.standardError.contains("error: \(file.path):5:11: "))
      #expect(bad.standardError.contains("not reloaded: "))
      let status = try await network.gateway.ndpctl("status", of: daemon)
      #expect(status.standardOutput.contains("the last reload was refused"))
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
      #expect(lines.count == 4)
      #expect(lines[1...2].allSatisfy { $0.contains("  reachable  zt0  ") }, "\(lines)")
      #expect(lines.last == "2 targets: 2 reachable")
      let one = try await network.gateway.ndpctl("flush", "\(member)", of: daemon)
      #expect(one.standardOutput == "deleted 1 session\n")
      let all = try await network.gateway.ndpctl("flush", "::/0", of: daemon)
      #expect(all.standardOutput == "deleted 1 session\n")
      let wrong = try await network.gateway.ndpctl("flush", "zt0", of: daemon)
      #expect(wrong.status == .exited(64))

      let log = try await network.gateway.ndpctl("log", "debug", of: daemon)
      #expect(log.standardOutput == "log level debug\n")
      _ = try await network.router.ping(FoundingNetwork.memberAddress(7))
      let line = try await daemon.process.line(containing: "soliciting: ")
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
        ["reload", "--check"], ["rule", "disable", "\(FoundingNetwork.insidePrefix)"], ["rules"],
        ["rule", "enable", "\(FoundingNetwork.insidePrefix)"],
      ] {
        let result = try await network.gateway.ndpctl(arguments + ["--json"], of: daemon)
        #expect(result.standardOutput.split(separator: "\n").count == 1, "\(arguments)")
        let parsed = try await network.gateway.result(
          of: ["/usr/bin/python3", "-m", "json.tool"], input: result.standardOutput)
        #expect(parsed.status == .exited(0), "\(arguments): \(parsed.standardError)")
        #expect(result.standardOutput.hasPrefix("{\"version\":1,\""))
        let pretty = try await network.gateway.ndpctl(["--pretty"] + arguments, of: daemon)
        #expect(pretty.standardOutput.hasPrefix("{\n  \"version\": 1,\n  \""), "\(pretty)")
        let reparsed = try await network.gateway.result(
          of: ["/usr/bin/python3", "-m", "json.tool"], input: pretty.standardOutput)
        #expect(reparsed.status == .exited(0), "\(arguments): \(reparsed.standardError)")
      }
    }
  }

  /// Runs a program in a terminal of some size and prints what it writes there.
  private static let widthScript = """
    import fcntl, os, pty, struct, sys, termios
    columns, command = int(sys.argv[1]), sys.argv[2:]
    pid, master = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execv(command[0], command)
    seen = b""
    try:
        while True:
            more = os.read(master, 65536)
            if not more: break
            seen += more
    except OSError: pass
    os.waitpid(pid, 0)
    sys.stdout.buffer.write(seen.replace(b"\\r\\n", b"\\n"))
    """

  @Test func `tables are as wide as the terminal, and in pipes as it takes`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let long = "abcdefghijklmno"
    let text = """
      proxy eth0 {
        rule 2001:db8:1:0:fe::/80 { iface \(long) }
        rule 2001:db8:1:0:fe::/80 { iface second }
        rule 2001:db8:1:0:fe::/80 { iface third }
        rule 2001:db8:1:0:fe::/80 { iface zt0 }
        rule 2001:db8:1:0:ff::/80 {
          iface zt0
        }
      }
      """
    try await network.gateway.withDaemon(ndpproxy, configuration: text, readyAt: "ready: ") {
      daemon in
      _ = try await network.router.ping(member)
      for width in [60, 80, 200] {
        for arguments in [["rules"], ["counters", "--all"]] {
          let shown = try await network.gateway.result(
            of: [
              "env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", "/usr/bin/python3", "-c",
              Self.widthScript, "\(width)", ndpctl,
            ] + arguments
          ).standardOutput
          let lines = shown.split(separator: "\n")
          #expect(lines.count > 2 && lines.allSatisfy { $0.count <= width }, "\(shown)")
          let room = arguments == ["rules"] ? 100 : 70
          #expect(shown.contains("…") == (width < room), "\(shown)")
        }
      }
      let piped = try await network.gateway.ndpctl("rules", of: daemon).standardOutput
      #expect(piped.contains("iface \(long) iface second iface third iface zt0 "), "\(piped)")
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
    while b"EXPIRES" not in seen: seen += os.read(master, 4096)
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
        == "ndpctl: cannot reach ndpproxy: connect to /nowhere/control: No such file or directory; "
        + "start it, or name its socket with --socket\n")
  }
}
