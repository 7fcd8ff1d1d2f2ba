import JSONDecoding
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// How the command line is read, and what becomes of output; no daemon is needed.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct CommandLineTests {
  private func run(_ arguments: [String]) async throws -> CommandResult {
    try await Node(name: "host", namespace: NetworkNamespace()).result(of: [ndpctl] + arguments)
  }

  static let refused: [([String], String)] = [
    (["sesions"], "there is no command 'sesions'; did you mean 'sessions'?"),
    (["Status"], "there is no command 'Status'; did you mean 'status'?"),
    (["frobnicate"], "there is no command 'frobnicate'\n'ndpctl help' lists the commands."),
    (["re\u{1b}[31mload"], "there is no command 're\\x1b[31mload'"),
    (["r"], "'r' is ambiguous: 'rules' or 'reload' or 'rule'"),
    (["help", "nosuch"], "there is no command 'nosuch'"),
    (["help", "rule", "disabel"], "there is no command 'disabel'; did you mean 'disable'?"),
    (["-h", "nosuch"], "there is no command 'nosuch'"),
    (["--json", "nosuch"], "there is no command 'nosuch'"),
    (["-s", "/nowhere", "nosuch"], "there is no command 'nosuch'"),
    ([""], "there is no command ''"),
    (["rule"], ""),
    (["rule", "2001:db8::/32"], "there is no command '2001:db8::/32'"),
    (["flush", "zt0"], "The value 'zt0' is invalid"),
    (["status", "--jso"], "Unknown option '--jso'"),
    (["rules", "--tsv", "--json"], "--tsv and --json exclude each other."),
    (["top", "-d", "0"], "--interval must be 1 through 3600."),
    (["metrics", "--json"], "Unknown option '--json'"),
    (["metrics", "--listen", "localhost:9637"], "The value 'localhost:9637' is invalid"),
    (["metrics", "--listen", "[::1]"], "The value '[::1]' is invalid"),
    (["metrics", "--listen", "1.2.3.4:99999"], "The value '1.2.3.4:99999' is invalid"),
  ]

  @Test func `what is no command line is refused in two lines`() async throws {
    for (arguments, complaint) in Self.refused where arguments != ["rule"] {
      let result = try await run(arguments)
      #expect(result.status == .exited(64), "\(arguments): \(result)")
      #expect(result.standardOutput == "", "\(arguments)")
      #expect(result.standardError.contains(complaint), "\(arguments): \(result.standardError)")
      #expect(result.standardError.split(separator: "\n").count <= 2, "\(result.standardError)")
    }
  }

  /// The last line of what each says about a socket that is not there.
  static let sameCommands: [[String]] = [
    ["status", "-s", "/nowhere"], ["-s", "/nowhere", "status"], ["--socket=/nowhere", "status"],
    ["-s/nowhere", "st"], ["-s", "/nowhere"], ["--json", "-s", "/nowhere", "stat", "--pretty"],
    ["sess", "-s", "/nowhere"], ["-s", "/nowhere", "rule", "en", "2001:db8::/32"],
    ["-s", "/nowhere", "met"], ["-s", "/nowhere", "fl", "::/0"],
  ]

  @Test(arguments: sameCommands)
  func `options may stand before the command, and commands be short`(
    arguments: [String]
  ) async throws {
    let result = try await run(arguments)
    #expect(result.status == .exited(69), "\(result)")
    #expect(result.standardError.hasPrefix("ndpctl: cannot reach ndpproxy: connect to /nowhere: "))
  }

  @Test func `no socket is told as such`() async throws {
    let result = try await Node(name: "host", namespace: NetworkNamespace()).result(
      of: ["env", "NDPPROXY_SOCKET=off", ndpctl, "status"])
    #expect(result.status == .exited(69))
    #expect(
      result.standardError
        == "ndpctl: no control socket: NDPPROXY_SOCKET is 'off'; name one with --socket\n")
  }

  static let helped: [([String], String)] = [
    (["help"], "USAGE: ndpctl <subcommand>"), (["-h"], "USAGE: ndpctl <subcommand>"),
    (["help", "top"], "USAGE: ndpctl top "), (["-h", "top"], "USAGE: ndpctl top "),
    (["top", "-h"], "USAGE: ndpctl top "), (["help", "sess"], "USAGE: ndpctl sessions "),
    (["help", "rule", "disable"], "USAGE: ndpctl rule disable "), (["--version"], "ndpctl "),
  ]

  @Test(arguments: helped)
  func `help is about what was asked for`(arguments: [String], beginning: String) async throws {
    let result = try await run(arguments)
    #expect(result.status == .exited(0))
    #expect(result.standardOutput.contains(beginning), "\(result.standardOutput)")
    for line in result.standardOutput.split(separator: "\n") where line.hasPrefix("USAGE") {
      // That of the doctor has all its options.
      #expect(line.count <= 80, "\(line)")
    }
  }

  @Test(arguments: [
    ["help"], ["help", "status"], ["--version"], ["--generate-completion-script", "bash"],
    ["doctor", "--explain", "D01"],
  ])
  func `output that is lost is an error`(arguments: [String]) async throws {
    let full = try await Node(name: "host", namespace: NetworkNamespace()).result(
      of: ["sh", "-c", "\"$0\" \"$@\" >/dev/full", ndpctl] + arguments)
    #expect(full.status == .exited(74), "\(full)")
    #expect(
      full.standardError
        == "ndpctl: cannot write to standard output: No space left on device\n")
    // Whoever reads no more has seen enough.
    let closed = try await Node(name: "host", namespace: NetworkNamespace()).result(
      of: [
        "/usr/bin/python3", "-c",
        """
        import os, subprocess, sys
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(sys.argv[1:], stdout=writer, stderr=subprocess.PIPE,
                              restore_signals=False)
        print(done.returncode, done.stderr)
        """, ndpctl,
      ] + arguments)
    #expect(closed.standardOutput == "0 b''\n", "\(closed)")
  }
}

