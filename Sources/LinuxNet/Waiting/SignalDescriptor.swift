import CLinux

/// A signalfd: signals that arrive as something to read instead of interrupting.
package final class SignalDescriptor: Pollable {
  private let descriptor: Descriptor

  /// The signals that end a daemon in good order.
  package static let termination = [SIGTERM, SIGINT]

  /// The signals that end a program which has a terminal to give back.
  package static let ending = [SIGTERM, SIGINT, SIGHUP, SIGQUIT]

  /// The signals that a program gets which draws on a terminal: stop, go on, another size.
  package static let terminal = [stop, SIGCONT, SIGWINCH]

  /// The one by which a terminal stops a program (Ctrl-Z).
  package static let stop = SIGTSTP

  /// The signals by which an administrator asks a daemon for something.
  package static let requests = [SIGHUP, SIGUSR1, SIGUSR2]

  /// The one by which it is asked to take up a changed configuration.
  package static let reload = SIGHUP

  /// The one by which it is asked how things are.
  package static let report = SIGUSR1

  /// The one by which it is asked to log more, or less.
  package static let logLevel = SIGUSR2

  /// Blocks the signals for this thread and makes them readable here.
  ///
  /// Throws `SystemError`.
  package init(_ signals: [CInt]) throws(SystemError) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    try call("sigprocmask") { unsafe sigprocmask(SIG_BLOCK, &set, nil) }
    let number = try call("signalfd") {
      unsafe signalfd(-1, &set, CInt(O_CLOEXEC | O_NONBLOCK))
    }
    descriptor = Descriptor(owning: number)
  }

  package var pollDescriptor: CInt { descriptor.number }

  /// The number of the next pending signal, or `nil` where there is none.
  package func next() throws(SystemError) -> CInt? {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    let count = try callUnlessBlocked("read signalfd") {
      unsafe read(descriptor.number, &information, size)
    }
    return count == size ? CInt(information.ssi_signo) : nil
  }
}
