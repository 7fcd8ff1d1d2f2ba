package import ControlProtocol
import LinuxNet
import ProxyModel

/// The daemon's log: standard error, in the background the system log as well, and the last
/// warnings and errors for who looks later.
///
/// A line that cannot be written at once is lost. Under systemd (`JOURNAL_STREAM`) each line of
/// standard error begins with the priority that the journal expects (sd-daemon(3)), otherwise with
/// the severity's name.
package final class Log {
  /// Lines below it are not written.
  package var level: LogLevel
  /// The last warnings and errors.
  package private(set) var warnings = WarningHistory()
  private var limit = WarningLimit()
  private var standardError = ErrorLog()
  private let isJournal = StandardStream.error.isJournal
  private var systemLog: SystemLog?

  /// `usesSystemLog` is for a daemon that leaves its terminal.
  package init(level: LogLevel, usesSystemLog: Bool) {
    self.level = level
    systemLog = usesSystemLog ? SystemLog(name: "ndpproxy") : nil
  }

  /// Looks anew at what standard error is.
  package func reopenStandardError() { standardError.reopen() }

  /// Whether every message is logged.
  package var isDebugging: Bool { level == .debug }

  /// Logs what only somebody who looks for a fault wants to know.
  package func debug(_ text: @autoclosure () -> String) {
    if level == .debug { write(text(), severity: .debug) }
  }

  /// Logs what is as it should be.
  package func info(_ text: @autoclosure () -> String) {
    if level != .notice { write(text(), severity: .informational) }
  }

  /// Logs what an administrator should know of.
  package func notice(_ text: String) { write(text, severity: .notice) }

  /// Warns of what does not work as it should, and is told later as well.
  package func warning(_ text: String) {
    write(text, severity: .warning)
    warnings.add(text, severity: .warning)
  }

  /// Warns of what may go wrong with every packet, at most once a second.
  package func warnSparingly(_ text: String) {
    let now = Instant(nanoseconds: BootClock.nanoseconds)
    guard let suppressed = limit.pass(now: now) else { return }
    warning("\(text)\(suppressed == 0 ? "" : " (and \(suppressed) more like it)")")
  }

  /// Logs what does not work at all, and is told later as well.
  package func error(_ text: String) {
    write(text, severity: .error)
    warnings.add(text, severity: .error)
  }

  private func write(_ text: String, severity: SystemLog.Severity) {
    standardError.write(
      text, prefix: isJournal ? "<\(severity.rawValue)>" : "\(severity.name): ")
    systemLog?.write(text, severity: severity)
  }
}

/// At most one warning a second about what may go wrong with every packet.
private struct WarningLimit {
  private var next = Instant(nanoseconds: 0)
  private var suppressed = 0

  /// How many warnings were suppressed since the last one that was not; `nil` suppresses this one.
  mutating func pass(now: Instant) -> Int? {
    guard now >= next else {
      suppressed += 1
      return nil
    }
    defer { suppressed = 0 }
    next = now + .seconds(1)
    return suppressed
  }
}

/// The last warnings and errors of the log.
package struct WarningHistory {
  /// How many there were.
  package private(set) var count: UInt64 = 0
  /// The last of them, the oldest first.
  package private(set) var latest: [Line] = []

  /// How many are kept; then the oldest goes.
  static let limit = 16
  /// How much of a line is kept, in characters.
  static let lineLimit = 500

  /// One of them, cut where it is too long.
  package struct Line {
    /// When it was written, by `BootClock`.
    package let nanoseconds: UInt64
    /// The severity's name.
    package let severity: String
    /// What it says.
    package let text: String
  }

  fileprivate mutating func add(_ text: String, severity: SystemLog.Severity) {
    count += 1
    if latest.count == Self.limit { latest.removeFirst() }
    latest.append(
      Line(
        nanoseconds: BootClock.nanoseconds, severity: severity.name,
        text: String(LogText.line(text).prefix(Self.lineLimit))))
  }
}

extension SystemLog.Severity {
  fileprivate var name: String {
    switch self {
    case .debug: "debug"
    case .informational: "info"
    case .notice: "notice"
    case .warning: "warning"
    case .error: "error"
    }
  }
}
