import ArgumentParser
import LinuxNet

/// The subcommand `configuration`: what loading a file costs, by the number of its rules.
struct ConfigurationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "configuration",
    abstract: "Measures time and memory of loading configuration files.",
    discussion: """
      Each file is loaded as by the daemon, from reading it to the engine that knows its rules, \
      in processes of its own that take turns with those of the other sizes. A first round is \
      not counted. The memory of the rules is what goes beyond that of a file with one rule.
      """)

  @Option(parsing: .upToNextOption, help: "How many rules the files have, 2 through 250000 each.")
  var rules = [10_000, 100_000]

  @Option(help: "How often each file is loaded, 1 through 1000.")
  var runs = 7

  func validate() throws {
    guard rules.allSatisfy({ 2...250_000 ~= $0 }) else {
      throw ValidationError("--rules takes numbers from 2 through 250000.")
    }
    guard 1...1000 ~= runs else { throw ValidationError("--runs takes 1 through 1000.") }
  }

  func run() async throws {
    print("machine: \(try Machine.summary)")
    print("command: \(command), \(Machine.build) build")
    // The one rule shows what a process takes that has hardly anything to load.
    let samples = try ([1] + rules).map(SampleFile.init)
    try await measure(samples)
    let baseline = Series(of: samples[0], above: nil)
    let series = samples.dropFirst().map { Series(of: $0, above: baseline) }
    print()
    for line in aligned([Series.heading, baseline.cells] + series.map(\.cells)) { print(line) }
    print()
    for other in series.dropFirst() { print(other.comparison(with: series[0])) }
  }

  /// The command line with every default spelt out.
  private var command: String {
    "ndpbench configuration --rules \(rules.map(String.init).joined(separator: " ")) --runs \(runs)"
  }

  private func measure(_ samples: [SampleFile]) async throws {
    for round in 0...runs {
      for sample in samples {
        let load = try await sample.load()
        if round > 0 { sample.loads.append(load) }
      }
    }
  }
}
