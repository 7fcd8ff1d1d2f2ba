import LinuxNet
import LinuxSurvey
import NetworkLab
import Testing

/// Programs that a daemon runs at a take-over and a release.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct HookTests {
  private func settings(_ script: String) -> String {
    """
    proxy eth0 {
      require address fe80::5:1
      on-take-over /bin/sh \(script) "a b" $HOME
      on-release /bin/sh \(script) gone
      rule \(FoundingNetwork.insidePrefix) {
        static
      }
    }
    """
  }

  private func change(_ node: Node, _ word: String) async throws {
    try await node.run("ip", "address", word, "fe80::5:1/64", "dev", "eth0", "nodad")
  }

  @Test func `they run without a shell and without privileges, one after the other`() async throws {
    let network = try await FoundingNetwork(members: 1)
    // What it prints is in the daemon's log.
    let script = try TemporaryFile(
      containing: """
        echo "hook: $# $1 $2 $NDPPROXY_EVENT $NDPPROXY_INTERFACE ${NDPPROXY_SOCKET-unset}"
        grep Cap /proc/self/status | sed 's/^/hook: /'
        ls /proc/self/fd | sed 's/^/hook: descriptor /'
        """)
    try await network.gateway.withDaemon(ndpproxy, configuration: settings(script.path)) { daemon in
      try await change(network.gateway, "add")
      let first = try await daemon.process.line(
        containing: "hook: 2 a b $HOME take-over eth0 unset")
      #expect(first != nil, "\(daemon.process.lines)")
      try await change(network.gateway, "del")
      let second = try await daemon.process.line(containing: "hook: 1 gone  release eth0 unset")
      #expect(second != nil, "\(daemon.process.lines)")
      _ = try await daemon.process.line(containing: "hook: CapAmb")
      let log = daemon.process.lines
      for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        #expect(log.contains { $0.contains("hook: \(set):\t0000000000000000") }, "\(log)")
      }
      // The fourth is ls's own.
      #expect(!log.contains { $0.contains("hook: descriptor 4") }, "\(log)")
    }
  }

  @Test func `a reload that takes the proxy out of force, or into it, runs them`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let script = try TemporaryFile(containing: "echo \"hook: $NDPPROXY_EVENT $NDPPROXY_INTERFACE\"")
    let before = settings(script.path)
    try await network.gateway.withDaemon(ndpproxy, configuration: before) { daemon in
      func reload(_ text: String, _ expected: String, _ count: Int) async throws {
        try daemon.configuration.replaceContents(with: text)
        daemon.process.send(.terminalClosed)
        let lines: [String]? = try await poll(within: .seconds(20)) {
          let lines = daemon.process.lines.filter { $0.contains("hook: ") }
          return lines.count == count ? lines : nil
        }
        #expect(lines?.last?.contains(expected) == true, "\(daemon.process.lines)")
      }
      let met = before.replacing("require address fe80::5:1", with: "require link eth0")
      try await reload(met, "hook: take-over eth0", 1)
      try await reload(before, "hook: release eth0", 2)
      try await reload(met, "hook: take-over eth0", 3)
      try await reload("proxy zt0 { rule 2001:db8:9::/64 { auto } }", "hook: release eth0", 4)
    }
  }

  @Test func `a proxy that was in force from the start is released, not taken over`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    let script = try TemporaryFile(containing: "echo \"hook: $NDPPROXY_EVENT $NDPPROXY_INTERFACE\"")
    let text = """
      proxy eth0 {
        on-take-over /bin/sh \(script.path)
        on-release /bin/sh \(script.path)
        rule \(FoundingNetwork.insidePrefix) { static }
      }
      proxy zt0 {
        require gate other
        rule 2001:db8:9::/64 { static }
      }
      """
    try await gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      func ndpctl(_ words: String...) async throws {
        let result = try await gateway.result(
          of: ["env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", try Host.programBeside("ndpctl")]
            + words)
        #expect(result.status == .exited(0), "\(result.standardError)")
      }
      func events(_ count: Int) async throws -> [String]? {
        try await poll(within: .seconds(20)) {
          let lines = daemon.process.lines.filter { $0.contains("hook: ") }
          return lines.count >= count
            ? lines.map { $0.split(separator: ":").last.map(String.init) ?? "" } : nil
        }
      }
      // What another proxy takes over is not this one's.
      try await ndpctl("gate", "other", "on")
      try await ndpctl("rule", "disable", "\(FoundingNetwork.insidePrefix)")
      #expect(try await events(1) == [" release eth0"], "\(daemon.process.lines)")
      try await ndpctl("rule", "enable", "\(FoundingNetwork.insidePrefix)")
      #expect(try await events(2) == [" release eth0", " take-over eth0"])
      try daemon.configuration.replaceContents(with: "proxy zt0 { rule 2001:db8:9::/64 { auto } }")
      daemon.process.send(.terminalClosed)
      let last = try await events(3)?.last
      #expect(last == " release eth0", "\(daemon.process.lines)")
    }
  }

  @Test func `what fails or hangs is told, and answers go on`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let script = try TemporaryFile(containing: "[ $1 = gone ] || exit 3\nsleep 60 & wait\n")
    try await network.gateway.withDaemon(ndpproxy, configuration: settings(script.path)) { daemon in
      let router = try await Questioner(network.router)
      try await change(network.gateway, "add")
      let failure = try await daemon.process.line(containing: "/bin/sh: exit status 3")
      #expect(failure != nil, "\(daemon.process.lines)")
      try await change(network.gateway, "del")
      try await change(network.gateway, "add")
      let target = FoundingNetwork.memberAddress(7)
      #expect(try await router.answer(about: target) != nil)
      let killed = try await daemon.process.line(
        containing: "/bin/sh: killed, because it ran for more than 10 s", within: .seconds(30))
      #expect(killed != nil, "\(daemon.process.lines)")
    }
  }
}
