import ControlProtocol
import JSONDecoding
import JSONText
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What `ndpctl why` says of addresses whose fate we know.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct WhyTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let address: String
    let status: Int32
    /// The last line, with times left out.
    let verdict: String
    /// The same without a daemon, where that is different.
    let offline: (status: Int32, verdict: String)?

    init(
      _ name: String, _ address: String, _ status: Int32, _ verdict: String,
      offline: (status: Int32, verdict: String)? = nil
    ) {
      (self.name, self.address, self.status, self.verdict) = (name, address, status, verdict)
      self.offline = offline
    }

    var testDescription: String { name }
  }

  private static let configuration = """
    proxy eth0 {
      timeout 50
      deadtime 60000
      rule 2001:db8:1:0:ff::/80 {
        iface zt0
        exclude 2001:db8:1:0:ff::ee00/120
      }
      rule 2001:db8:1:0:fe::/80 {
        auto
      }
      rule 2001:db8:2::/64 {
        auto
      }
      rule 2001:db8:1:0:fd::/80 {
        iface zt1
      }
      rule 2001:db8:1:0:fc::/80 {
        static
      }
    }
    proxy eth7 {
      rule 2001:db8:7::/64 {
        static
      }
    }
    """

  static let cases = [
    Case(
      "a live target", "2001:db8:1:0:ff::10", 0,
      "yes: answered on eth0: it is at 02:00:00:00:00:10 on zt0, and replied TIME ago",
      offline: (
        2,
        "depends: ndpproxy would send a solicitation for 2001:db8:1:0:ff::10 on zt0, and answer if it "
          + "replies"
      )),
    Case(
      "a dead target", "2001:db8:1:0:ff::dd", 1,
      "no: not answered on eth0: 2001:db8:1:0:ff::dd did not reply on zt0 TIME ago",
      offline: (
        2,
        "depends: ndpproxy would send a solicitation for 2001:db8:1:0:ff::dd on zt0, and answer if it "
          + "replies"
      )),
    Case(
      "outside every rule", "2001:db8:9::1", 1,
      "no: no rule covers 2001:db8:9::1; there are 2001:db8:1:0:ff::/80 on eth0, "
        + "2001:db8:1:0:fe::/80 on eth0, 2001:db8:2::/64 on eth0 and more"),
    Case(
      "a route that is missing", "2001:db8:2::1", 1,
      "no: not answered on eth0: the kernel has no route to it ('ip -6 route get 2001:db8:2::1')"),
    Case(
      "a route that leads back", "2001:db8:1:0:fe::1", 1,
      "no: not answered on eth0: the kernel routes it back to eth0"),
    Case(
      "under an exclusion", "2001:db8:1:0:ff::ee01", 1,
      "no: not answered on eth0: the rule excludes 2001:db8:1:0:ff::ee00/120"),
    Case(
      "a rule interface that is down", "2001:db8:1:0:fd::1", 1,
      "no: not answered on eth0: zt1: the interface is down; its rules wait until it is up"),
    Case(
      "a proxy interface that is missing", "2001:db8:7::1", 1,
      "no: not answered: eth7: no such interface; its rules wait until it appears"),
    Case(
      "the gateway's own address", "2001:db8:1::2", 0,
      "yes: eth0 has 2001:db8:1::2 itself, so the kernel answers for it there"),
    Case(
      "another address of the gateway", "2001:db8:1:0:ff::1", 0,
      "yes: answered on eth0: this host has the address, on zt0"),
    Case(
      "a static rule", "2001:db8:1:0:fc::1", 0,
      "yes, but no traffic can pass: answered on eth0: the rule is static, so the target need not reply; "
        + "the kernel sends packets for it back to eth0"),
    Case(
      "a multicast address", "ff02::1", 1,
      "no: ff02::1 is not a unicast address that a proxy may answer for"),
  ]

  @Test func `each address gets its right verdict`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.run(
      "ip", "link", "add", "zt1", "type", "veth", "peer", "name", "zt1p")
    try await network.gateway.run("ip", "-6", "route", "add", "unreachable", "2001:db8:2::/64")
    try await network.gateway.withDaemon(
      ndpproxy, configuration: Self.configuration, readyAt: "ready: "
    ) { daemon in
      _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
      _ = try await network.router.ping(IPv6Address("2001:db8:1:0:ff::dd")!)
      for row in Self.cases {
        let result = try await network.gateway.ndpctl("why", row.address, of: daemon)
        #expect(verdict(result) == row.verdict, "\(row.name)\n\(result.standardOutput)")
        #expect(result.status == .exited(row.status), "\(row.name): \(result.standardError)")
        // Nobody is solicited on the link from which the solicitation came.
        #expect(!result.standardOutput.contains("interface  eth0: "), "\(row.name)")
        let json = try await network.gateway.ndpctl("why", "--json", row.address, of: daemon)
        guard
          case .why(let explanation) = try JSONText.value(
            Reply.self, from: json.standardOutput.utf8)
        else {
          Issue.record("\(row.name): \(json.standardOutput)")
          continue
        }
        #expect(row.verdict.hasSuffix(withoutTimes(explanation.verdict.sentence)), "\(row.name)")
        #expect(explanation.isLive)
      }
      for row in Self.cases {
        let offline = row.offline ?? (row.status, row.verdict)
        let result = try await network.gateway.ndpctl(
          "why", "--config", daemon.configuration.path, row.address, of: daemon)
        #expect(verdict(result) == offline.1, "\(row.name)\n\(result.standardOutput)")
        #expect(result.status == .exited(offline.0), "\(row.name): \(result.standardError)")
      }
    }
  }

  @Test func `an explanation goes from rule to wire`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.run(
      "ip", "-6", "neighbor", "add", "proxy", "\(FoundingNetwork.memberAddress(0))", "dev", "eth0")
    let text =
      "proxy eth0 {\n rule 2001:db8:1::/64 {\n static\n}\n"
      + " rule 2001:db8:1:0:ff::/80 {\n iface zt0\n}\n}\n"
    try await gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
      let result = try await gateway.ndpctl("why", "2001:db8:1:0:ff::10", of: daemon)
      let found = result.standardOutput.split(separator: "\n").map(String.init)
      let expected = [
        "target     2001:db8:1:0:ff::10", "proxy      eth0: ready",
        "rule       2001:db8:1:0:ff::/80 iface zt0, solicited 1, answered 1",
        "           not 2001:db8:1::/64 static, which is shorter",
        "interface  zt0: ready", "route      on-link on zt0",
        "decision   ndpproxy answers", "           R=1 S=1 O=0",
        "           link-layer address 02:00:00:00:00:ee",
        "kernel     also answers for it on eth0: see 'ip -6 neighbor show proxy'",
      ]
      for line in expected { #expect(found.contains(line), "\(line)\n\(result.standardOutput)") }
      #expect(found.contains { $0.hasPrefix("session    reachable for another ") })
      #expect(found.contains { $0.hasPrefix("neighbor   in the kernel's cache on zt0 at ") })
      #expect(found.contains { $0.hasPrefix("seen       ") && $0.contains("solicited by") })
      #expect(found.allSatisfy { $0.count <= 80 || $0.hasPrefix("yes: ") })
    }
  }

  @Test func `a target is remembered to have failed`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let text =
      "proxy eth0 {\n timeout 50\n deadtime 50\n rule 2001:db8:1:0:ff::/80 {\n iface zt0\n}\n}\n"
    try await network.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      _ = try await network.router.ping(IPv6Address("2001:db8:1:0:ff::dd")!)
      let expected =
        "no: not answered on eth0: 2001:db8:1:0:ff::dd did not reply on zt0 TIME ago; the next "
        + "solicitation makes ndpproxy solicit it again"
      let isRemembered: Bool? = try await poll(within: .seconds(20)) {
        let result = try await network.gateway.ndpctl("why", "2001:db8:1:0:ff::dd", of: daemon)
        #expect(result.status == .exited(1))
        return verdict(result) == expected ? true : nil
      }
      #expect(isRemembered == true)
    }
  }

  /// From the first solicitation until long after the target is left alone, by what is asked.
  @Test func `the cause stays the same while a failure is remembered`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.run("ip", "-6", "route", "add", "unreachable", "2001:db8:2::/64")
    try await network.router.run("ip", "-6", "route", "add", "2001:db8:2::/64", "dev", "up0")
    let text = """
      proxy eth0 {
        timeout 50
        deadtime 1000
        rule 2001:db8:2::/64 { auto }
        rule 2001:db8:1:0:ff::/80 { iface zt0 }
      }
      """
    try await network.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      for (target, cause) in [
        ("2001:db8:2::1", "the kernel has no route to it"),
        ("2001:db8:1:0:ff::dd", "2001:db8:1:0:ff::dd did not reply on zt0"),
      ] {
        _ = try await network.router.ping(IPv6Address(target)!)
        let end = BootClock.nanoseconds + 2_500_000_000
        while BootClock.nanoseconds < end {
          let result = try await network.gateway.ndpctl("why", target, of: daemon)
          #expect(verdict(result).hasPrefix("no: not answered on eth0: \(cause)"), "\(result)")
          #expect(result.status == .exited(1))
          try await Task.sleep(for: .milliseconds(150))
        }
      }
    }
  }

  private static func members(_ method: String) -> String {
    "proxy eth0 {\n rule 2001:db8:1:0:ff::/80 {\n \(method)\n}\n}\n"
  }

  @Test func `an address of this host is answered for only on its own link`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.run("ip", "addr", "add", "2001:db8:77::1/64", "dev", "zt0")
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.members("iface zt0")) {
      daemon in
      let elsewhere = try await network.gateway.ndpctl("why", "2001:db8:77::1", of: daemon)
      #expect(elsewhere.status == .exited(1))
      #expect(
        verdict(elsewhere).hasPrefix(
          "no: zt0 has 2001:db8:77::1, and the kernel answers for it only there; no rule covers"))
      let here = try await network.gateway.ndpctl("why", "2001:db8:1::2", of: daemon)
      #expect(here.status == .exited(0))
    }
  }

  @Test func `a limit that is reached is no plain yes`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let text = "max-advertisements 1\n" + Self.members("static")
    try await network.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      let isLimited: Bool? = try await poll(within: .seconds(20)) {
        // Many at a time, of which one a second is answered.
        _ = try await network.router.result(of: [
          "sh", "-c",
          """
          ip -6 neighbor flush dev up0
          for last in 1 2 3 4 5 6 10; do ping -c 1 -W 1 2001:db8:1:0:ff::$last & done; wait
          """,
        ])
        let result = try await network.gateway.ndpctl("why", "2001:db8:1:0:ff::10", of: daemon)
        return verdict(result).contains("max-advertisements is reached") ? true : nil
      }
      #expect(isLimited == true)
    }
  }

  @Test func `without a daemon the file tells`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: NetworkLabConfiguration.static)
    let program = try Host.programBeside("ndpctl")
    let result = try await network.gateway.result(
      of: [program, "why", "--socket", "/nowhere", "-c", file.path, "2001:db8:1:0:ff::10"])
    #expect(verdict(result).hasPrefix("yes: answered on eth0: the rule is static"))
    #expect(result.standardOutput.contains("daemon     not queried"))
    let broken = try TemporaryFile(containing: "proxy eth0 {\n ruel x {\n}\n}\n")
    let failed = try await network.gateway.result(
      of: [program, "why", "-c", broken.path, "2001:db8:1:0:ff::10"])
    #expect(failed.status == .exited(1))
    #expect(failed.standardError.contains("did you mean 'rule'?"))
  }
}

private enum NetworkLabConfiguration {
  static let `static` = configuration("static")
}

/// The last line of an explanation, with times left out.
private func verdict(_ result: CommandResult) -> String {
  withoutTimes(result.standardOutput.split(separator: "\n").last.map(String.init) ?? "")
}

private func withoutTimes(_ text: String) -> String {
  text.replacing(/[0-9.]+ (ms|s|min) ago/, with: "TIME ago")
}
