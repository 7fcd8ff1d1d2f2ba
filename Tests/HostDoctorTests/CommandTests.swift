import LinuxSurvey
import NetworkLab
import SystemPackage
import Testing

private let ndppd = "/usr/sbin/ndppd"

/// `ndpctl doctor` as a program, beyond what `LabTests` see of it.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct CommandTests {
  private let healthy = Misconfiguration(code: "", name: "")

  @Test func `a filter that lets only answers in is no trouble`() async throws {
    let lab = try await Lab()
    try await lab.gateway.withDaemon(ndpproxy, configuration: healthy.configuration) { daemon in
      try await lab.nft(
        """
        table inet filter {
          chain forward {
            type filter hook forward priority 0; policy drop;
            ct state vmap { established : accept, related : accept, invalid : drop }
            iifname "zt0" accept
          }
          chain input {
            type filter hook input priority 0; policy drop;
            icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
          }
        }

        """)
      let document = try await lab.doctor(daemon.configuration.path)
      #expect(document.codes == [], "\(document.report)")
      #expect(document["D10"]?.findings.first?.severity == "note")
    }
    try await lab.cleanUp()
  }

  @Test func `who may not look is told so, and never that all is well`() async throws {
    let lab = try await Lab()
    try await lab.gateway.withDaemon(ndpproxy, configuration: healthy.configuration) { daemon in
      let document = try await lab.doctor(
        daemon.configuration.path,
        under: ["setpriv", "--inh-caps=-all", "--bounding-set=-all"])
      for code in ["D10", "D11", "D13", "D14", "D15", "D16", "D29", "D40", "D51"] {
        #expect(document[code]?.verdict == "skipped", "\(code)")
        #expect(document[code]?.message == "needs root", "\(code)")
      }
      #expect(document["D01"]?.verdict == "good")
    }
    try await lab.cleanUp()
  }

  @Test func `without a daemon, the fix starts one`() async throws {
    let lab = try await Lab()
    try await lab.write(healthy.configuration, to: "/etc/ndpproxy.conf")
    let path = lab.root + "/etc/ndpproxy.conf"
    try await lab.shell("chmod 755 \(lab.root) \(lab.root)/etc; chmod 644 \(path)")
    let document = try await lab.doctor(path)
    #expect(document.codes == ["D51"], "\(document.report)")
    try await lab.shell(document.troubles.flatMap { $0.fix?.commands ?? [] }.joined(separator: ";"))
    let healed = try await lab.doctor(path)
    #expect(healed.codes == [], "\(healed.report)")
    #expect(try await lab.pingWorks(within: .seconds(3)))
    let number = healed["D51"]?.message?.split(separator: " ").last.map(String.init)
    try await lab.shell("kill \(try #require(number))")
    try await lab.cleanUp()
  }

  @Test(.enabled(if: isInstalled(ndppd)))
  func `another proxy is named, and the fix ends it`() async throws {
    let lab = try await Lab()
    let other = "proxy eth0 {\n  rule 2001:db8:1:0:ff::/80 {\n    static\n  }\n}\n"
    try await lab.gateway.withDaemon(ndpproxy, configuration: healthy.configuration) { daemon in
      try await lab.gateway.withDaemon(ndppd, configuration: other) { peer in
        let document = try await lab.doctor(daemon.configuration.path)
        #expect(document.codes == ["D40"], "\(document.report)")
        for command in document.troubles.flatMap({ $0.fix?.commands ?? [] }) {
          try await lab.shell(command)
        }
        _ = try await peer.process.exitStatus(within: .seconds(5))
        #expect(try await lab.doctor(daemon.configuration.path).codes == [])
        #expect(try await lab.pingWorks(within: .seconds(3)))
      }
    }
    try await lab.cleanUp()
  }

  @Test func `a configuration with errors leaves nothing to compare`() async throws {
    let lab = try await Lab()
    try await lab.write("proxy eth0 {\n  ruel 2001:db8::/80\n}\n", to: "/etc/ndpproxy.conf")
    let document = try await lab.doctor(lab.root + "/etc/ndpproxy.conf")
    #expect(document.exitStatus == 1)
    #expect(document["D50"]?.findings.first?.value.contains("unknown key") == true)
    #expect(document["D04"]?.verdict == "skipped")
    try await lab.cleanUp()
  }

  @Test func `what it cannot look at, it says`() async throws {
    let lab = try await Lab()
    let missing = try await lab.gateway.result(
      of: [ndpctl, "doctor", "-c", "/no/such/file.conf"])
    #expect(missing.status == .exited(3))
    #expect(missing.standardError.contains("ndpctl init"))
    let unknown = try await lab.gateway.result(of: [ndpctl, "doctor", "--only", "D99"])
    #expect(unknown.standardError.contains("There is no check 'D99'"))
    let explained = try await lab.gateway.result(of: [ndpctl, "doctor", "--explain", "d03"])
    #expect(explained.standardOutput.hasPrefix("D03 default route"))
    #expect(explained.status == .exited(0))
    try await lab.cleanUp()
  }

  @Test func `the page fits a terminal, and has no colour in a pipe`() async throws {
    let lab = try await Lab()
    try await lab.write(healthy.configuration, to: "/etc/ndpproxy.conf")
    try await lab.shell("sysctl -qw net.ipv6.conf.all.forwarding=0")
    let page = try await lab.gateway.result(of: [ndpctl, "doctor", "--root", lab.root])
    #expect(page.status == .exited(1))
    #expect(page.standardOutput.contains("✘ D01 forwarding"))
    #expect(page.standardOutput.contains("sysctl -w net.ipv6.conf.all.forwarding=1"))
    #expect(!page.standardOutput.contains("\u{1b}"))
    let isCommand = { (line: Substring) in
      ["sysctl", "nft", "echo", "ip", "ndpproxy"].contains { line.contains(" \($0) ") }
    }
    let wide = page.standardOutput.split(separator: "\n").filter {
      $0.count > 80 && !isCommand($0) && !$0.contains(lab.root)
    }
    #expect(wide == [])
    try await lab.cleanUp()
  }

  @Test func `init proposes what the host needs, and it serves`() async throws {
    let lab = try await Lab()
    let path = lab.root + "/etc/ndpproxy.conf"
    let command = [ndpctl, "init", "--upstream", "eth0"]
    try await lab.gateway.run(ndpctl, "init", "--upstream", "eth0", "-o", path)
    let again = try await lab.gateway.result(of: command + ["-o", path])
    #expect(again.status == .exited(3))
    let text = try await lab.gateway.run("cat", path)
    #expect(text == (try await lab.gateway.result(of: command)).standardOutput)
    try await lab.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      let document = try await lab.doctor(daemon.configuration.path)
      #expect(document.codes == [], "\(document.report)")
      #expect(try await lab.pingWorks(within: .seconds(3)))
    }
    let nothing = try await lab.network.router.result(of: [ndpctl, "init", "--upstream", "up0"])
    #expect(nothing.status == .exited(1))
    #expect(nothing.standardOutput.contains("# No part of that leads"))
    let unknown = try await lab.gateway.result(of: [ndpctl, "init", "--upstream", "eth9"])
    #expect(unknown.status == .exited(3))
    try await lab.cleanUp()
  }

  @Test func `probe shows who answers, and who does not when asked by unicast`() async throws {
    let lab = try await Lab()
    let target = "\(FoundingNetwork.memberAddress(0))"
    let command = [ndpctl, "probe", target, "-i", "up0"]
    let router = lab.network.router
    let before = try await router.result(of: command)
    #expect(before.status == .exited(1), "\(before.standardError)")
    #expect(before.standardOutput.contains("no answer"))
    // The kernel path answers before chains at ingress have their turn.
    let sockets = "kernel-path no\n" + healthy.configuration
    try await lab.gateway.withDaemon(ndpproxy, configuration: sockets) { _ in
      let both = try await router.result(of: command)
      #expect(both.status == .exited(0))
      #expect(both.standardOutput.contains("unicast to 02:00:00:00:00:ee"))
      #expect(both.standardOutput.contains("Answered both times."))
      let json = try await router.result(of: command + ["--json"])
      #expect(json.standardOutput.contains(#""linkLayerAddress":"02:00:00:00:00:ee""#))
      try await lab.nft(
        """
        table netdev edge {
          chain frames {
            type filter hook ingress device "eth0" priority 0;
            ether daddr 02:00:00:00:00:ee icmpv6 type nd-neighbor-solicit drop
          }
        }

        """)
      let first = try await router.result(of: command)
      #expect(first.status == .exited(2))
      #expect(first.standardOutput.contains("but not by unicast"))
    }
    let own = try await router.result(of: [ndpctl, "probe", "2001:db8:1::1", "-i", "up0"])
    #expect(own.status == .exited(3))
    try await lab.cleanUp()
  }
}

private func isInstalled(_ path: String) -> Bool {
  (try? FileDescriptor.open(FilePath(path), .readOnly).close()) != nil
}
