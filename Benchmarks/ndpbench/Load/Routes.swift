import LinuxNet
import NDPWire
import NetworkLab

/// A table full of routes, some of which come and go.
struct Routes {
  let count: Int
  let duration: Duration

  private static let changesPerSecond = 100
  private static let questionsPerSecond = 10
  /// ndppd looks at a frame between two readings of its table, of three minutes each.
  private static let patience = Duration.seconds(400)
  private static let configuration = ResponderConfiguration(
    rules: ResponderConfiguration.rule(BenchLink.proxiedPrefix, "auto"),
    silenceForNdppd: .milliseconds(300), patience: patience,
    ndppdMayBeSilent: true)

  func measure(_ bench: Bench, into report: inout Report) async throws {
    let index = try await bench.link.responder.interfaceIndex("zt0")
    let table = try bench.link.responder.namespace.run { try HostRouteTable() }
    for number in 0..<count {
      try table.install(target(number), interface: index, gateway: nil)
    }
    for responder in [Responder.ndpproxy, .ndppd] {
      do {
        let station = try Member(on: bench)
        let figures = try await bench.withResponder(
          responder, Self.configuration, member: station
        ) { running in
          try await measure(running, station) { change in
            if change % 2 == 0 {
              try table.install(target(count), interface: index, gateway: nil)
            } else {
              try table.remove(target(count))
            }
          }
        }
        for figure in figures { report.add(figure) }
      } catch {
        report.fail("\(responder.title) with \(grouped(count)) routes", error)
      }
    }
  }

  private func measure(
    _ running: RunningResponder, _ station: Member, change: (Int) throws -> Void
  ) async throws -> [Figure] {
    guard let process = running.processIdentifier else { return [] }
    let title = running.responder.title
    let condition = "\(grouped(count)) routes"
    let generator = try Generator(
      on: running.bench.link, index: running.bench.askerIndex, targets: .members(1))
    let sample = try AnswerSample(
      on: running.bench.link, index: running.bench.askerIndex, divisor: 1)
    let before = try Machine.processorTime(of: process)
    let start = BootClock.nanoseconds
    let length = UInt64(duration / .nanoseconds(1))
    var changes = 0
    while case let time = BootClock.nanoseconds - start, time < length {
      let due = Int(time / 1000) * Self.changesPerSecond / 1_000_000
      while changes < due {
        try change(changes)
        changes += 1
      }
      let questions = Int(time / 1000) * Self.questionsPerSecond / 1_000_000
      if generator.sentCount < questions { try generator.ask(for: member(0)) }
      try station.answer()
      try sample.take()
      try await Task.sleep(for: .milliseconds(1))
    }
    let time = try Machine.processorTime(of: process) - before
    // A responder that is busy with its table answers late, but it answers.
    for _ in 0..<500 where sample.count < generator.sentCount {
      try station.answer()
      try sample.take()
      try await Task.sleep(for: .milliseconds(10))
    }
    try sample.check()
    func figure(_ quantity: String, _ unit: String, _ value: Double) -> Figure {
      Figure("routes", quantity, at: condition, of: title, in: unit, [value])
    }
    let firstAnswer =
      running.startTime.map { figure("exec to first answer", "ms", Double($0) / 1e6) }
      ?? figure("no answer since exec", "ms", Double(start - running.startedAt) / 1e6)
    return [
      firstAnswer,
      figure("time, 100 changes/s", "ms per s", Double(time) / Double(length) * 1000),
      figure(
        "answered, 10 NS/s", "%", Double(sample.count) * 100 / Double(generator.sentCount)),
      figure("resident memory", "KiB", Double(try Machine.memory(of: process)) / 1024),
    ]
  }

  /// One of the addresses that have routes, none of them proxied.
  private func target(_ number: Int) -> IPv6Address {
    IPv6Address(bits: 0x2001_0db8_8000 << 80 | UInt128(number) << 48 | 1)
  }
}
