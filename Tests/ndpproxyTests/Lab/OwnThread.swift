import Glibc
import Synchronization

/// A thread that runs the jobs of tasks that prefer it.
///
/// The stations that the tests play answer on it as soon as the machine lets them: tests that block
/// hold up the few threads that all other tasks share.
final class OwnThread: TaskExecutor {
  private let state = Mutex(State())
  // Counts the jobs that wait, and one more at the end. Any thread may use a semaphore.
  nonisolated(unsafe) private let signal: UnsafeMutablePointer<sem_t>

  private struct State: Sendable {
    var jobs: [UnownedJob] = []
    var isOver = false
  }

  /// Starts the thread, which lives until `end`.
  init() {
    signal = .allocate(capacity: 1)
    precondition(sem_init(signal, 0, 0) == 0)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<OwnThread>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context)
    precondition(status == 0, "no thread")
    pthread_detach(thread)
  }

  deinit {
    sem_destroy(signal)
    signal.deallocate()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.jobs.append(job) }
    sem_post(signal)
  }

  /// Ends the thread when it has run what was enqueued.
  func end() {
    state.withLock { $0.isOver = true }
    sem_post(signal)
  }

  private func run() {
    while true {
      while sem_wait(signal) != 0 {}
      let (job, isOver) = state.withLock { state in
        (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isOver)
      }
      if let job {
        job.runSynchronously(on: asUnownedTaskExecutor())
      } else if isOver {
        return
      }
    }
  }
}
