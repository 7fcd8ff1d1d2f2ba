import LinuxNet
import NDPWire
import NetworkLab

/// A responder that answers.
struct RunningResponder: Sendable {
  let responder: Responder
  let bench: Bench
  /// When it became the responder's program, by `BootClock`.
  let startedAt: UInt64
  /// How long it took from there to its first answer, in nanoseconds; `nil` if there was none.
  private(set) var startTime: UInt64?
  private let process: RunningProcess?

  init(_ responder: Responder, _ bench: Bench, _ process: RunningProcess?, _ startedAt: UInt64) {
    self.responder = responder
    self.bench = bench
    self.process = process
    self.startedAt = startedAt
  }

  /// Its number; `nil` for the kernel.
  var processIdentifier: Int32? { process?.processIdentifier }

  /// Asks until there is an answer.
  ///
  /// Asks every 200 µs, for a question before the responder listens is lost; after a second every
  /// 20 ms, and after ten every half second, for nobody is to be flooded before it has begun.
  /// Throws after `patience`, unless silence is allowed, and when the responder has ended.
  mutating func waitForAnswer(
    _ target: IPv6Address, member: Member?, patience: Duration, orSilence isSilenceAllowed: Bool
  ) async throws {
    let length = UInt64(patience / .nanoseconds(1))
    let generator = try Generator(
      on: bench.link, index: bench.askerIndex, targets: .members(1))
    let sample = try AnswerSample(on: bench.link, index: bench.askerIndex, divisor: 1)
    while BootClock.nanoseconds < startedAt {}
    while process?.status == nil, BootClock.nanoseconds < startedAt + length {
      let start = BootClock.nanoseconds
      try generator.ask(for: target)
      while case let now = BootClock.nanoseconds, now < start + 200_000 {
        try sample.take()
        try member?.answer()
        if sample.count > 0 {
          startTime = now - startedAt
          // Late answers to earlier questions must not be counted by whoever comes next.
          return try await Task.sleep(for: .milliseconds(20))
        }
      }
      switch BootClock.nanoseconds - startedAt {
      case ..<1_000_000_000: continue
      case ..<10_000_000_000: try await Task.sleep(for: .milliseconds(20))
      default: try await wait(for: sample, member: member)
      }
    }
    if isSilenceAllowed, process?.status == nil { return }
    throw BenchFailure(
      (["\(responder.title) \(try silence(after: patience))"] + (process?.lines ?? []))
        .joined(separator: "\n  "))
  }

  /// Lets half a second pass, or what it takes until the answer is there.
  private func wait(for sample: AnswerSample, member: Member?) async throws {
    for _ in 0..<500 where sample.count == 0 {
      try await Task.sleep(for: .milliseconds(1))
      try sample.take()
      try member?.answer()
    }
  }

  /// Why there was no answer: what the responder was doing.
  private func silence(after patience: Duration) throws -> String {
    guard let process else { return "does not answer within \(patience)" }
    if let status = process.status { return "has ended before it answered: \(status)" }
    let time = try Machine.processorTime(of: process.processIdentifier)
    return "does not answer within \(patience), of which it was busy for \(time / 1_000_000) ms"
  }

  /// ndpproxy's own counts since its start, by their names; empty for others.
  func ownCounts() async throws -> [String: Int] {
    guard responder.isOurs, let process else { return [:] }
    let known = process.lines.count { $0.contains("answered=") }
    process.send(.userDefinedOne)
    let line = try await poll(within: .seconds(2)) { () -> String? in
      let lines = process.lines.filter { $0.contains("answered=") }
      return lines.count > known ? lines.last : nil
    }
    guard let line else { throw BenchFailure("ndpproxy does not print its counters") }
    var counts: [String: Int] = [:]
    for word in line.split(separator: " ") {
      let parts = word.split(separator: "=")
      if parts.count == 2, let number = Int(parts[1]) { counts[String(parts[0])] = number }
    }
    return counts
  }
}