/// The same with a daemon that has something to show.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ListTests {
  private static let text = """
    proxy eth0 {
      rule 2001:db8:1:0:ff::/80 {
        iface zt0
        description "members\tof the network"
      }
      rule 2001:db8:1:0:fe::/80 { iface w* }
      rule 2001:db8:2::/48 { auto }
    }
    proxy tap1 { rule 2001:db8:1:0:ff::/80 { static } }
    """

  private func withDaemon(_ body: (Daemon, FoundingNetwork) async throws -> Void) async throws {
    let network = try await FoundingNetwork()
    let text = Self.text.replacing("\t", with: " ")
    try await network.gateway.withDaemon(ndpproxy, configuration: text, readyAt: "ready: ") {
      try await body($0, network)
    }
  }

  @Test func `every list is lost as loudly as any other output`() async throws {
    try await withDaemon { daemon, network in
      for command in ["status", "rules", "sessions", "counters", "config", "metrics", "why ::1"] {
        let result = try await network.gateway.result(of: [
          "env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", "sh", "-c",
          "exec \(ndpctl) \(command) >/dev/full",
        ])
        #expect(result.status == .exited(74), "\(command): \(result)")
      }
    }
  }

  @Test func `rules are filtered by interface and by prefix`() async throws {
    try await withDaemon { daemon, network in
      func prefixes(_ arguments: [String]) async throws -> [String] {
        let result = try await network.gateway.ndpctl(["rules", "--tsv"] + arguments, of: daemon)
        #expect(result.status == .exited(0), "\(result)")
        return result.standardOutput.split(separator: "\n").map { line in
          let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
          #expect(fields.count == 8, "\(line)")
          return "\(fields[0]) \(fields[1])"
        }
      }
      let members = "eth0 2001:db8:1:0:ff::/80"
      let others = "eth0 2001:db8:1:0:fe::/80"
      let routed = "eth0 2001:db8:2::/48"
      let tap = "tap1 2001:db8:1:0:ff::/80"
      let expected: [([String], [String])] = [
        ([], [members, others, routed, tap]), (["-i", "zt0"], [members]),
        (["-i", "wg7"], [others]), (["-i", "tap1"], [tap]),
        (["-i", "eth0"], [members, others, routed]), (["-i", "nosuch"], []),
        (["2001:db8:1:0:ff::10"], [members, tap]),
        (["2001:db8:1::/64"], [members, others, tap]), (["2001:db8:2:3::/64"], [routed]),
        (["-i", "zt0", "2001:db8:2::/48"], []),
      ]
      for (arguments, rules) in expected {
        let found = try await prefixes(arguments)
        #expect(found == rules, "\(arguments)")
      }
    }
  }

  @Test func `sessions are filtered, and have a total and link-layer addresses`() async throws {
    try await withDaemon { daemon, network in
      for index in 0..<2 {
        _ = try await network.router.ping(FoundingNetwork.memberAddress(index))
      }
      func lines(_ arguments: String...) async throws -> [String] {
        try await network.gateway.ndpctl(["sessions"] + arguments, of: daemon).standardOutput
          .split(separator: "\n").map(String.init)
      }
      let all = try await lines()
      #expect(
        all.first?.split { $0 == " " }.prefix(4).joined(separator: " ")
          == "TARGET STATE INTERFACE LLADDR")
      #expect(all.count == 4 && all[1].contains(" 02:00:00:00:00:10 "), "\(all)")
      #expect(all.last == "2 targets: 2 reachable")
      let one = try await lines("--tsv", "\(FoundingNetwork.memberAddress(1))")
      let fields = one.first?.split(separator: "\t", omittingEmptySubsequences: false) ?? []
      #expect(one.count == 1 && fields.count == 8, "\(one)")
      #expect(
        fields.prefix(5).map(String.init) == [
          "\(FoundingNetwork.memberAddress(1))", "reachable", "eth0", "zt0", "02:00:00:00:00:11",
        ])
      let behind = try await lines("--tsv", "-i", "zt0").count
      #expect(behind == 2)
      let isEmptyElsewhere = try await lines("--tsv", "-i", "tap1").isEmpty
      #expect(isEmptyElsewhere)
      let hasNoneFailed = try await lines("--tsv", "--state", "failed").isEmpty
      #expect(hasNoneFailed)
      let inPrefix = try await lines("--tsv", "2001:db8:1:0:ff::/80").count
      #expect(inPrefix == 2)
      let counters = try await network.gateway.ndpctl("counters", "--tsv", "-i", "eth0", of: daemon)
      let rows = counters.standardOutput.split(separator: "\n")
      #expect(rows.contains("eth0\tsolicitationsReceived\t2"), "\(rows)")
      #expect(rows.allSatisfy { $0.hasPrefix("eth0\t") })
      let shown = try await network.gateway.ndpctl("counters", "-a", of: daemon).standardOutput
      #expect(shown.contains("ignored: duplicate address detection "), "\(shown)")
      #expect(shown.contains("malformed: not ICMPv6 "), "\(shown)")
    }
  }

  @Test func `status, JSON and metrics say the version`() async throws {
    try await withDaemon { daemon, network in
      let said = try await network.gateway.run(ndpproxy, "--version")
      let version = said.split { $0 == " " || $0 == "\n" }.dropFirst().first.map(String.init) ?? "?"
      let control = try await network.gateway.run(ndpctl, "--version")
      #expect(control.hasPrefix("ndpctl \(version)\nLicense: MIT;"), "\(control)")
      let status = try await network.gateway.ndpctl("status", of: daemon).standardOutput
      #expect(status.contains("\nversion \(version), process "), "\(status)")
      let json = try await network.gateway.ndpctl("status", "--json", of: daemon).standardOutput
      #expect(json.contains(#""programVersion":"\#(version)""#))
      let metrics = try await network.gateway.ndpctl("metrics", of: daemon).standardOutput
      #expect(metrics.contains("\nndpproxy_build_info{version=\"\(version)\"} 1\n"))
    }
  }

  /// A shell of sorts in a terminal of its own, which stops `top` by Ctrl-Z, goes on with it, makes
  /// the terminal smaller, and ends it.
  private static let shellScript = """
    import fcntl, os, pty, re, select, signal, struct, sys, termios, time
    command = sys.argv[1:]
    master, slave = pty.openpty()
    told, tell = os.pipe()
    def size(columns):
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    def is_raw(): return not termios.tcgetattr(slave)[3] & (termios.ICANON | termios.ECHO)
    size(120)
    if os.fork() == 0:
        os.close(master)
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(slave, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            for number in (0, 1, 2): os.dup2(slave, number)
            os.execv(command[0], command)
        _, status = os.waitpid(child, os.WUNTRACED)
        raw = is_raw()
        os.tcsetpgrp(slave, os.getpid())
        os.write(tell, b"stopped %d cooked %d\\n" % (os.WIFSTOPPED(status), not raw))
        time.sleep(0.2)
        os.tcsetpgrp(slave, child)
        os.kill(-child, signal.SIGCONT)
        _, status = os.waitpid(child, 0)
        os.write(tell, b"ended %d cooked %d\\n" % (status, not is_raw()))
        os._exit(0)
    def until(pattern):
        seen, end = b"", time.time() + 20
        while not re.search(pattern, seen):
            if not select.select([master], [], [], max(0, end - time.time()))[0]: break
            seen += os.read(master, 65536)
        return seen
    until(rb"EXPIRES")
    os.write(master, b"\\x1a")
    print(os.read(told, 100).decode(), end="")
    again = until(rb"1049h(?s:.*)EXPIRES")
    print("drawn again", b"1049h" in again, "raw", is_raw())
    size(30)
    # Drawings from before may still be on their way: what counts is one that is narrow.
    seen, end, rows = b"", time.time() + 20, ["x" * 120]
    while max(map(len, rows)) > 30:
        if not select.select([master], [], [], max(0, end - time.time()))[0]: break
        seen += os.read(master, 65536)
        for drawing in re.findall(rb"(?s)\\x1b\\[H(.*?)\\x1b\\[J", seen):
            text = re.sub(r"\\x1b\\[[?0-9]*[A-Za-z]", "", drawing.decode())
            rows = text.replace("\\r", "").split("\\n")
    print("narrow", max(map(len, rows)) <= 30, any(len(row) == 30 for row in rows))
    os.write(master, b"q")
    print(os.read(told, 100).decode(), end="")
    """

  @Test func `top survives Ctrl-Z and another size`() async throws {
    try await withDaemon { daemon, network in
      _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
      // Nothing is drawn anew but for a signal.
      let result = try await network.gateway.result(of: [
        "timeout", "100", "/usr/bin/python3", "-c", Self.shellScript, ndpctl, "top", "-d", "3600",
        "--socket", daemon.controlSocket,
      ])
      #expect(
        result.standardOutput == """
          stopped 1 cooked 1
          drawn again True raw True
          narrow True True
          ended 0 cooked 1

          """, "\(result)")
    }
  }

  @Test func `top asks for the targets that were solicited last`() async throws {
    try await withDaemon { daemon, network in
      for index in [1, 0] {
        _ = try await network.router.ping(FoundingNetwork.memberAddress(index))
      }
      let connection = try StreamConnection(connectingTo: daemon.controlSocket)
      _ = try connection.send(
        Array(#"{"version":1,"command":{"recent":{"limit":1}}}"#.utf8)[...] + [10])
      try #require(try connection.waitUntil(readable: true, milliseconds: 5000))
      let reply = String(decoding: try connection.receive(limit: 1 << 16) ?? [], as: UTF8.self)
      #expect(reply.contains("\"target\":\"\(FoundingNetwork.memberAddress(0))\""), "\(reply)")
      #expect(!reply.contains("\(FoundingNetwork.memberAddress(1))"), "\(reply)")
    }
  }
}
