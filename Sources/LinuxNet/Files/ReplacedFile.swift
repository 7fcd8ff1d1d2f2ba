import CLinux
import Glibc
import SystemPackage

/// A file that is replaced as a whole: whoever reads it gets the old one or the new one.
package enum ReplacedFile {
  /// Writes a file beside the one with this path, and puts it in its place; mode 0600.
  ///
  /// What is at the path is replaced whatever it is, as far as this process may; a symbolic link is
  /// replaced itself. Where it need not be `durable`, nobody waits for the disk, and it may be
  /// damaged if the power fails. Throws where that fails, and leaves nothing behind.
  package static func write(
    _ octets: [UInt8], to path: String, durable: Bool = true
  ) throws(SystemError) {
    let draft = path + ".new"
    // One that was left behind is nobody's.
    _ = unsafe unlink(draft)
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let number = try call("make \(draft)") { unsafe open(draft, flags, mode_t(0o600)) }
    let descriptor = Descriptor(owning: number)
    do throws(SystemError) {
      try write(octets, to: descriptor, draft)
      if durable { try call("write \(draft)") { fsync(descriptor.number) } }
      try call("put \(draft) in place") { unsafe rename(draft, path) }
    } catch {
      _ = unsafe unlink(draft)
      throw error
    }
  }

  private static func write(
    _ octets: [UInt8], to descriptor: borrowing Descriptor, _ path: String
  ) throws(SystemError) {
    var rest = octets[...]
    let number = descriptor.number
    while !rest.isEmpty {
      let count = try call("write \(path)") {
        unsafe rest.withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(count)
    }
  }
}
