import ArgumentParser

/// The subcommand `throughput`: how many solicitations per second are answered.
struct ThroughputCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "throughput",
    abstract: "Measures how many solicitations per second are answered.",
    discussion: """
      A static rule, random targets of a /80, one solicitor. The rate rises until no responder \
      answers everything. If a responder answers everything that the generator can send, there \
      is no figure for it.
      """)

  @OptionGroup var options: BenchOptions

  func run() async throws {
    try await options.session("throughput") { bench, report in
      try await Throughput(runs: options.runs).measure(bench, into: &report)
    }
  }
}

/// Questions at rising rates, until nobody keeps up.
struct Throughput {
  let runs: Int

  /// Questions per second; `nil` is as many as the generator can.
  private static let rates: [Int?] = [
    1_000, 5_000, 20_000, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000, nil,
  ]

  func measure(_ bench: Bench, into report: inout Report) async throws {
    for run in 0..<runs {
      for responder in Responder.programs {
        do {
          let figures = try await bench.withResponder(responder) { running in
            try await measure(running, run: run)
          }
          for figure in figures { report.add(figure) }
        } catch {
          report.fail("throughput of \(responder.title)", error)
        }
      }
    }
    report.add(report.throughputPlot, name: "throughput")
    report.add(report.costPlot, name: "cost")
  }

  private func measure(_ running: RunningResponder, run: Int) async throws -> [Figure] {
    let title = running.responder.title
    var figures = [try await burst(running)]
    var sweep = Sweep()
    for rate in Self.rates {
      let flood = try await running.flood(
        rate: rate, for: .milliseconds(300), divisor: (rate ?? .max) > 50_000 ? 256 : 1,
        seed: UInt64(run + 1))
      guard
        sweep.add(rate: rate, offered: flood.offeredRate, answered: flood.answeredRate)
      else { continue }
      let condition = rate.map { "\(grouped($0)) NS/s" } ?? "flood"
      let position = rate.map(Double.init)
      figures += [
        Figure(
          "throughput", "answered", at: condition, position: position, of: title, in: "NA/s",
          [flood.answeredRate]),
        Figure(
          "throughput", "time per answer", at: condition, position: position, of: title,
          in: "µs", [flood.microsecondsPerAnswer]),
      ]
      if rate == nil {
        figures.append(
          Figure(
            "throughput", "offered", at: condition, of: title, in: "NS/s", [flood.offeredRate]))
      }
    }
    // Where the kernel answers, that is as much as the generator offers: a lower bound.
    let isInKernel = running.responder == .ndpproxy
    let saturation = isInKernel ? sweep.most : try sweep.saturation()
    figures.append(Figure("throughput", "saturation", of: title, in: "NA/s", [saturation]))
    return figures
  }

  private static let burstSize = 4_000

  /// How much of a burst is answered that comes as fast as the generator can send.
  private func burst(_ running: RunningResponder) async throws -> Figure {
    let answered = try await running.answersToBurst(of: Self.burstSize)
    return Figure(
      "throughput", "burst answered", at: "4,000 at once", of: running.responder.title, in: "NA",
      [Double(answered)])
  }
}

extension RunningResponder {
  /// How many of so many questions are answered that come at once.
  fileprivate func answersToBurst(of count: Int) async throws -> Int {
    let generator = try Generator(
      on: bench.link, index: bench.askerIndex, targets: .inside(BenchLink.proxiedPrefix))
    let sample = try AnswerSample(on: bench.link, index: bench.askerIndex, divisor: 1)
    try generator.send(count)
    for _ in 0..<50 {
      try await Task.sleep(for: .milliseconds(10))
      try sample.take()
      if sample.count == count { break }
    }
    try sample.check()
    return sample.count
  }
}

extension Report {
  fileprivate var throughputPlot: Plot {
    var curves = curves("throughput", "answered")
    for index in curves.indices {
      // Of the flood it is not known beforehand what it will offer.
      let flood = figures("throughput", "answered").first {
        $0.subject == curves[index].name && $0.position == nil
      }
      let offered = figures("throughput", "offered").first { $0.subject == curves[index].name }
      guard let flood, let offered else { continue }
      let point = Plot.Point(
        x: offered.median, y: flood.median, spread: flood.lowest...flood.highest)
      curves[index] = Plot.Curve(
        name: curves[index].name, style: curves[index].style,
        points: (curves[index].points + [point]).sorted { $0.x < $1.x })
    }
    let end = curves.flatMap(\.points).map(\.y).max() ?? 1
    let ideal = Plot.Curve(
      name: "all answered", style: .ideal,
      points: [Plot.Point(x: 0, y: 0), Plot.Point(x: end, y: end)], hasMarks: false)
    return Plot(
      title: "Answers per second of a static rule by solicitations per second",
      panels: [
        Plot.Panel(
          horizontal: .init(label: "solicitations per second"),
          vertical: .init(label: "answers per second"), curves: curves + [ideal])
      ])
  }

  fileprivate var costPlot: Plot {
    Plot(
      title: "Processor time for each answer of a static rule",
      panels: [
        Plot.Panel(
          horizontal: .init(label: "solicitations per second", isLogarithmic: true),
          vertical: .init(label: "µs of processor time per answer"),
          curves: curves("throughput", "time per answer"))
      ])
  }
}
