import LinuxSurvey
import NetworkLab
import Scenarios
import Testing

struct ScenarioTests {
  /// Each scenario with each method it is about.
  static let plays = Scenario.all.flatMap { scenario in
    scenario.methods.map { (scenario, $0) }
  }

  @Test(arguments: plays)
  func `on the simulated network`(scenario: Scenario, method: String) async throws {
    let stage = try SimulatedStage(configuration: Scenario.configuration(method))
    try await scenario.play(stage)
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted), arguments: plays)
  func `on real kernels`(scenario: Scenario, method: String) async throws {
    let network = try await FoundingNetwork(routers: 2, members: 2)
    try await network.gateway.withDaemon(
      try Host.programBeside("ndpproxy"), configuration: Scenario.configuration(method)
    ) { daemon in
      try await scenario.play(RealStage(network))
      #expect(daemon.process.status == nil, "\(daemon.process.lines)")
    }
  }
}
