import ArgumentParser
import LinuxNet
import NDPWire
import NetworkLab

/// The subcommand `cost`: what a responder takes of its host.
struct CostCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost",
    abstract: "Measures processor time, memory and start time of a responder.",
    discussion: """
      Processor time for an answer at 20,000 solicitations per second; wake-ups when idle, and \
      during 20,000 solicitations per second that match no rule; memory; time from exec to the \
      first answer; size of the program; number of allocations; and the time that the kernel \
      needs to compare a frame with an increasing number of prefixes.
      """)

  @OptionGroup var options: BenchOptions

  func run() async throws {
    try await options.session("cost") { bench, report in
      try await Cost(runs: options.runs).measure(bench, into: &report)
    }
  }
}

/// Time, wake-ups and memory.
struct Cost {
  let runs: Int

  /// What no rule is about.
  private static let unrelated = IPv6Prefix("2001:db8:2::/64")!

  func measure(_ bench: Bench, into report: inout Report) async throws {
    for run in 0..<runs {
      for responder in Responder.programs {
        do {
          let figures = try await bench.withResponder(responder) { running in
            try await measure(running, seed: UInt64(run + 1))
          }
          for figure in figures { report.add(figure) }
        } catch {
          report.fail("cost of \(responder.title)", error)
        }
      }
    }
    do {
      try await FilterCost(runs: runs).measure(bench, into: &report)
    } catch {
      report.fail("cost of the packet filter", error)
    }
    try await measureFiles(bench, into: &report)
    do {
      let work = try await bench.workPerAnswer()
      let title = Responder.sockets.title
      report.add(
        Figure(
          "cost", "allocations", at: "callgrind", of: title, in: "per answer", [work.allocations]))
      report.add(
        Figure(
          "cost", "instructions", at: "callgrind, user mode", of: title, in: "per answer",
          [work.instructions]))
    } catch {
      report.fail("allocations", error)
    }
  }

  private func measure(_ running: RunningResponder, seed: UInt64) async throws -> [Figure] {
    let title = running.responder.title
    func figure(_ quantity: String, _ unit: String, _ value: Double, at condition: String = "")
      -> Figure
    { Figure("cost", quantity, at: condition, of: title, in: unit, [value]) }

    let flood = try await running.flood(rate: 20_000, for: .milliseconds(500), seed: seed)
    guard flood.answeredRate > flood.offeredRate * 0.98 else {
      throw BenchFailure("it does not keep up with 20,000 solicitations per second")
    }
    var figures = [
      figure("time per answer", "µs", flood.microsecondsPerAnswer, at: "20,000 NS/s")
    ]
    if let start = running.startTime {
      figures.append(figure("start", "ms", Double(start) / 1e6, at: "exec to first answer"))
    }
    guard let process = running.processIdentifier else { return figures }
    figures += [
      figure("resident memory", "KiB", Double(try Machine.memory(of: process)) / 1024),
      figure("private memory", "KiB", Double(try Machine.privateMemory(of: process)) / 1024),
    ]
    // The reference answers everybody, and is no program that anyone would leave running.
    guard running.responder != .reference else { return figures }
    let before = try Machine.waits(of: process)
    try await Task.sleep(for: .seconds(2))
    let between = try Machine.waits(of: process)
    let timeBefore = try Machine.processorTime(of: process)
    let asked = try running.askForOthers(Self.unrelated, perSecond: 20_000, for: .seconds(1))
    let after = try Machine.waits(of: process)
    let timeAfter = try Machine.processorTime(of: process)
    figures += [
      figure("wake-ups when idle", "per s", Double(between - before) / 2),
      figure("wake-ups for others", "per s", Double(after - between), at: "20,000 NS/s"),
      figure(
        "time per unrelated solicitation", "µs", Double(timeAfter - timeBefore) / 1000 / asked,
        at: "20,000 NS/s"),
    ]
    return figures
  }

  private func measureFiles(_ bench: Bench, into report: inout Report) async throws {
    let paths = [(Responder.ndpproxy, bench.daemon), (.ndppd, "/usr/sbin/ndppd")]
    for (responder, path) in paths {
      do {
        let size = try RegularFile(path, limit: 1 << 28).octets.count
        report.add(
          Figure(
            "cost", "program", at: "file as built", of: responder.title, in: "KiB",
            [Double(size) / 1024]))
      } catch {
        report.fail("size of \(responder.title)", error)
      }
    }
  }
}

extension RunningResponder {
  /// Asks for targets of a prefix that no rule is about; returns how many.
  fileprivate func askForOthers(
    _ prefix: IPv6Prefix, perSecond rate: Int, for duration: Duration
  ) throws -> Double {
    let generator = try Generator(
      on: bench.link, index: bench.askerIndex, targets: .inside(prefix))
    let end = BootClock.nanoseconds + UInt64(duration / .nanoseconds(1))
    try generator.send(perSecond: rate, until: end) {}
    return Double(generator.sentCount)
  }
}
