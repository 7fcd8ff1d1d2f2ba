import Dispatch
import LinuxSurvey
import NDPWire
import Synchronization

/// A generator on a thread of its own, which asks as fast as it can.
final class GeneratorThread: Sendable {
  private let count = Atomic<Int>(0)
  private let failure = Mutex<(any Error)?>(nil)
  private let hasEnded = DispatchSemaphore(value: 0)
  private let make: @Sendable () throws -> Generator

  init(
    on link: BenchLink, index: Int32, processor: Int, targets: Targets,
    destination: Generator.Destination, seed: UInt64
  ) {
    make = {
      try ProcessorAffinity.pin(to: processor)
      return try Generator(
        on: link, index: index, targets: targets, destination: destination, seed: seed)
    }
  }

  /// How many questions it has asked so far.
  var sentCount: Int { count.load(ordering: .relaxed) }

  /// Asks until the clock says `end`.
  func start(until end: UInt64) {
    DispatchQueue(label: "generator").async { [self] in
      defer { hasEnded.signal() }
      do {
        let generator = try make()
        try generator.send(perSecond: nil, until: end) {
          count.store(generator.sentCount, ordering: .relaxed)
        }
        count.store(generator.sentCount, ordering: .relaxed)
      } catch {
        failure.withLock { $0 = error }
      }
    }
  }

  /// Waits for its end; throws what went wrong.
  func wait() throws {
    hasEnded.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
