import ArgumentParser
import LinuxNet
import NetworkLab

/// The subcommand `clients`: what clients of the control socket that mean ill do to others.
struct ClientsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clients",
    abstract: "Measures how long an answer takes while clients plague the control socket.",
    discussion: """
      50 clients ask and never read, one sends without end and connects again when it is thrown \
      out, one sends garbage likewise. The daemon's processor is kept awake with and without them, \
      for else they would make it answer faster. Fails where the median at 1,000 NS/s grows by \
      more than a tenth. One run says little on a shared machine: 15 are not too many.
      """)

  @OptionGroup var options: BenchOptions

  func run() async throws {
    var medians: [Bool: [Double]] = [:]
    try await options.session("clients") { bench, report in
      for run in 0..<options.runs {
        for isPlagued in run % 2 == 0 ? [false, true] : [true, false] {
          let median = try await median(bench, isPlagued: isPlagued, seed: UInt64(run + 1))
          medians[isPlagued, default: []].append(median)
          report.add(
            Figure(
              "latency", "p50", at: "1,000 NS/s", position: 1000,
              of: isPlagued ? "with clients" : "without", in: "µs", [median]))
        }
      }
    }
    let (without, with) = (medians[false] ?? [], medians[true] ?? [])
    let growth = quantile(0.5, of: with.sorted()) / quantile(0.5, of: without.sorted())
    print(
      "\nwith clients the median is \(Int((growth * 1000).rounded())) thousandths of that without")
    guard growth <= 1.1 else { throw ExitCode.failure }
  }

  private func median(_ bench: Bench, isPlagued: Bool, seed: UInt64) async throws -> Double {
    let path = "/tmp/ndpbench-\(String(UInt64.random(in: 0 ... .max), radix: 36)).control"
    var configuration = ResponderConfiguration.oneRule
    configuration.controlSocket = path
    defer { RegularFile.remove(path) }
    let latencies = try await bench.withResponder(.ndpproxy, configuration) { running in
      func measure() async throws -> [Double] {
        try await bench.withWakefulProcessor {
          try await running.latencies(rate: 1000, for: .seconds(2), seed: seed)
        }
      }
      guard isPlagued else { return try await measure() }
      let clients = IllMeaningClients(path: path)
      let latencies = try await clients.plague(measure)
      print(
        "\(clients.sentCount >> 20) MiB from one client, \(clients.connectionCount) connections")
      return latencies
    }
    return quantile(0.5, of: latencies.sorted())
  }
}
