import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What a reload would change, and rules that are switched off for a while.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ReloadCheckTests {
  private let member = FoundingNetwork.memberAddress(0)

  private static let before = """
    proxy eth0 {
      rule 2001:db8:1:0:ff::/80 { iface zt0 }
      rule 2001:db8:2::/64 { auto }
      rule 2001:db8:3::/64 { auto }
    }
    """

  private static let after = """
    max-sessions 100
    proxy eth0 {
      rule 2001:db8:1:0:ff::/80 { static }
      rule 2001:db8:3::/64 { auto }
      rule 2001:db8:4::/64 { iface tap4 description "new" }
    }
    proxy tap9 { rule 2001:db8:9::/64 { auto } }
    """

  @Test func `a check says what a reload does, and does nothing`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.before) { daemon in
      let gateway = network.gateway
      _ = try await network.router.ping(member)
      let same = try await gateway.ndpctl("reload", "--check", of: daemon)
      #expect(same.standardOutput == "a reload would change nothing\n")
      #expect(same.status == .exited(0))
      let before = try await gateway.ndpctl("config", of: daemon).standardOutput
      let difference = try await gateway.ndpctl("config", "--diff", of: daemon).standardOutput
      #expect(difference == "")

      try daemon.configuration.replaceContents(with: Self.after)
      let check = try await gateway.ndpctl("reload", "--check", of: daemon)
      #expect(check.status == .exited(0), "\(check)")
      #expect(
        check.standardOutput == """
          + interface tap4
          + interface tap9
          - interface zt0
          + rule 2001:db8:4::/64 on eth0: iface tap4 description "new"
          + rule 2001:db8:9::/64 on tap9: auto
          - rule 2001:db8:2::/64 on eth0: auto
          ~ rule 2001:db8:1:0:ff::/80 on eth0: iface zt0 -> static
          ~ max-sessions 8192 -> 100
          1 of 1 session would be lost

          """, "\(check)")
      let json = try await gateway.ndpctl("reload", "--check", "--json", of: daemon)
      #expect(json.standardOutput.contains(#""sessionsLost":1"#), "\(json)")
      #expect(json.standardOutput.contains(#""interfacesAdded":["tap4","tap9"]"#), "\(json)")
      // Nothing has changed.
      let unchanged = try await gateway.ndpctl("config", of: daemon).standardOutput
      #expect(unchanged == before)
      let kept = try await gateway.ndpctl("sessions", of: daemon).standardOutput
      #expect(kept.contains("1 target: "))

      // The difference makes one of the other.
      let diff = try await gateway.ndpctl("config", "--diff", of: daemon)
      #expect(diff.status == .exited(1))
      let patched = try await patch(before, with: diff.standardOutput, on: gateway)
      let done = try await gateway.ndpctl("reload", of: daemon)
      #expect(done.status == .exited(0), "\(done)")
      let inForce = try await gateway.ndpctl("config", of: daemon).standardOutput
      #expect(patched == inForce)
      let lost = try await gateway.ndpctl("sessions", of: daemon).standardOutput
      #expect(lost.contains("0 targets"))
    }
  }

  private static func conditions(_ proxy: String, _ rule: String) -> String {
    """
    proxy eth0 {
      require link zt0
      \(proxy)
      rule 2001:db8:1:0:ff::/80 {
        iface zt0
        \(rule)
      }
    }
    """
  }

  /// What changes of a proxy and of a rule that require something, and how that is told.
  private static let changes: [(String, String, String)] = [
    (
      "require gate a", "require gate a",
      """
      ~ rule 2001:db8:1:0:ff::/80 on eth0: iface zt0 -> iface zt0 require gate a
      ~ eth0: require not set -> gate a

      """
    ),
    (
      "require gate a\nrequire gate b", "require gate b",
      """
      ~ rule 2001:db8:1:0:ff::/80 on eth0: iface zt0 require gate a -> iface zt0 require gate b
      ~ eth0: require not set -> gate b

      """
    ),
    (
      "require gate c", "autovia yes",
      """
      ~ rule 2001:db8:1:0:ff::/80 on eth0: iface zt0 require gate b -> iface zt0 autovia yes
      ~ eth0: require gate a -> gate c
      ~ eth0: require gate b -> not set

      """
    ),
  ]

  @Test func `a condition that changes is told, however many there are`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.withDaemon(
      ndpproxy, configuration: Self.conditions("", ""), readyAt: "ready:"
    ) { daemon in
      for (proxy, rule, expected) in Self.changes {
        try daemon.configuration.replaceContents(with: Self.conditions(proxy, rule))
        let check = try await gateway.ndpctl("reload", "--check", of: daemon)
        #expect(check.standardOutput == expected + "no session would be lost\n", "\(check)")
        _ = try await gateway.ndpctl("reload", of: daemon)
        let same = try await gateway.ndpctl("reload", "--check", of: daemon)
        #expect(same.standardOutput == "a reload would change nothing\n", "\(same)")
      }
    }
  }

  @Test func `a file to write that a reload adds takes a restart`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.before) { daemon in
      _ = try await daemon.process.line(containing: "ready")
      try daemon.configuration.replaceContents(
        with: "keep-targets /tmp/ndpproxy-none/targets\n" + Self.before)
      let check = try await network.gateway.ndpctl("reload", "--check", of: daemon)
      #expect(
        check.standardOutput.contains("'keep-targets' writes a file, which only a restart permits"),
        "\(check)")
      _ = try await network.gateway.ndpctl("reload", of: daemon)
      #expect(daemon.process.lines.contains { $0.contains("keep-targets writes a file") })
    }
  }

  /// Applies a unified diff with a reader of its own: patch(1) is not everywhere.
  private func patch(_ text: String, with diff: String, on node: Node) async throws -> String {
    let script = """
      import re, sys
      lines, diff = sys.argv[1].split("\\n")[1:], sys.argv[2].split("\\n")[2:]
      out, place = [sys.argv[1].split("\\n")[0]], 0
      for line in diff:
          head = re.match(r"@@ -(\\d+),(\\d+) \\+(\\d+),(\\d+) @@$", line)
          if head:
              start = int(head[1]) - (int(head[2]) > 0)
              out += lines[place:start]
              place = start
          elif line[:1] in (" ", "-"):
              assert lines[place] == line[1:], (lines[place], line)
              if line[0] == " ": out.append(line[1:])
              place += 1
          elif line[:1] == "+": out.append(line[1:])
      print("\\n".join(out + lines[place:]), end="")
      """
    return try await node.run("/usr/bin/python3", "-c", script, text, diff)
  }

  @Test func `a file with errors, or none, would be refused`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.before) { daemon in
      let path = daemon.configuration.path
      try daemon.configuration.replaceContents(with: "proxy eth0 {\n  ruel x {\n  }\n}\n")
      let check = try await network.gateway.ndpctl("reload", "--check", of: daemon)
      #expect(check.status == .exited(1))
      #expect(check.standardOutput == "")
      #expect(check.standardError.contains("error: \(path):2:3: unknown key 'ruel'"), "\(check)")
      #expect(
        check.standardError.contains("a reload would be refused: \(path) has errors"), "\(check)")
      let json = try await network.gateway.ndpctl("reload", "--check", "--json", of: daemon)
      #expect(json.status == .exited(1))
      #expect(json.standardOutput.contains(#""isAcceptable":false"#), "\(json)")
      let diff = try await network.gateway.ndpctl("config", "--diff", of: daemon)
      #expect(diff.status == .exited(1) && diff.standardError.contains("has errors"), "\(diff)")
      // That was no reload, and is none that was refused.
      let status = try await network.gateway.ndpctl("status", of: daemon).standardOutput
      #expect(!status.contains("refused"), "\(status)")
    }
  }

  @Test func `an interface that another ndpproxy serves is told`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.run(
      "ip", "link", "add", "tap9", "type", "veth", "peer", "name", "tap9p")
    let other = try TemporaryFile(
      containing: "proxy tap9 { rule 2001:db8:9::/64 { static } }")
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.before) { daemon in
      try await network.gateway.withProcess([
        ndpproxy, "-c", other.path, "-S", "off",
      ]) { process in
        _ = try await process.line(containing: "ready: ")
        try daemon.configuration.replaceContents(with: Self.after)
        let check = try await network.gateway.ndpctl("reload", "--check", of: daemon)
        #expect(check.status == .exited(1), "\(check)")
        #expect(check.standardError.contains("tap9 is already served by ndpproxy"), "\(check)")
      }
      // And it is not kept from anybody by the check.
      let free = try await network.gateway.ndpctl("reload", "--check", of: daemon)
      #expect(free.status == .exited(0), "\(free)")
      try await network.gateway.withProcess([
        ndpproxy, "-c", other.path, "-S", "off",
      ]) { process in
        let line = try await process.line(containing: "ready: ")
        #expect(line != nil)
      }
    }
  }

  @Test func `a disabled rule is as if it was not there, until the next reload`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let prefix = "\(FoundingNetwork.insidePrefix)"
    let gateway = network.gateway
    try await gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) { daemon in
      func answers() async throws -> Bool {
        try await network.router.run("ip", "-6", "neighbor", "flush", "dev", "up0")
        return try await network.router.ping(member).received > 0
      }
      let answersAtFirst = try await answers()
      #expect(answersAtFirst)
      let disabled = try await gateway.ndpctl("rule", "disable", prefix, of: daemon)
      #expect(disabled.standardOutput == "\(prefix) on eth0: disabled until the next reload\n")
      let answersDisabled = try await answers()
      #expect(!answersDisabled)
      let status = try await gateway.ndpctl("status", of: daemon).standardOutput
      #expect(status.contains(", 1 rule disabled"), "\(status)")
      #expect(status.contains("disabled: iface zt0"), "\(status)")
      let why = try await gateway.ndpctl("why", "\(member)", of: daemon)
      #expect(why.status == .exited(1))
      #expect(why.standardOutput.contains("'ndpctl rule enable \(prefix)' enables it"), "\(why)")
      let diff = try await gateway.ndpctl("config", "--diff", of: daemon)
      #expect(diff.standardOutput.contains("\n+  rule \(prefix) {\n+    iface zt0\n"), "\(diff)")
      let check = try await gateway.ndpctl("reload", "--check", of: daemon).standardOutput
      #expect(check.contains("+ rule \(prefix) on eth0: iface zt0\n"), "\(check)")
      let metrics = try await gateway.ndpctl("metrics", of: daemon).standardOutput
      #expect(metrics.contains("\nndpproxy_rules_disabled 1\n"))
      let again = try await gateway.ndpctl("rule", "disable", prefix, of: daemon)
      #expect(again.standardOutput.contains("already disabled"))

      let enabled = try await gateway.ndpctl("rule", "enable", prefix, of: daemon)
      #expect(enabled.standardOutput == "\(prefix) on eth0: enabled\n")
      let answersEnabled = try await answers()
      #expect(answersEnabled)
      _ = try await gateway.ndpctl("rule", "disable", "-i", "eth0", prefix, of: daemon)
      let reloaded = try await gateway.ndpctl("reload", of: daemon).status
      #expect(reloaded == .exited(0))
      let answersReloaded = try await answers()
      #expect(answersReloaded)

      for arguments in [["2001:db8:77::/64"], ["-i", "zt0", prefix]] {
        let unknown = try await gateway.ndpctl(["rule", "disable"] + arguments, of: daemon)
        #expect(unknown.status == .exited(1))
        #expect(unknown.standardError.contains("there is no rule "), "\(unknown)")
      }
    }
  }
}
