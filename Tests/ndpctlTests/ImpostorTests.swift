import LinuxSurvey
import NetworkLab
import Testing

/// Whoever listens where ndpctl asks.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ImpostorTests {
  @Test func `another user's daemon is not asked`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await HostileDaemon.run(["error"], as: 65533, on: network.gateway) { path in
      for command in [["status"], ["sessions"], ["reload"], ["metrics"], ["monitor"]] {
        let result = try await network.gateway.result(
          of: [ndpctl] + command + ["--socket", path])
        #expect(result.status == .exited(1))
        #expect(
          result.standardError.hasPrefix(
            "ndpctl: \(path) belongs to a process of user 65533, not of root, ndpproxy or you"),
          "\(result.standardError)")
      }
      // That user himself may.
      let own = try await network.gateway.result(of: [
        "setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", ndpctl, "status", "--socket",
        path,
      ])
      #expect(own.standardError.contains("ndpproxy refused: "), "\(own.standardError)")
    }
  }

  @Test func `a list without an end is given up`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await HostileDaemon.run(["standing"], on: network.gateway) { path in
      let result = try await network.gateway.result(of: [
        "timeout", "60", "prlimit", "--as=8000000000", ndpctl, "sessions", "--socket", path,
      ])
      #expect(result.status == .exited(1))
      #expect(result.standardError.contains("has no end"), "\(result.standardError)")
    }
  }
}
