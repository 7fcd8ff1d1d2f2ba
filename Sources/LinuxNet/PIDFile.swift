import CLinux
import Glibc

/// A file with this process's number, locked for as long as the process lives.
///
/// Removed when it goes away. Readable by all, writable by its owner alone.
package final class PIDFile {
  private let descriptor: Descriptor
  private let path: String

  /// Writes the file; throws `EWOULDBLOCK` where another living process holds it.
  package init(path: String) throws(SystemError) {
    let number = try call("create \(path)") {
      unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    }
    descriptor = Descriptor(owning: number)
    self.path = path
    try call("lock \(path)") { linux_flock(number, LOCK_EX | LOCK_NB) }
    let text = "\(getpid())\n"
    try call("truncate \(path)") { ftruncate(number, 0) }
    try call("write \(path)") { unsafe write(number, text, text.utf8.count) }
  }

  deinit {
    _ = unsafe unlink(path)
  }
}
