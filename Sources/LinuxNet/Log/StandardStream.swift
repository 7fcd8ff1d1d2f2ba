import CLinux
import PlainText
import Synchronization

/// Output and error of this process, written to at once and without buffering.
package enum StandardStream: CInt, Sendable {
  case output = 1
  case error = 2

  /// Writes the text, waiting for whoever reads it, and says whether all of it could be written.
  ///
  /// `ErrorLog` is for who must not wait. Of what is not printable only line feeds and tabs remain:
  /// no text commands a terminal.
  @discardableResult
  package func write(_ text: String) -> Bool {
    noted(writeAll(text.printable(keeping: .lines)))
  }

  /// The same for a text with colours of ours, which remain.
  @discardableResult
  package func write(colored text: String) -> Bool {
    noted(writeAll(text.printable(keeping: [.lines, .colors])))
  }

  /// Whether some text could not be written to standard output, also where its reader has gone.
  package static var isOutputLost: Bool { lostOutput.load(ordering: .relaxed) != 0 }

  /// Why some of what this process had to say on standard output could not be written.
  ///
  /// `nil` where all of it was, and where whoever read it has closed the pipe, having read enough.
  package static var outputFailure: ErrorNumber? {
    let number = lostOutput.load(ordering: .relaxed)
    return number == 0 || number == EPIPE ? nil : ErrorNumber(rawValue: number)
  }

  /// Writes what commands the terminal.
  package func command(_ text: String) {
    _ = writeAll(text)
  }

  /// Takes down why output was lost; what only commands a terminal is none.
  private func noted(_ isWritten: Bool) -> Bool {
    if !isWritten, self == .output { lostOutput.store(errno, ordering: .relaxed) }
    return isWritten
  }

  private func writeAll(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { octets in
      var start = 0
      while start < octets.count {
        let count = unsafe CLinux.write(
          rawValue, octets.baseAddress! + start, octets.count - start)
        if count > 0 {
          start += count
        } else if errno == EAGAIN {
          // Whoever made it so does not wait; we do.
          var room = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
          unsafe poll(&room, 1, -1)
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
  }

  /// Whether colour helps: a terminal that can show it, and no `NO_COLOR` (no-color.org).
  package var wantsColor: Bool {
    let isRefused = CurrentProcess.environment("NO_COLOR")?.isEmpty == false
    return !isRefused && CurrentProcess.environment("TERM") != "dumb" && isatty(rawValue) == 1
  }

  /// Whether standard output is a terminal, which has a width.
  package static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether somebody can answer on standard input.
  package static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Whether the journal reads this stream (`JOURNAL_STREAM`, systemd.exec(5)).
  package var isJournal: Bool {
    guard let journal = CurrentProcess.environment("JOURNAL_STREAM") else { return false }
    var status = stat()
    guard unsafe fstat(rawValue, &status) == 0 else { return false }
    return journal == "\(status.st_dev):\(status.st_ino)"
  }

  /// Puts `/dev/null` where input, output or error is closed, and makes writing to a pipe that
  /// nobody reads fail instead of ending this process.
  ///
  /// Otherwise the next descriptor opened would take the place of a stream, and be written to.
  package static func secure() throws(SystemError) {
    _ = unsafe linux_signal(SIGPIPE, 1)  // SIG_IGN, a macro
    var number: CInt = 0
    while number <= STDERR_FILENO {
      number = try call("open /dev/null") { unsafe linux_open("/dev/null", O_RDWR, 0) }
    }
    close(number)
  }
}

/// The `errno` of what could not be written to standard output last; 0 where all could.
private let lostOutput = Atomic<CInt>(0)
