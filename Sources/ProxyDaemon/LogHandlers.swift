import LinuxNet
import Logging
import Synchronization

/// Writes log lines to standard error, one sentence a line; those that had to wait are lost.
///
/// Under systemd (`JOURNAL_STREAM`), each begins with the priority that the journal expects
/// (sd-daemon(3)), otherwise with the severity's name.
struct StandardErrorLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  let outlet: Outlet

  /// Where the lines of all loggers go.
  final class Outlet: Sendable {
    private let log = Mutex(ErrorLog())
    private let isJournal = StandardStream.error.isJournal

    func write(_ text: String, severity: SystemLog.Severity) {
      let prefix = isJournal ? "<\(severity.rawValue)>" : "\(severity.name): "
      log.withLock { $0.write(text, prefix: prefix) }
    }

    /// Looks anew at what standard error is.
    func reopen() { log.withLock { $0.reopen() } }
  }

  /// Lines below `level` are not written.
  init(level: Logger.Level, outlet: Outlet) {
    logLevel = level
    self.outlet = outlet
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    outlet.write("\(event.message)", severity: event.level.severity)
  }
}

/// Writes log lines to the system log; those that had to wait are lost.
struct SystemLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  private let outlet = Outlet()

  /// The system log, for handlers that are copied.
  private final class Outlet: Sendable {
    let log = Mutex(SystemLog(name: "ndpproxy"))
  }

  /// Lines below `level` are not written.
  init(level: Logger.Level) { logLevel = level }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    outlet.log.withLock { $0.write("\(event.message)", severity: event.level.severity) }
  }
}

extension Logger.Level {
  fileprivate var severity: SystemLog.Severity {
    switch self {
    case .trace, .debug: .debug
    case .info: .informational
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}

extension SystemLog.Severity {
  fileprivate var name: String {
    switch self {
    case .debug: "debug"
    case .informational: "info"
    case .notice: "notice"
    case .warning: "warning"
    case .error, .critical: "error"
    }
  }
}
