import Conformance
import NDPWire
import NetworkLab
import Scenarios

extension Lab {
  /// What ndpctl says of a WireGuard interface.
  static let tunnels = [
    Lab("WireGuard", "why and status, by auto", { try await explainTunnel() }),
    Lab("WireGuard", "a rule that asks there is named", { try await explainAsking() }),
  ]

  /// What ndpctl says of other programs' packet filters.
  static let tools = [
    Lab("doctor", "a FORWARD policy of ip6tables-legacy", { try await findLegacyPolicy() })
  ]

  private static func explainTunnel() async throws {
    let network = try await Layout.wireGuard.network()
    try await network.withControl(Scenario.configuration("auto")) { control in
      let target = FoundingNetwork.memberAddress(0)
      let report = try await network.router.ping(target, count: 3, within: .seconds(5))
      try require(report.received > 0, "no reply: \(report.summary)")
      let why = try await control("why", "\(target)")
      try require(why.status == .exited(0), "why: \(why.standardOutput)")
      try require(why.standardOutput.contains("\nyes: "), "why: \(why.standardOutput)")
      try require(!why.standardOutput.contains("nobody can be"), "why: \(why.standardOutput)")
      let words = "zt0: no neighbor discovery there"
      try require(why.standardOutput.contains(words), "why: \(why.standardOutput)")
      let status = try await control("status")
      try require(status.status == .exited(0), "status: \(status.standardOutput)")
      let doctor = try await control("doctor")
      // It warns that nothing sets the kernel's variables at boot.
      try require(doctor.status == .exited(2), "doctor: \(doctor.standardOutput)")
      try require(!doctor.standardOutput.contains("✘"), "doctor: \(doctor.standardOutput)")
    }
  }

  private static func explainAsking() async throws {
    let network = try await Layout.wireGuard.network()
    try await network.withControl(Scenario.configuration("iface zt0")) { control in
      let why = try await control("why", "\(FoundingNetwork.memberAddress(0))")
      try require(why.status != .exited(0), "why: \(why.standardOutput)")
      try require(why.standardOutput.contains("auto"), "no remedy: \(why.standardOutput)")
      let doctor = try await control("doctor")
      try require(doctor.status == .exited(1), "doctor: \(doctor.standardOutput)")
      try require(doctor.standardOutput.contains("auto"), "no remedy: \(doctor.standardOutput)")
    }
  }

  private static func findLegacyPolicy() async throws {
    let network = try await Layout.plain.network()
    let legacy = ["ip6tables-legacy", "-P", "FORWARD", "DROP"]
    let outcome = try await network.gateway.result(of: legacy)
    guard outcome.status == .exited(0) else {
      throw NotRun("this kernel has no ip6table_filter: \(outcome.standardError)")
    }
    try await network.withControl(Scenario.configuration("auto")) { control in
      let report = try await network.router.ping(FoundingNetwork.memberAddress(0))
      try require(report.received == 0, "the policy does nothing")
      let doctor = try await control("doctor")
      try require(doctor.status == .exited(1), "doctor: \(doctor.standardOutput)")
      // What it says to do is done, and does it.
      let remedies = doctor.standardOutput.split(separator: "\n").compactMap { line in
        line.firstRange(of: "ip6tables-legacy -I").map { line[$0.lowerBound...] }
      }
      try require(remedies.count == 2, "doctor: \(doctor.standardOutput)")
      for remedy in remedies { try await network.gateway.run("sh", "-c", String(remedy)) }
      let better = try await network.router.ping(
        FoundingNetwork.memberAddress(0), count: 3, within: .seconds(5))
      try require(better.received > 0, "no reply after \(remedies)")
      let again = try await control("doctor", "--only", "D12")
      try require(again.status == .exited(2), "doctor: \(again.standardOutput)")
    }
  }
}

extension FoundingNetwork {
  /// Runs the daemon on the gateway, and ndpctl beside it.
  fileprivate func withControl(
    _ configuration: String,
    _ body: (_ control: (String...) async throws -> CommandResult) async throws -> Void
  ) async throws {
    let program = try Host.programBeside("ndpctl")
    try await gateway.withDaemon(
      try Host.programBeside("ndpproxy"), configuration: configuration
    ) { daemon in
      try await body { words in
        var command = ["env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", program] + words
        if words.first == "doctor" { command += ["-c", daemon.configuration.path] }
        return try await gateway.result(of: command)
      }
    }
  }
}
