import CLinux
import Glibc
import LinuxNet
import PlainText

/// The terminal that standard output is, used as a page that is drawn anew again and again.
///
/// Leaves it as it was when it goes away.
package final class Terminal {
  private var before: termios

  /// Whether standard input and output are one.
  package static var isThere: Bool {
    isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
  }

  /// Takes the terminal over; `nil` where standard input or output is none.
  package static func takeOver() -> Terminal? {
    var before = termios()
    guard isThere, unsafe tcgetattr(STDIN_FILENO, &before) == 0
    else { return nil }
    return Terminal(before: before)
  }

  private init(before: termios) {
    self.before = before
    enter()
  }

  deinit { leave() }

  private func enter() {
    var quiet = before
    quiet.c_lflag &= ~Self.lineModes
    unsafe tcsetattr(STDIN_FILENO, TCSANOW, &quiet)
    // The other screen, without a cursor (xterm's control sequences, which all know).
    StandardStream.output.command("\u{1b}[?1049h\u{1b}[?25l")
  }

  private func leave() {
    StandardStream.output.command("\u{1b}[?25h\u{1b}[?1049l")
    unsafe tcsetattr(STDIN_FILENO, TCSANOW, &before)
  }

  /// What a shell wants of a terminal, and we do not.
  private static let lineModes = tcflag_t(ICANON | ECHO)

  /// Gives the terminal back and stops this process, as SIGTSTP asked for, until it goes on.
  ///
  /// The signal has to be blocked. Nothing stops where there is no shell that could go on with us
  /// (an orphaned process group, POSIX).
  package func suspend() {
    leave()
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, SignalDescriptor.stop)
    raise(SignalDescriptor.stop)
    // Here it stops.
    unsafe sigprocmask(SIG_UNBLOCK, &set, nil)
    unsafe sigprocmask(SIG_BLOCK, &set, nil)
    resume()
  }

  /// Takes the terminal over again, after a shell has had it: whatever stopped this process.
  package func resume() {
    var now = termios()
    guard unsafe tcgetattr(STDIN_FILENO, &now) == 0 else { return }
    // Else it is ours still.
    if now.c_lflag & Self.lineModes != 0 { before = now }
    enter()
  }

  /// How much fits on it; 80 columns and 24 lines where it does not say.
  package static var size: (columns: Int, lines: Int) {
    var size = winsize()
    let status = unsafe linux_ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)
    guard status == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Replaces what is on the page; lines beyond its end are left out.
  ///
  /// What is not printable in them is shown as octets.
  package func show(_ lines: [String]) {
    let shown = lines.prefix(Self.size.lines - 1)
    let text = shown.map { $0.printable + "\u{1b}[K\r\n" }.joined()
    StandardStream.output.command("\u{1b}[H" + text + "\u{1b}[J")
  }

  /// What was pressed, once input is readable.
  package enum Key: Equatable, Sendable {
    /// A key, as an octet.
    case octet(UInt8)
    /// None: the terminal is gone.
    case end
  }

  /// The next key; waits for it.
  package func nextKey() -> Key {
    var octet: UInt8 = 0
    return unsafe read(STDIN_FILENO, &octet, 1) == 1 ? .octet(octet) : .end
  }
}

/// Standard input, for `EventPoll`.
package final class StandardInput: Pollable {
  package init() {}

  package var pollDescriptor: CInt { STDIN_FILENO }
}
