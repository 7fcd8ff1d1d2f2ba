import CLinux

/// A file that is replaced as a whole: whoever reads it gets the old one or the new one.
package enum ReplacedFile {
  /// Writes a file beside the one with this path, and puts it in its place; mode 0600.
  ///
  /// A file that is there is replaced only if it is a regular one that is empty or begins as
  /// `octets` do, in the first `headLength` of them; a symbolic link to such a file is replaced
  /// itself. Anything else stays as it is: `EEXIST`. Where it need not be `durable`, nobody waits
  /// for the disk, and the file may be damaged if the power fails. Throws where that fails, and
  /// leaves nothing behind.
  package static func write(
    _ octets: [UInt8], to path: String, headLength: Int, durable: Bool = true
  ) throws(SystemError) {
    guard isOfOurKind(path, octets.prefix(headLength)) else {
      throw SystemError("replace \(path): it is another kind of file", .fileExists)
    }
    let draft = path + ".ndpproxy-new"
    // One that was left behind is of a process that was killed.
    _ = unsafe unlink(draft)
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let number = try call("make \(draft)") { unsafe linux_open(draft, flags, 0o600) }
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

  /// Whether there is nothing at a path, or a file that is empty or begins like this.
  private static func isOfOurKind(_ path: String, _ head: ArraySlice<UInt8>) -> Bool {
    do throws(SystemError) {
      let file = try RegularFile(path, limit: head.count, isRequired: true)
      return file.octets.isEmpty || file.octets.starts(with: head)
    } catch {
      // A symbolic link to nothing may be somebody's.
      return error.code == .noSuchFileOrDirectory
        && (try? FoundFile(path, followsLinks: false)) == nil
    }
  }

  private static func write(
    _ octets: [UInt8], to descriptor: borrowing Descriptor, _ path: String
  ) throws(SystemError) {
    var rest = octets[...]
    let number = descriptor.number
    while !rest.isEmpty {
      let count = try call("write \(path)") {
        unsafe rest.withUnsafeBytes { unsafe CLinux.write(number, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(count)
    }
  }
}
