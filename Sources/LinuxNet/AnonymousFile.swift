import CLinux
import Glibc
package import SystemPackage

/// A file in memory, without a name: gone with the last descriptor, however this process ends.
package final class AnonymousFile: Sendable {
  private let descriptor: FileDescriptor

  /// Makes one that contains `text`.
  package init(containing text: String) throws(Errno) {
    let opened = unsafe memfd_create("ndpproxy", UInt32(MFD_CLOEXEC))
    guard opened >= 0 else { throw Errno(rawValue: errno) }
    descriptor = FileDescriptor(rawValue: opened)
    try replaceContents(with: text)
  }

  deinit {
    close(descriptor.rawValue)
  }

  /// A name under which any process of this user can open it while we live.
  package var path: String { "/proc/\(getpid())/fd/\(descriptor.rawValue)" }

  /// Empties the file and writes `text` to it, in two steps.
  package func replaceContents(with text: String) throws(Errno) {
    guard ftruncate(descriptor.rawValue, 0) == 0 else { throw Errno(rawValue: errno) }
    var text = text
    let (written, length) = text.withUTF8 { octets in
      unsafe (pwrite(descriptor.rawValue, octets.baseAddress, octets.count, 0), octets.count)
    }
    guard written == length else { throw written < 0 ? Errno(rawValue: errno) : .noSpace }
  }
}
