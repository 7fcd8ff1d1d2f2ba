import ArgumentParser
import LinuxNet
import NetworkLab

/// The subcommand `clients`: what clients of the control socket that mean ill do to others.
struct ClientsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clients",
    abstract: "Measures the time of an answer while clients load the control socket.",
    discussion: """
      50 clients send requests and never read, one sends a line without end, and one sends \
      invalid data. The last two connect again whenever they are disconnected. The daemon's \
      processor is kept busy with and without the clients, because otherwise they would make it \
      answer faster. Fails if the median at 1,000 NS/s grows by more than 10 %. With --asking, \
      14 clients request the largest replies of a daemon with 26,000 rules instead; then the \
      median may grow by 20 %. On a shared machine, use at least 15 runs.
      """)

  @Flag(help: "Have clients request the largest replies, and read them.")
  var asking = false

  /// How much the median may grow.
  private var mostGrowth: Double { asking ? 1.2 : 1.1 }

  /// Rules that make the configuration long.
  private static let ruleCount = 26_000

  @OptionGroup var options: BenchOptions

  /// How often a run measures without and with clients, by turns, so that both have the same of
  /// what the machine does meanwhile.
  private static let turns = 4

  func run() async throws {
    var growths: [Double] = []
    try await options.session("clients") { bench, report in
      for run in 0..<options.runs {
        let latencies = try await latencies(bench, seed: UInt64(run + 1))
        let medians = [latencies.without, latencies.with].map { quantile(0.5, of: $0.sorted()) }
        growths.append(medians[1] / medians[0])
        for (title, median) in zip(["without", "with clients"], medians) {
          report.add(
            Figure(
              "latency", "p50", at: "1,000 NS/s", position: 1000, of: title, in: "µs", [median]))
        }
      }
    }
    let growth = quantile(0.5, of: growths.sorted())
    print(
      "\nwith clients the median is \(Int((growth * 1000).rounded())) thousandths of that without")
    guard growth <= mostGrowth else { throw ExitCode.failure }
  }

  private func latencies(
    _ bench: Bench, seed: UInt64
  ) async throws -> (without: [Double], with: [Double]) {
    let path = "/tmp/ndpbench-\(String(UInt64.random(in: 0 ... .max), radix: 36)).control"
    var configuration = ResponderConfiguration.oneRule
    configuration.controlSocket = path
    if asking {
      for rule in 1..<Self.ruleCount {
        configuration.rules += ResponderConfiguration.rule(rulePrefix(rule), "static")
      }
    }
    defer { RegularFile.remove(path) }
    return try await bench.withResponder(.ndpproxy, configuration) { running in
      try await bench.withWakefulProcessor {
        func measure() async throws -> [Double] {
          try await running.latencies(rate: 1000, for: .seconds(1), seed: seed)
        }
        var (without, with): ([Double], [Double]) = ([], [])
        var (sent, connections, replies) = (0, 0, 0)
        for _ in 0..<Self.turns {
          without += try await measure()
          if asking {
            let clients = AskingClients(path: path)
            with += try await clients.ask(during: measure)
            replies += clients.replyCount
            continue
          }
          let clients = IllMeaningClients(path: path)
          with += try await clients.plague(measure)
          sent += clients.sentCount
          connections += clients.connectionCount
        }
        print(
          asking
            ? "\(replies) replies"
            : "\(sent >> 20) MiB from one client, \(connections) connections")
        return (without, with)
      }
    }
  }
}
