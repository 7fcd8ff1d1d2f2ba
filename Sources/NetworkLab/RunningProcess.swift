import LinuxNet
package import Subprocess
import Synchronization

/// A process that runs on a node while a body of code does; see `Node.withProcess`.
package final class RunningProcess: Sendable {
  private let state = Mutex(State())

  private struct State {
    var lines: [String] = []
    var phase = Phase.starting
  }

  private enum Phase {
    case starting
    /// Its process descriptor is open: no signal can go astray.
    case running(Execution<NoInput, SequenceOutput, CombinedErrorOutput>)
    /// It has closed its output, most likely by ending; it may live on all the same.
    case ending(Execution<NoInput, SequenceOutput, CombinedErrorOutput>)
    case ended(ExitStatus)
    case failed(any Error)
  }

  fileprivate init() {}

  /// Its number; 0 unless it runs.
  package var processIdentifier: Int32 {
    state.withLock {
      if case .running(let execution) = $0.phase { execution.processIdentifier.value } else { 0 }
    }
  }

  /// What it has written so far on standard output and standard error, line by line.
  package var lines: [String] { state.withLock { $0.lines } }

  /// How it ended; `nil` while it runs.
  package var status: ExitStatus? {
    state.withLock { if case .ended(let status) = $0.phase { status } else { nil } }
  }

  /// Waits for a line that contains `text`; `nil` if there is none within `patience`.
  ///
  /// What the process also says at other times must come after the first `known` lines: those that
  /// were there before what the caller did.
  package func line(
    containing text: String, after known: Int = 0, within patience: Duration = .seconds(20)
  ) async throws -> String? {
    try await poll(within: patience) { lines.dropFirst(known).first { $0.contains(text) } }
  }

  /// Waits for its end; `nil` if it still runs after `patience`.
  package func exitStatus(within patience: Duration) async throws -> ExitStatus? {
    try await poll(within: patience) { status }
  }

  /// Sends it a signal, and nobody else; nothing happens if it has ended.
  package func send(_ signal: Signal) {
    state.withLock {
      switch $0.phase {
      case .running(let execution), .ending(let execution): try? execution.send(signal: signal)
      case .starting, .ended, .failed: break
      }
    }
  }

  fileprivate func run(_ configuration: Configuration) async {
    do {
      let result = try await Subprocess.run(
        configuration, input: .none, output: .sequence, error: .combinedWithOutput
      ) { execution in
        enter(.running(execution))
        defer { enter(.ending(execution)) }
        for try await line in execution.standardOutput.strings() {
          state.withLock { $0.lines.append(line) }
        }
      }
      enter(.ended(ExitStatus(result.terminationStatus)))
    } catch {
      enter(.failed(error))
    }
  }

  private func enter(_ phase: Phase) {
    state.withLock { $0.phase = phase }
  }

  /// Throws why it could not be started.
  fileprivate func waitForStart() async throws {
    let hasStarted = try await poll(within: .seconds(20)) { () -> Bool? in
      switch state.withLock({ $0.phase }) {
      case .starting: nil
      case .failed(let error): throw error
      case .running, .ending, .ended: true
      }
    }
    guard hasStarted != nil else { throw LabFailure(["a process did not start in 20 seconds"]) }
  }
}

extension Node {
  /// Runs `command` here for as long as `body` takes, then stops it and waits until it is gone.
  ///
  /// It gets SIGTERM and, five seconds later or if the task is cancelled, SIGKILL. What it forks
  /// off is its own business. Throws what `body` throws, or why the process could not be started.
  package func withProcess<Result: Sendable>(
    _ command: [String], _ body: (RunningProcess) async throws -> Result
  ) async throws -> Result {
    let process = RunningProcess()
    let configuration = configuration(of: command, in: namespace)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await process.run(configuration) }
      try await process.waitForStart()
      // Subprocess kills the process when its task is cancelled.
      defer { group.cancelAll() }
      do {
        let result = try await body(process)
        await stop(process)
        return result
      } catch {
        await stop(process)
        throw error
      }
    }
  }

  private func stop(_ process: RunningProcess) async {
    process.send(.terminate)
    // Where the task is cancelled this does not wait.
    if (try? await process.exitStatus(within: .seconds(5))) == nil { process.send(.kill) }
  }
}
