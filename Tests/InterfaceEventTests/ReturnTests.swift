import Conformance
import InterfaceEvents
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// A rule interface that another program deletes and makes again, and one that was down.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ReturnTests {
  private static let member = FoundingNetwork.memberAddress(0)
  private static let pace = Duration.milliseconds(250)
  private static let limit = Duration.seconds(1)

  @Test(arguments: [InterfaceEvent.Part.pattern, .auto])
  func `a target is found within a second of the interface's return`(
    part: InterfaceEvent.Part
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    // As everywhere else, the link-local address is being checked for a second or two.
    try network.gateway.set("default/accept_dad", to: "1")
    try network.gateway.set("default/dad_transmits", to: "1")
    try await network.gateway.withDaemon(
      try Program.ndpproxy.path, configuration: part.configuration
    ) { daemon in
      let asker = try await Asker(network)
      let isKnown = try await asker.isAnswered(Self.member, within: .seconds(5))
      #expect(isKnown)
      for round in 0..<20 {
        try await network.gateway.run("ip", "link", "delete", "zt0")
        try await ask(asker, for: .milliseconds(500))
        try await network.plug(.inner)
        // On a busy host the kernel takes up to a second to say that there is a carrier.
        let isRunning: Bool? = try await poll(within: .seconds(5)) {
          try await network.gateway.run("ip", "-o", "link", "show", "zt0").contains("state UP")
            ? true : nil
        }
        #expect(isRunning == true)
        let time = try await timeToAnswer(asker)
        #expect(time.map { $0 <= Self.limit } == true, "\(round): \(daemon.process.lines)")
      }
      #expect(daemon.process.status == nil)
    }
  }

  /// Asks at that pace while nobody can be there.
  private func ask(_ asker: Asker, for duration: Duration) async throws {
    let end = wallClock() + duration
    while wallClock() < end {
      asker.ask(for: [Self.member])
      try await Task.sleep(for: Self.pace)
    }
    _ = try asker.takeAnswers()
  }

  /// How long after the first of some questions there was an answer; `nil` if there was none.
  private func timeToAnswer(_ asker: Asker) async throws -> Duration? {
    let start = wallClock()
    for _ in 0..<12 {
      asker.ask(for: [Self.member])
      let answer = try await poll(within: Self.pace) { try asker.takeAnswers().first }
      if let answer { return answer.time - start }
    }
    return nil
  }

  @Test(arguments: ["eth0", "zt0"])
  func `that an interface is ready again is a notice`(name: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(
      try Program.ndpproxy.path, configuration: InterfaceEvent.Part.rule.configuration
    ) { daemon in
      try await network.gateway.run("ip", "link", "set", name, "down")
      let isDown = try await daemon.process.line(containing: "\(name): the interface is down")
      #expect(isDown != nil)
      try await network.gateway.run("ip", "link", "set", name, "up")
      let isReady = try await daemon.process.line(containing: "\(name): ready again")
      #expect(isReady == "notice: \(name): ready again", "\(daemon.process.lines)")
    }
  }
}
