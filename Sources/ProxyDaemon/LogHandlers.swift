import LinuxNet
package import Logging

/// Writes log lines to standard error, one sentence a line; what is not printable in it, such as in
/// a name that somebody else has given, is shown as octets.
///
/// Under systemd (`JOURNAL_STREAM`), each begins with the priority that the journal expects
/// (sd-daemon(3)), otherwise with the severity's name.
package struct StandardErrorLog: LogHandler {
  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  private let isJournal: Bool

  /// Lines below `level` are not written.
  package init(level: Logger.Level, isJournal: Bool) {
    logLevel = level
    self.isJournal = isJournal
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let severity = event.level.severity
    let prefix = isJournal ? "<\(severity.rawValue)>" : "\(severity.name): "
    StandardStream.error.writeWithoutWaiting(line: "\(prefix)\(event.message)")
  }
}

/// Writes log lines to the system log.
package struct SystemLogHandler: LogHandler {
  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]

  /// Lines below `level` are not written.
  package init(level: Logger.Level) {
    logLevel = level
    SystemLog.open(name: "ndpproxy")
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    SystemLog.write("\(event.message)", severity: event.level.severity)
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
