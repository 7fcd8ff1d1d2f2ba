import CLinux

/// Standard error as a log: a line that it does not take at once is lost, and how many were is said
/// with the next one that is taken.
///
/// The descriptor is shared with whoever started us, so that it must not be made non-blocking
/// itself, and poll(2) promises room for one octet only: a terminal, or a pipe that others write to
/// as well, would hold us up with the rest of the line.
package struct ErrorLog: ~Copyable {
  private var way: Way
  private var lost = LostLines()
  /// Whether the last line was cut short in the middle.
  private var isBroken = false

  /// How lines are written without waiting.
  enum Way: ~Copyable {
    /// send(2) can be told not to wait.
    case socket
    /// A pipe or terminal is opened once more, for us alone.
    case reopened(Descriptor)
    /// Files never wait, and nor does what has just been found ready, as good as always.
    case polled
  }

  /// How many lines were lost since the start.
  package var lostCount: UInt64 { lost.count }

  /// Looks at what standard error is.
  package init() { way = Self.way() }

  /// Looks again, after standard error was put elsewhere; nothing of the old one stays open.
  package mutating func reopen() { way = Self.way() }

  private static func way() -> Way {
    var status = stat()
    guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return .polled }
    switch status.kind {
    case S_IFSOCK: return .socket
    case S_IFIFO, S_IFCHR:
      guard isatty(STDERR_FILENO) == 1 || status.kind == S_IFIFO else { return .polled }
      // Others' pipes and terminals cannot be opened again.
      let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
      let number = unsafe linux_open("/proc/self/fd/\(STDERR_FILENO)", flags, 0)
      return number < 0 ? .polled : .reopened(Descriptor(owning: number))
    default: return .polled
    }
  }

  /// Writes one line, or loses it; never waits.
  ///
  /// `prefix` stands before the text and belongs to us; the text may be anybody's.
  package mutating func write(_ text: String, prefix: String) {
    let beginning = isBroken ? "\n" : ""
    let line = "\(beginning)\(prefix)\(LogText.line(text))\(lost.note)\n"
    let count = write(line)
    if count > 0 { isBroken = count < line.utf8.count }
    lost.record(isWritten: count == line.utf8.count)
  }

  /// How many octets were taken; less than 1 if none.
  private func write(_ line: String) -> Int {
    let length = line.utf8.count
    switch way {
    case .socket:
      let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
      return unsafe send(STDERR_FILENO, line, length, flags)
    case .reopened(let descriptor):
      return unsafe CLinux.write(descriptor.number, line, length)
    case .polled:
      var request = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
      guard unsafe poll(&request, 1, 0) == 1, request.revents & Int16(POLLOUT) != 0 else {
        return 0
      }
      return unsafe CLinux.write(STDERR_FILENO, line, length)
    }
  }
}
