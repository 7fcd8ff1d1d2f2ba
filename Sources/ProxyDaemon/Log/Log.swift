import ControlProtocol
import EventLoop
import LinuxNet
import ProxyModel

/// The daemon's log: standard error, in the background the system log as well, and the last
/// warnings and errors for who looks later.
///
/// A line that cannot be written at once is lost. Under systemd (`JOURNAL_STREAM`) each line of
/// standard error begins with the priority that the journal expects (sd-daemon(3)), otherwise with
/// the severity's name.
final class Log {
  /// Lines below it are not written.
  var level: LogLevel
  /// The last warnings and errors.
  private(set) var warnings = WarningHistory()
  private var limit = WarningLimit()
  private var standardError = ErrorLog()
  private let isJournal = StandardStream.error.isJournal
  private var systemLog: SystemLog?

  /// `usesSystemLog` is for a daemon that leaves its terminal.
  init(level: LogLevel, usesSystemLog: Bool) {
    self.level = level
    systemLog = usesSystemLog ? SystemLog(name: "ndpproxy") : nil
  }

  /// Looks anew at what standard error is.
  func reopenStandardError() { standardError.reopen() }

  /// Whether every message is logged.
  var isDebugging: Bool { level == .debug }

  func debug(_ text: @autoclosure () -> String) {
    if level == .debug { write(text(), severity: .debug) }
  }

  func info(_ text: @autoclosure () -> String) {
    if level != .notice { write(text(), severity: .informational) }
  }

  func notice(_ text: String) { write(text, severity: .notice) }

  func warning(_ text: String) {
    write(text, severity: .warning)
    warnings.add(text, severity: .warning)
  }

  /// Warns of what may go wrong with every packet, at most once a second.
  func warnSparingly(_ text: String) {
    guard let suppressed = limit.pass(now: .now) else { return }
    warning("\(text)\(suppressed == 0 ? "" : " (and \(suppressed) more like it)")")
  }

  func error(_ text: String) {
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
struct WarningHistory {
  /// How many there were.
  private(set) var count: UInt64 = 0
  /// The last of them, the oldest first.
  private(set) var latest: [Line] = []

  /// How many are kept; then the oldest goes.
  static let limit = 16
  /// How much of a line is kept, in characters.
  static let lineLimit = 500

  struct Line {
    /// `BootClock`.
    let nanoseconds: UInt64
    let severity: String
    let text: String
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
