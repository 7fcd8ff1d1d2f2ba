import LinuxNet
import NDPWire
import NetworkLab

/// A responder that answers.
struct RunningResponder: Sendable {
  let responder: Responder
  let bench: Bench
  /// When it became the responder's program, by the monotonic clock.
  let startedAt: UInt64
  /// How long it took from there to its first answer, in nanoseconds.
  private(set) var startTime: UInt64 = 0
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
  /// Asks every 200 µs: a question before the responder listens is lost. Throws after a minute.
  mutating func waitForAnswer(_ target: IPv6Address, member: Member?) async throws {
    let generator = try Generator(
      on: bench.link, index: bench.askerIndex, targets: .members(1))
    let sample = try AnswerSample(on: bench.link, index: bench.askerIndex, divisor: 1)
    while MonotonicClock.nanoseconds < startedAt {}
    while MonotonicClock.nanoseconds < startedAt + 60_000_000_000 {
      let start = MonotonicClock.nanoseconds
      try generator.ask(for: target)
      while case let now = MonotonicClock.nanoseconds, now < start + 200_000 {
        try sample.take()
        try member?.answer()
        if sample.count > 0 {
          startTime = now - startedAt
          // Late answers to earlier questions must not be counted by whoever comes next.
          return try await Task.sleep(for: .milliseconds(20))
        }
      }
      if process?.status != nil { break }
      // ndppd is not to be flooded before it has begun.
      if MonotonicClock.nanoseconds - startedAt > 1_000_000_000 {
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    throw BenchFailure(
      (["\(responder.title) does not answer within a minute, or has ended"] + (process?.lines ?? []))
        .joined(separator: "\n  "))
  }

  /// ndpproxy's own counts since its start, by their names; empty for others.
  func ownCounts() async throws -> [String: Int] {
    guard responder == .ndpproxy, let process else { return [:] }
    let known = process.lines.count { $0.contains("answered=") }
    process.send(.userDefinedOne)
    let line = try await poll(within: .seconds(2)) { () -> String? in
      let lines = process.lines.filter { $0.contains("answered=") }
      return lines.count > known ? lines.last : nil
    }
    guard let line else { throw BenchFailure("ndpproxy does not tell its counts") }
    var counts: [String: Int] = [:]
    for word in line.split(separator: " ") {
      let parts = word.split(separator: "=")
      if parts.count == 2, let number = Int(parts[1]) { counts[String(parts[0])] = number }
    }
    return counts
  }
}
