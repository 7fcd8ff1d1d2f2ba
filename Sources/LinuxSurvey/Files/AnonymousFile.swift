import CLinux
import Glibc
package import LinuxNet

/// A file in memory, without a name: gone with the last descriptor, however this process ends.
package final class AnonymousFile: Sendable {
  private let descriptor: Descriptor

  /// Makes one that contains `text`.
  package init(containing text: String) throws(SystemError) {
    let number = try call("make a file in memory") {
      unsafe memfd_create("ndpproxy", UInt32(MFD_CLOEXEC))
    }
    descriptor = Descriptor(owning: number)
    try replaceContents(with: text)
  }

  /// A name under which any process of this user can open it while we live.
  package var path: String { "/proc/\(getpid())/fd/\(descriptor.number)" }

  /// Empties the file and writes `text` to it, in two steps.
  package func replaceContents(with text: String) throws(SystemError) {
    try call("truncate a file in memory") { ftruncate(descriptor.number, 0) }
    let written = try call("write a file in memory") {
      unsafe pwrite(descriptor.number, text, text.utf8.count, 0)
    }
    // Only a limit on file sizes could cut it short.
    guard written == text.utf8.count else {
      throw SystemError("write a file in memory", .fileTooLarge)
    }
  }
}
