import CLinux
import Glibc
package import LinuxNet

/// Files that we write: new ones, or our own, and never another's by way of a link.
///
/// Whoever may write to a directory, `/tmp` for one, may put links, pipes and devices there under
/// names that somebody else is about to write to.
package enum OutputFile {
  /// Makes a file that is not there yet.
  ///
  /// Everybody may read it. Throws `EEXIST` where anything is.
  static func create(_ path: String) throws(SystemError) -> Descriptor {
    // With O_EXCL no link is followed.
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
    return Descriptor(owning: try call("make \(path)") { unsafe open(path, flags, 0o644) })
  }

  /// Makes a file, or empties one that is a regular file of ours with no other name.
  ///
  /// Throws `EEXIST` where something else is there, which stays as it is.
  static func empty(_ path: String) throws(SystemError) -> Descriptor {
    do {
      return try create(path)
    } catch {
      guard error.code == .fileExists else { throw error }
    }
    let found = try FoundFile(path, followsLinks: false)
    try found.requireOurs("write to \(path)")
    guard found.linkCount == 1 else {
      throw SystemError("write to \(path): the file has another name as well", .fileExists)
    }
    return try found.open(O_WRONLY | O_TRUNC, "write to \(path)")
  }

  /// Puts a new file with this text at a path.
  ///
  /// Throws `EEXIST` where anything is there.
  package static func make(_ path: String, with text: String) throws(SystemError) {
    let descriptor = try create(path)
    do {
      try write(text, to: descriptor, path)
    } catch {
      RegularFile.remove(path)
      throw error
    }
  }

  /// Puts a file with this text in the place of another of ours, so that nobody sees a part of it.
  ///
  /// Everybody may read it. Throws `EEXIST` where there is something else than a regular file of
  /// ours, which stays as it is.
  package static func replace(_ path: String, with text: String) throws(SystemError) {
    do throws(SystemError) {
      try FoundFile(path, followsLinks: false).requireOurs("replace \(path)")
    } catch {
      guard error.code == .noSuchFileOrDirectory else { throw error }
    }
    let temporary = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36)).new"
    try make(temporary, with: text)
    do {
      try call("replace \(path)") { unsafe rename(temporary, path) }
    } catch {
      RegularFile.remove(temporary)
      throw error
    }
  }

  /// Writes to what is there, such as a kernel variable, without making or emptying anything.
  package static func set(_ path: String, to text: String) throws(SystemError) {
    let number = try call("write to \(path)") {
      unsafe open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
    }
    try write(text, to: Descriptor(owning: number), path)
  }

  private static func write(
    _ text: String, to descriptor: borrowing Descriptor, _ path: String
  ) throws(SystemError) {
    let number = descriptor.number
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = try call("write to \(path)") {
        unsafe rest.withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(count)
    }
  }
}
