import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What ndpctl shows of a running daemon.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct StatusTests {
  private let member = FoundingNetwork.memberAddress(0)

  @Test func `status says what is answered where, and what of`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      _ = try await network.router.ping(member)
      let result = try await network.gateway.ndpctl(of: daemon)
      let lines = result.standardOutput.split(separator: "\n").map(String.init)
      #expect(result.status == .exited(0), "\(result.standardError)")
      #expect(lines.first?.hasPrefix("answering on eth0 since 20") == true, "\(lines)")
      #expect(lines.first?.contains(", 1 rule, 1 target reachable") == true, "\(lines)")
      #expect(lines.contains("eth0: answering"))
      #expect(lines.contains("zt0: soliciting"))
      #expect(lines.contains { $0.contains("2001:db8:1:0:ff::/80  iface zt0") })
    }
  }

  @Test func `what proxy and rule are for is shown wherever they are`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let text = """
      proxy eth0 {
        description "the uplink"
        rule 2001:db8:1:0:ff::/80 {
          static
          description 'so-called "members"'
        }
      }
      """
    try await network.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      func output(_ arguments: String...) async throws -> String {
        try await network.gateway.ndpctl(arguments, of: daemon).standardOutput
      }
      let status = try await output("status")
      #expect(status.contains("eth0: answering (the uplink)"), "\(status)")
      for command in [["status"], ["rules"], ["why", "\(member)"]] {
        let shown = try await network.gateway.ndpctl(command, of: daemon).standardOutput
        #expect(shown.contains(#"static (so-called "members")"#), "\(command): \(shown)")
      }
      let json = try await output("status", "--json")
      #expect(json.contains(#""description":"the uplink""#), "\(json)")
      #expect(json.contains(#""description":"so-called \"members\""#), "\(json)")
      let metrics = try await output("metrics", "--rules")
      #expect(metrics.contains(#",description="so-called \"members\""}"#), "\(metrics)")
    }
  }

  /// The value of a metric without labels.
  private func value(of name: String, in metrics: String) -> String? {
    metrics.split(separator: "\n").first { $0.hasPrefix(name + " ") }
      .map { String($0.dropFirst(name.count + 1)) }
  }

  @Test func `when it started is the same however often and whenever it is asked`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      var starts: Set<String> = []
      var changes: Set<String> = []
      var headlines: Set<Substring> = []
      var documents: Set<Substring> = []
      // Spread over more than two seconds, so that each call falls elsewhere in its second.
      for _ in 0..<40 {
        let metrics = try await network.gateway.ndpctl("metrics", of: daemon).standardOutput
        starts.insert(value(of: "ndpproxy_start_time_seconds", in: metrics) ?? "none")
        changes.insert(
          value(of: "ndpproxy_config_last_reload_success_timestamp_seconds", in: metrics) ?? "none")
        let status = try await network.gateway.ndpctl("status", of: daemon).standardOutput
        headlines.insert(status.prefix { $0 != "," })
        let json = try await network.gateway.ndpctl("status", "--json", of: daemon).standardOutput
        let start = try #require(json.firstRange(of: #""startedMilliseconds":"#))
        documents.insert(json[start.upperBound...].prefix { $0 != "," })
        try await Task.sleep(for: .milliseconds(53))
      }
      #expect(starts.count == 1 && !starts.contains("none"), "\(starts)")
      #expect(changes.count == 1 && !changes.contains("none"), "\(changes)")
      #expect(headlines.count == 1 && headlines.first?.contains(" since 20") == true)
      #expect(documents.count == 1 && documents.first.flatMap { UInt64($0) } != nil)
    }
  }

  @Test func `more interfaces than one reply has are all there`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let others = (0..<200).map { "proxy tap\($0) { rule 2001:db8:\($0)::/64 { auto } }\n" }
    try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration("static") + others.joined()
    ) { daemon in
      let metrics = try await network.gateway.ndpctl("metrics", of: daemon).standardOutput
      let usable = metrics.split(separator: "\n").filter {
        $0.hasPrefix("ndpproxy_interface_usable{")
      }
      #expect(usable.count == 201)
      let status = try await network.gateway.ndpctl("status", of: daemon).standardOutput
      let headline = status.prefix { $0 != "\n" }
      #expect(headline.contains("and 184 more"), "\(headline)")
      for number in [0, 62, 63, 64, 199] {
        #expect(status.contains("\ntap\(number): "), "\(number)")
      }
    }
  }
}
