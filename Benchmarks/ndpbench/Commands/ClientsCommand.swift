import ArgumentParser
import LinuxNet
import NetworkLab

/// The subcommand `clients`: what clients of the control socket that mean ill do to others.
struct ClientsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clients",
    abstract: "Measures how long an answer takes while clients plague the control socket.",
    discussion: """
      50 clients ask and never read, one sends a line without end, one garbage; as often as they \
      are thrown out, these two connect again. The daemon's processor is kept awake with and \
      without them, for else they would make it answer faster. Fails where the median at 1,000 \
      NS/s grows by more than a tenth. One run says little on a shared machine: 15 are not too many. \
      With --asking, 14 clients ask a daemon with 26,000 rules for its largest replies instead, and \
      it fails where the median grows by more than a fifth.
      """)

  @Flag(help: "Have clients ask for the largest replies, and read them.")
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
