import LinuxSurvey
import NetworkLab
import Testing

/// What `ndpctl doctor --fix` asks on a terminal: nothing is changed without a yes.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(3)))
struct QuestionTests {
  private static let configuration =
    "proxy eth0 {\n  rule 2001:db8:1:0:ff::/80 {\n    auto\n  }\n}\n"

  /// Runs a program on a terminal of its own, of which it is the session's leader, and presses
  /// keys after each question; without keys, the terminal goes away.
  private static let typist = """
    import os, pty, sys, time
    keys = sys.argv[1].encode().decode("unicode_escape").encode()
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.argv[2], sys.argv[2:])
    seen, asked = b"", 0
    while True:
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            break
        if seen.count(b"[y/N] ") > asked:
            asked += 1
            if not keys:
                os.close(terminal)
                break
            os.write(terminal, keys)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    print(seen.decode() + f"\\nasked {asked}, status {status}")
    """

  /// Keys, whether they are a yes, and how the program ends: with the exit status of what is left,
  /// or by a signal.
  static let answers: [(keys: String, isYes: Bool, status: Int)] = [
    ("y\\n", true, 0), ("yes\\n", true, 0), ("Y\\n", true, 0), ("n\\n", false, 1),
    ("\\n", false, 1), ("yesterday\\n", false, 1), ("\\x04", false, 1), ("\\x03", false, -2),
    ("y\\x03", false, -2), ("", false, -1),
  ]

  @Test(arguments: answers)
  func `only a yes changes anything`(keys: String, isYes: Bool, status: Int) async throws {
    let lab = try await Lab()
    try await lab.gateway.withDaemon(ndpproxy, configuration: Self.configuration) { daemon in
      try await lab.shell(
        "sysctl -qw net.ipv6.conf.all.forwarding=0; rm \(lab.root)/etc/sysctl.d/*; "
          + "nft add table inet t; nft add chain inet t f "
          + "'{ type filter hook forward priority 0; policy drop; }'")
      let before = try await state(of: lab)
      let result = try await lab.gateway.result(
        of: [
          "timeout", "--kill-after=1", "30", "python3", "-c", Self.typist, keys, ndpctl, "doctor",
          "--root", lab.root, "-c", daemon.configuration.path, "--fix",
        ])
      let output = result.standardOutput
      #expect(output.contains("Do this now? [y/N] ") || keys.isEmpty, "\(output)")
      #expect(output.contains("status \(status)\n"), "\(output)\(result.standardError)")
      #expect((try await state(of: lab) == before) != isYes, "\(output)")
      #expect(output.contains("asked 1,") == (status < 0), "\(output)")
    }
    try await lab.cleanUp()
  }

  @Test(arguments: ["</dev/null", "<&-", "<ANSWERS", "<ANSWERS 2>/dev/null | cat"])
  func `without a terminal, nothing is asked and nothing changed`(input: String) async throws {
    let lab = try await Lab()
    try await lab.gateway.withDaemon(ndpproxy, configuration: Self.configuration) { daemon in
      try await lab.shell("sysctl -qw net.ipv6.conf.all.forwarding=0")
      try await lab.write("y\ny\ny\n", to: "/ANSWERS")
      let before = try await state(of: lab)
      let result = try await lab.gateway.result(
        of: [
          "sh", "-c",
          "cd \(lab.root) && \(ndpctl) doctor --root \(lab.root) -c \(daemon.configuration.path) "
            + "--fix \(input)",
        ])
      #expect(!result.standardOutput.contains("[y/N]"))
      #expect(try await state(of: lab) == before)
    }
    try await lab.cleanUp()
  }

  /// All that `--fix` may change.
  private func state(of lab: Lab) async throws -> String {
    try await lab.gateway.run(
      "sh", "-c",
      "sysctl net.ipv6.conf | grep -v stable_secret; nft list ruleset; ip -6 route; ip -6 rule; "
        + "find \(lab.root) -type f | sort | xargs cat")
  }
}
