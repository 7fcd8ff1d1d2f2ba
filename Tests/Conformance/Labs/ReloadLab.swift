import NDPWire
import NetworkLab

extension Row {
  /// D, what a reload must not change.
  static let reloads: [Row] = [
    Row(
      "D09b", "a reload keeps the Router flag, so that Linux hosts keep their default route",
      "RFC 4861 §7.2.5", .recommended,
      .lab { program in
        guard program == .ndpproxy else { throw NotRun("it cannot reload") }
        let lab = try await LiveLab(.alone, rows: [])
        let text = Setup.alone.configuration
        try await lab.proxy.withDaemon(try program.path, configuration: text) { daemon in
          let subject = try LiveSubject(.ndpproxy, in: lab, process: daemon.process)
          let trial = Trial(on: subject, number: Row.number(of: "D09b"))
          try await trial.expectAnswer(to: Stimulus(from: trial.station(), for: trial.target()))
          let host = text.replacing("up0 {", with: "up0 {\n  router no")
          try daemon.configuration.replaceContents(with: host)
          daemon.process.send(.terminalClosed)
          let line = try await daemon.process.line(containing: "reloaded: ")
          try require(line?.contains("not reloaded") == false, line ?? "there is no reload")
          try await trial.expectAnswer(to: Stimulus(from: trial.station(), for: trial.target()))
        }
      })
  ]
}
