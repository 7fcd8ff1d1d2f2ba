import ArgumentParser

/// The subcommand `all`: every measurement, in one session.
struct AllCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all",
    abstract: "Measures everything, in about nine minutes.",
    discussion: """
      Throughput, latency, cost, scale and micro, one after the other. With --long, also more \
      sizes and large routing tables. Fails if something could not be measured, but not if a \
      goal is missed.
      """)

  @OptionGroup var options: BenchOptions

  @Flag(help: "Also measure what takes longer; a quarter of an hour.")
  var long = false

  func run() async throws {
    try await options.session("all", arguments: long ? ["--long"] : []) { bench, report in
      let runs = options.runs
      try await Throughput(runs: runs).measure(bench, into: &report)
      try await Latency(runs: runs).measure(bench, into: &report)
      try await Cost(runs: runs).measure(bench, into: &report)
      let scale =
        long
        ? Scale(runs: runs)
        : Scale(
          runs: min(runs, 3), rules: [1, 100, 1_000, 100_000],
          sessions: [1, 100, 1_000, 1_000_000])
      try await scale.measure(bench, into: &report)
      try await Micro(runs: min(runs, 3)).measure(into: &report)
      if long {
        try await Routes(count: 224_000, duration: .seconds(60)).measure(bench, into: &report)
      }
    }
  }
}
