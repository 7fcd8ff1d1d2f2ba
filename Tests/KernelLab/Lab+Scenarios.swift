import Conformance
import NetworkLab
import Scenarios

extension Lab {
  /// Everything, suite by suite.
  static var all: [Lab] {
    Layout.allCases.flatMap { scenarios(on: $0) } + links + tunnels + tools + rows + events
  }

  /// What every proxy must do, with the gateway's interfaces made in this way.
  private static func scenarios(on layout: Layout) -> [Lab] {
    let networks = Networks()
    return Scenario.all.flatMap { scenario in
      layout.methods(of: scenario).map { method in
        Lab(layout.rawValue, "\(scenario.name), \(method)") {
          try await networks.play(scenario, by: method, on: layout)
        }
      }
    }
      + [
        Lab(layout.rawValue, "ping through the gateway, by auto") {
          try await networks.ping(on: layout)
        }
      ]
  }
}

extension Layout {
  /// The methods for which a scenario holds here.
  fileprivate func methods(of scenario: Scenario) -> [String] {
    guard self == .wireGuard else { return scenario.methods }
    // Nobody can be asked there: `auto` takes the route for the proof, and does as `static` does.
    return scenario.methods.contains("static") ? ["static", "auto"] : []
  }
}

/// The network of a suite, which its labs have one after the other.
private actor Networks {
  private var current: FoundingNetwork?

  private func network(of layout: Layout) async throws -> FoundingNetwork {
    if let current { return current }
    let network: FoundingNetwork
    do {
      network = try await layout.network()
    } catch let failure as CommandFailure {
      guard let module = layout.module, failure.complaint.isUnknownKind else { throw failure }
      throw NotRun("this kernel has no \(module)")
    }
    current = network
    return network
  }

  func play(_ scenario: Scenario, by method: String, on layout: Layout) async throws {
    let network = try await network(of: layout)
    try await network.gateway.withDaemon(
      try Host.programBeside("ndpproxy"), configuration: Scenario.configuration(method),
      readyAt: "ready:"
    ) { daemon in
      let stage = try await RealStage(network)
      do {
        try await scenario.play(layout == .netem ? PatientStage(stage) : stage)
      } catch {
        throw LabFailure(["\(error)"] + daemon.process.lines)
      }
      try require(daemon.process.status == nil, "the daemon has ended: \(daemon.process.lines)")
    }
  }

  /// The routers' kernels find the members, by themselves.
  func ping(on layout: Layout) async throws {
    let network = try await network(of: layout)
    // Where one frame in five gets lost, the gateway's own kernel does not find the member with its
    // three solicitations once in twenty times, and then answers all that wait with an error.
    let count = layout == .netem ? 60 : 5
    try await network.gateway.withDaemon(
      try Host.programBeside("ndpproxy"), configuration: Scenario.configuration("auto"),
      readyAt: "ready:"
    ) { daemon in
      for (index, router) in network.routers.enumerated() {
        let target = FoundingNetwork.memberAddress(index)
        let report = try await router.ping(target, count: count, within: .seconds(5))
        guard report.received > 0 else {
          let entry = try await router.neighbor(target)
          throw LabFailure(
            ["\(router.name): \(report.summary); neighbor \(entry?.description ?? "unknown")"]
              + daemon.process.lines)
        }
      }
    }
  }
}

extension String {
  /// Whether a tool says by this that the kernel does not have what it was asked for.
  var isUnknownKind: Bool {
    let complaints = [
      "Unknown device type", "classifier not found", "Specified qdisc", "Operation not supported",
      "not find",
    ]
    return complaints.contains { contains($0) }
  }
}
