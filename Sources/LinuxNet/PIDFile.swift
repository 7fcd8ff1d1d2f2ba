import CLinux
import Glibc
import SystemPackage

/// A file with this process's number, locked for as long as the process lives.
///
/// Removed when it goes away, or emptied where that is not allowed. Its owner's alone: flock(2)
/// lets whoever may read a file lock it, and so keep us from starting.
package final class PIDFile {
  private let descriptor: Descriptor
  private let path: String

  /// Writes the file; throws `EWOULDBLOCK` where another living process holds it.
  ///
  /// What is no regular file is left alone: `EEXIST`.
  package convenience init(path: String) throws(SystemError) {
    // Until it is locked and written the file may be another's, and nothing must remove it.
    let descriptor = try Self.lock(path)
    let text = "\(getpid())\n"
    try call("truncate \(path)") { ftruncate(descriptor.number, 0) }
    try call("write \(path)") { unsafe write(descriptor.number, text, text.utf8.count) }
    self.init(path: path, locked: descriptor)
  }

  private init(path: String, locked descriptor: consuming Descriptor) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    // Whoever gave up privileges may not remove it from where it is.
    if unsafe unlink(path) != 0 { _ = ftruncate(descriptor.number, 0) }
  }

  /// Opens and locks the file, again if it was removed between the one and the other.
  private static func lock(_ path: String) throws(SystemError) -> Descriptor {
    while true {
      let number = try call("create \(path)") {
        unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
      }
      let descriptor = Descriptor(owning: number)
      var opened = stat()
      try call("examine \(path)") { unsafe fstat(number, &opened) }
      // Another name of somebody's file is nothing to write to either.
      guard opened.st_mode & S_IFMT == S_IFREG, opened.st_nlink <= 1 else {
        throw SystemError("\(path) is no regular file", .fileExists)
      }
      try call("lock \(path)") { linux_flock(number, LOCK_EX | LOCK_NB) }
      var named = stat()
      let isNamed = unsafe stat(path, &named) == 0
      if isNamed, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev {
        return descriptor
      }
    }
  }
}
