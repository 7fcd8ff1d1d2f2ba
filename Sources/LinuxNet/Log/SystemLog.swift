import CLinux

/// The system log of this host, where a daemon without a terminal writes.
///
/// syslog(3) waits where the log's socket is full, for as long as nobody reads it. Here a line that
/// cannot be taken at once is lost, and how many were is said with the next one that is taken.
package struct SystemLog: ~Copyable {
  /// The severities of RFC 5424 §6.2.1 that a daemon uses.
  package enum Severity: CInt, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
    case informational = 6
    case debug = 7
  }

  private let name: String
  private let path: String
  private var lost = LostLines()

  /// How many lines were lost since the start.
  package var lostCount: UInt64 { lost.count }

  /// `LOG_DAEMON` (syslog(3)), as it stands in a line's priority.
  private static let facility: CInt = 3 << 3

  /// Lines carry this name and the process's number.
  package init(name: String, path: String = "/dev/log") {
    self.name = name
    self.path = path
  }

  /// Writes one line, or loses it; never waits.
  ///
  /// Nothing stays open between lines, so that a log that was restarted is found again. One
  /// attempt, or two where the log listens for streams.
  package mutating func write(_ text: String, severity: Severity) {
    // The local form of RFC 3164. There is no time in it: it would be this process's local time,
    // to the second and without a zone, and take the zone's file to tell. journald, rsyslog,
    // syslog-ng and BusyBox put the time of arrival in its place.
    let line =
      "<\(Self.facility | severity.rawValue)>\(name)[\(getpid())]: \(LogText.line(text))\(lost.note)"
    lost.record(isWritten: isSent(line))
  }

  private func isSent(_ line: String) -> Bool {
    do throws(SystemError) {
      try send(line, over: SOCK_DGRAM)
      return true
    } catch {
      // Old logs listen for connections; there a line ends with a zero.
      return error.code == .wrongProtocolType
        && (try? send(line + "\0", over: SOCK_STREAM)) != nil
    }
  }

  private func send(_ line: String, over type: __socket_type) throws(SystemError) {
    let flags = CInt(type.rawValue) | CInt(O_CLOEXEC) | CInt(O_NONBLOCK)
    let socket = Descriptor(owning: try call("open socket") { CLinux.socket(AF_UNIX, flags, 0) })
    try socket.connect(to: path)
    let count = try call("send to \(path)") {
      unsafe CLinux.send(
        socket.number, line, line.utf8.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
    }
    guard count == line.utf8.count else { throw SystemError("send to \(path)", .messageTooLong) }
  }
}
