import LinuxNet
import NetworkLab

/// Questions at some rate, and what became of each of them.
struct Flood: Sendable {
  /// Questions asked, and how long that took.
  let sentCount: Int
  let seconds: Double

  /// Within the time that is measured: asked, answered, and for how long.
  let asked: Int
  let answered: Int
  let measuredSeconds: Double

  /// The responder's processor time meanwhile, in nanoseconds; 0 where it has no process.
  let processorTime: Int

  /// What reached the responder's interface, what left it, and what came to the asker.
  let delivered: Int
  let emitted: Int
  let returned: Int
  /// Answers that were looked at, times one of how many that was.
  let verified: Int
  let divisor: Int
  /// What the responder says itself about the whole of it; empty for others than ndpproxy.
  let ownCounts: [String: Int]

  /// Questions and answers per second, and microseconds of processor time for each answer.
  var offeredRate: Double { Double(asked) / measuredSeconds }
  var answeredRate: Double { Double(answered) / measuredSeconds }
  var microsecondsPerAnswer: Double { Double(processorTime) / 1000 / Double(max(1, answered)) }
}

extension RunningResponder {
  /// Asks for `targets`, `rate` of them a second or as many as the generator can.
  ///
  /// A first part of the time does not count. Throws where the counts cannot be reconciled.
  func flood(
    _ targets: Targets = .inside(BenchLink.proxiedPrefix), rate: Int?, for duration: Duration,
    warmUp: Duration = .milliseconds(100), divisor: Int = 1, seed: UInt64 = 1
  ) async throws -> Flood {
    let destination = responder == .kernel ? Generator.Destination.responder : .group
    let generator = try Generator(
      on: bench.link, index: bench.askerIndex, targets: targets, destination: destination,
      seed: seed)
    let sample = try AnswerSample(on: bench.link, index: bench.askerIndex, divisor: divisor)
    // As many as there can be come from both processors.
    let others =
      rate != nil
      ? []
      : [
        GeneratorThread(
          on: bench.link, index: bench.askerIndex, processor: bench.processors.responder,
          targets: targets, destination: destination, seed: seed &+ 1 << 32)
      ]
    let before = try Snapshot(self)
    let countsBefore = try await ownCounts()

    let start = BootClock.nanoseconds
    let begin = start + UInt64(warmUp / .nanoseconds(1))
    func sentCount() -> Int { others.reduce(generator.sentCount) { $0 + $1.sentCount } }
    for other in others { other.start(until: begin + UInt64(duration / .nanoseconds(1))) }
    try generator.send(perSecond: rate, until: begin) { try sample.take() }
    let first = try Snapshot(self, sent: sentCount())
    try generator.send(perSecond: rate, until: first.time + UInt64(duration / .nanoseconds(1))) {
      try sample.take()
    }
    let last = try Snapshot(self, sent: sentCount())
    for other in others { try other.wait() }
    let after = try await settled(sample)
    let countsAfter = try await ownCounts()
    try sample.check()

    let flood = Flood(
      sentCount: sentCount(), seconds: Double(last.time - start) / 1e9,
      asked: last.sent - first.sent, answered: last.asker.received - first.asker.received,
      measuredSeconds: Double(last.time - first.time) / 1e9,
      processorTime: last.processorTime - first.processorTime,
      delivered: after.responder.received - before.responder.received,
      emitted: after.responder.sent - before.responder.sent,
      returned: after.asker.received - before.asker.received,
      verified: sample.count * divisor, divisor: divisor,
      ownCounts: countsAfter.merging(countsBefore) { $0 - $1 })
    try flood.reconcile(responder)
    return flood
  }

  /// Waits until nothing comes any more, or two seconds.
  private func settled(_ sample: AnswerSample) async throws -> Snapshot {
    var before = try Snapshot(self)
    for _ in 0..<100 {
      try await Task.sleep(for: .milliseconds(20))
      try sample.take()
      let after = try Snapshot(self)
      if after.asker.received == before.asker.received { return after }
      before = after
    }
    throw BenchFailure("\(responder.title) still answers two seconds after the last solicitation")
  }
}

/// All counters at one time.
private struct Snapshot {
  let time: UInt64
  let sent: Int
  let asker: InterfaceCounters
  let responder: InterfaceCounters
  let processorTime: Int

  init(_ running: RunningResponder, sent: Int = 0) throws {
    self.sent = sent
    time = BootClock.nanoseconds
    asker = try running.bench.link.asker.counters(of: "up0")
    responder = try running.bench.link.responder.counters(of: "eth0")
    processorTime = try running.processIdentifier.map(Machine.processorTime) ?? 0
  }
}
