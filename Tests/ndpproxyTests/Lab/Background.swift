import NetworkLab
import Synchronization

/// Says when something that runs beside a test has begun.
final class Gate: Sendable {
  private let state = Mutex(false)

  var isOpen: Bool { state.withLock { $0 } }

  func open() { state.withLock { $0 = true } }
}

/// Runs `work` on a thread of its own beside `body`, which starts when that has opened its gate;
/// cancels it at the end.
func during<Result>(
  _ work: @escaping @Sendable (Gate) async throws -> Void, _ body: () async throws -> Result
) async throws -> Result {
  let gate = Gate()
  let thread = OwnThread()
  defer { thread.end() }
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask(executorPreference: thread) {
      // Whoever waits is let in, and gets the error in the end.
      defer { gate.open() }
      try await work(gate)
    }
    let hasBegun: Bool? = try await poll(within: .seconds(10)) { gate.isOpen ? true : nil }
    guard hasBegun == true else { throw LabFailure(["what runs beside the test does not begin"]) }
    let result = try await body()
    group.cancelAll()
    try await group.waitForAll()
    return result
  }
}

/// Calls `step` with numbers from zero, so many times a second, until the task is cancelled.
///
/// What a busy machine makes it miss it makes up for, at most `burst` at once.
func repeatedly(
  perSecond rate: Int, burst: Int = 100, _ step: (Int) throws -> Void,
  afterEach pass: () -> Void
) async rethrows {
  var start = ContinuousClock.now
  var count = 0
  var total = 0
  while !Task.isCancelled {
    var due = Int((ContinuousClock.now - start) / .milliseconds(1)) * rate / 1000
    if due - count > burst {
      (start, count, due) = (.now, 0, burst)
    }
    while count < due {
      try step(total)
      count += 1
      total += 1
    }
    pass()
    try? await Task.sleep(for: .milliseconds(2))
  }
}
