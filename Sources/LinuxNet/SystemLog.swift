import CLinux
import Glibc
import PlainText

/// The system log of this host (syslog(3)), where a daemon without a terminal writes.
package enum SystemLog {
  /// The severities of RFC 5424 §6.2.1 that a daemon uses.
  package enum Severity: CInt, Sendable {
    case critical = 2
    case error = 3
    case warning = 4
    case notice = 5
    case informational = 6
    case debug = 7
  }

  /// Says under which name lines appear; lines carry the process's number.
  package static func open(name: StaticString) {
    precondition(name.hasPointerRepresentation)
    // syslog(3) keeps the pointer, and a static string's stays valid.
    unsafe openlog(
      UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), LOG_PID, LOG_DAEMON)
  }

  /// Writes one line; what is not printable in it is shown as octets.
  package static func write(_ text: String, severity: Severity) {
    unsafe linux_syslog(severity.rawValue, "%s", text.printable)
  }
}
