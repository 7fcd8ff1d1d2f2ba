import HostDoctor
import LinuxSurvey
import NetworkLab
import Testing

/// The doctor on real kernels: what is set up wrongly is named, and what it prints mends it.
///
/// One lab after the other: they share two processors with everything else.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct LabTests {
  static let healthy = ["auto", "iface zt0", "static", "iface zt*"]

  @Test(arguments: healthy)
  func `a healthy host has no finding`(method: String) async throws {
    let lab = try await Lab()
    let row = Misconfiguration(
      code: "", name: "", rule: "rule 2001:db8:1:0:ff::/80 { \(method) }")
    try await lab.gateway.withDaemon(ndpproxy, configuration: row.configuration) { daemon in
      let document = try await lab.doctor(daemon.configuration.path)
      #expect(document.codes == [], "\(document.report)")
      #expect(document.exitStatus == 0)
      #expect(document.checks.allSatisfy { $0.verdict != "skipped" })
      #expect(try await lab.pingWorks(within: .seconds(3)))
    }
    try await lab.cleanUp()
  }

  @Test func `a bridge of this host that snoops is no trouble`() async throws {
    let lab = try await Lab()
    try await lab.bridgeUpstream("mcast_snooping 1 mcast_query_response_interval 50")
    try await lab.shell("ip link set dev wan type bridge mcast_querier 1")
    let row = Misconfiguration(code: "", name: "", proxy: "wan")
    try await lab.gateway.withDaemon(ndpproxy, configuration: row.configuration) { daemon in
      // Then the querier's silence is over, and groups that nobody has joined are kept back.
      try await Task.sleep(for: .seconds(2))
      let document = try await lab.doctor(daemon.configuration.path)
      #expect(document.codes == [], "\(document.report)")
      #expect(try await lab.pingWorks(within: .zero))
    }
    try await lab.cleanUp()
  }

  @Test(arguments: Misconfiguration.all)
  func `what is wrong is named, and the fix mends it`(row: Misconfiguration) async throws {
    let lab = try await Lab()
    try await row.prepare(lab)
    try await lab.gateway.withDaemon(ndpproxy, configuration: row.configuration) { daemon in
      try await row.happen(lab)
      let path = daemon.configuration.path
      if row.hasRouterAdvertisements {
        try await lab.withRouterAdvertisements { try await mend(row, lab, path) }
      } else {
        try await mend(row, lab, path)
      }
    }
    try await lab.cleanUp()
  }

  private func mend(_ row: Misconfiguration, _ lab: Lab, _ path: String) async throws {
    var document = try await lab.doctor(path)
    #expect(document.codes.contains(row.code), "\(document.report)")
    if row.breaksPing {
      #expect(try await !lab.pingWorks(within: .zero, from: row.source))
    }
    for _ in 0..<3 where !document.codes.isEmpty {
      for command in document.troubles.flatMap({ $0.fix?.commands ?? [] }) {
        try await lab.shell(command)
      }
      let settled: DoctorDocument? = try await poll(within: .seconds(3)) {
        document = try await lab.doctor(path)
        if document.codes.isEmpty { return document }
        try await Task.sleep(for: .milliseconds(200))
        return nil
      }
      if let settled { document = settled }
    }
    #expect(document.codes == [], "\(document.report)")
    #expect(document.exitStatus == 0)
    #expect(try await lab.pingWorks(within: .seconds(5), from: row.source))
  }
}
