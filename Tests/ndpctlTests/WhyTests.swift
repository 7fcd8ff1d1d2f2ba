import ControlProtocol
import JSONDecoding
import JSONText
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
        "depends: ndpproxy would ask for 2001:db8:1:0:ff::10 on zt0, and answer if it replies there"
      )),
    Case(
      "a dead target", "2001:db8:1:0:ff::dd", 1,
      "no: not answered on eth0: nobody answered on zt0 TIME ago",
      offline: (
        2,
        "depends: ndpproxy would ask for 2001:db8:1:0:ff::dd on zt0, and answer if it replies there"
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
      "no: not answered on eth0: the kernel routes it back out of eth0"),
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
      "yes, but no traffic can pass: answered on eth0: the rule is static, so nobody is asked; "
        + "the kernel sends packets for it back out of eth0"),
    Case(
      "a multicast address", "ff02::1", 1,
      "no: ff02::1 is not a unicast address that can be answered for by another"),
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
      "ip", "-6", "neighbour", "add", "proxy", "\(FoundingNetwork.memberAddress(0))", "dev", "eth0")
    let text =
      "proxy eth0 {\n rule 2001:db8:1::/64 {\n static\n}\n"
      + " rule 2001:db8:1:0:ff::/80 {\n iface zt0\n}\n}\n"
    try await gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
      let result = try await gateway.ndpctl("why", "2001:db8:1:0:ff::10", of: daemon)
      let found = result.standardOutput.split(separator: "\n").map(String.init)
      let expected = [
        "target     2001:db8:1:0:ff::10", "proxy      eth0: ready",
        "rule       2001:db8:1:0:ff::/80 iface zt0, asked 1, answered 1",
        "           rather than 2001:db8:1::/64 static, which is shorter",
        "asks on    zt0: ready", "route      on-link, on zt0",
        "question   answered at once", "           R=1 S=1 O=0",
        "           link-layer address 02:00:00:00:00:ee",
        "kernel     answers for it on eth0 as well: see 'ip -6 neighbour show proxy'",
      ]
      for line in expected { #expect(found.contains(line), "\(line)\n\(result.standardOutput)") }
      #expect(found.contains { $0.hasPrefix("known      reachable for another ") })
      #expect(found.contains { $0.hasPrefix("neighbour  the kernel has it on zt0 at ") })
      #expect(found.contains { $0.hasPrefix("seen       ") && $0.contains("asked for by") })
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
        "no: nobody answered on zt0 TIME ago; the next question has 2001:db8:1:0:ff::dd asked "
        + "for again"
      let isRemembered: Bool? = try await poll(within: .seconds(20)) {
        let result = try await network.gateway.ndpctl("why", "2001:db8:1:0:ff::dd", of: daemon)
        #expect(result.status == .exited(1))
        return verdict(result) == expected ? true : nil
      }
      #expect(isRemembered == true)
    }
  }

  @Test func `without a daemon the file tells`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: NetworkLabConfiguration.static)
    let program = try Host.programBeside("ndpctl")
    let result = try await network.gateway.result(
      of: [program, "why", "--socket", "/nowhere", "-c", file.path, "2001:db8:1:0:ff::10"])
    #expect(verdict(result).hasPrefix("yes: answered on eth0: the rule is static"))
    #expect(result.standardOutput.contains("daemon     not asked"))
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
