import ArgumentParser

/// The subcommand `latency`: how long an answer takes.
struct LatencyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latency",
    abstract: "Measures how long an answer takes.",
    discussion: """
      Time from solicitation to answer at steady rates, by the kernel's clock at the \
      solicitor's interface. The kernel's own proxy_ndp is solicited by unicast, because it \
      delays answers to multicast by up to 0.8 s, and only for its configured targets. Between \
      the runs, the program counts how often a processor is not available for 50 µs or more: \
      quantiles beyond that depend on the machine only.
      """)

  @OptionGroup var options: BenchOptions

  func run() async throws {
    try await options.session("latency") { bench, report in
      try await Latency(runs: options.runs).measure(bench, into: &report)
    }
  }
}

/// Questions at steady rates, and how soon each was answered.
struct Latency {
  let runs: Int

  private static let rates: [(rate: Int, duration: Duration)] = [
    (1, .seconds(2)), (1_000, .milliseconds(1_100)), (20_000, .milliseconds(500)),
  ]
  private static let machine = "the machine"
  /// How many samples a quantile needs, so that some of them are beyond it.
  private static let quantiles: [(name: String, part: Double, samples: Int)] = [
    ("p50", 0.5, 1), ("p90", 0.9, 10), ("p99", 0.99, 100), ("p99.9", 0.999, 1_000),
  ]

  func measure(_ bench: Bench, into report: inout Report) async throws {
    var panels: [Plot.Panel] = []
    for (rate, duration) in Self.rates {
      var all: [Responder: [Double]] = [:]
      for run in 0..<runs {
        if rate == Self.rates[0].rate {
          report.add(
            Figure(
              "latency", "processor away", at: "50 µs or more", of: Self.machine, in: "per s",
              [Machine.gapsPerSecond(longerThan: .microseconds(50))]))
        }
        for responder in Responder.allCases {
          do {
            let latencies = try await bench.withResponder(responder) { running in
              try await running.latencies(rate: rate, for: duration, seed: UInt64(run + 1))
            }.sorted()
            all[responder, default: []] += latencies
            for quantile in Self.quantiles where latencies.count >= quantile.samples {
              report.add(
                Figure(
                  "latency", quantile.name, at: "\(grouped(rate)) NS/s", position: Double(rate),
                  of: responder.title, in: "µs",
                  [ndpbench.quantile(quantile.part, of: latencies)]))
            }
          } catch {
            report.fail("latency of \(responder.title) at \(rate) NS/s", error)
          }
        }
      }
      panels.append(panel(rate, all))
    }
    report.add(
      Plot(title: "Time from solicitation to answer: share of answers within", panels: panels),
      name: "latency")
  }

  /// The part of the answers that came within some time (empirical distribution function).
  private func panel(_ rate: Int, _ latencies: [Responder: [Double]]) -> Plot.Panel {
    let curves = Responder.allCases.compactMap { responder -> Plot.Curve? in
      guard let sorted = latencies[responder]?.sorted(), !sorted.isEmpty else { return nil }
      let steps = min(sorted.count, 400)
      let points = (0...steps).map { step in
        let part = Double(step) / Double(steps)
        return Plot.Point(x: quantile(part, of: sorted), y: part * 100)
      }
      return Plot.Curve(
        name: responder.title, style: responder.style, points: points, hasMarks: false)
    }
    return Plot.Panel(
      title: "\(grouped(rate)) NS/s",
      horizontal: .init(label: "µs", isLogarithmic: true, range: 10...10_000),
      vertical: .init(label: "% of answers", range: 0...100), curves: curves)
  }
}
