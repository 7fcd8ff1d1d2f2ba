import Conformance
import InterfaceEvents
import LinuxSurvey
import NetworkLab
import Testing

/// Whoever has nothing to do sleeps.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct IdleTests {
  static let rows: [(name: String, part: InterfaceEvent.Part, lines: String)] =
    InterfaceEvent.Part.allCases.flatMap { part in
      [
        ("all is there", part, ""),
        ("the interface is missing", part, "link delete \(part.wire.name)\n"),
        ("the interface is down", part, "link set \(part.wire.name) down\n"),
        (
          "the interface is a port", part,
          "link add br9 type bridge\nlink set \(part.wire.name) master br9\n"
        ),
      ]
    }

  @Test(arguments: rows)
  func `an idle daemon is never woken up`(
    name: String, part: InterfaceEvent.Part, lines: String
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.run("ip", "-batch", "-", input: lines)
    try await network.gateway.withDaemon(
      try Program.ndpproxy.path, configuration: part.configuration, readyAt: "ready:"
    ) { daemon in
      // The network has just been made, and settles.
      let isIdle: Bool? = try await poll(within: .seconds(15)) {
        let rate = try await ProcessUse.of(
          daemon.process.processIdentifier, during: .seconds(2))
        return rate.sleeps == 0 && rate.processorShare == 0 ? true : nil
      }
      #expect(isIdle == true, "\(part), \(name): \(daemon.process.lines)")
    }
  }
}
