import LinuxNet
import Logging
import Synchronization

/// The last warnings and errors of the log, for who looks later.
final class WarningHistory: Sendable {
  private let state = Mutex(State())

  /// How many are kept; then the oldest goes.
  static let limit = 16

  /// How much of a line is kept, in characters.
  static let lineLimit = 500

  struct State: Sendable {
    /// How many there were.
    var count: UInt64 = 0
    /// The last of them, the oldest first.
    var latest: [Line] = []
  }

  struct Line: Sendable {
    /// `BootClock`.
    let nanoseconds: UInt64
    let severity: String
    let text: String
  }

  var warnings: State { state.withLock { $0 } }

  func add(_ text: String, severity: String) {
    let line = Line(
      nanoseconds: BootClock.nanoseconds, severity: severity,
      text: String(LogText.line(text).prefix(Self.lineLimit)))
    state.withLock {
      $0.count += 1
      if $0.latest.count == Self.limit { $0.latest.removeFirst() }
      $0.latest.append(line)
    }
  }
}

/// Keeps warnings and errors besides what else is done with them.
struct WarningHistoryLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  let history: WarningHistory

  init(level: Logger.Level, history: WarningHistory) {
    logLevel = level
    self.history = history
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    switch event.level {
    case .warning: history.add("\(event.message)", severity: "warning")
    case .error, .critical: history.add("\(event.message)", severity: "error")
    case .trace, .debug, .info, .notice: break
    }
  }
}
