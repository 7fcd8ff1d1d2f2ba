import Glibc
import SystemPackage

/// A file that is read in one go.
package struct RegularFile {
  /// Device and inode: the same for two paths exactly if they are one file.
  package let identity: String

  /// What is in it.
  package let octets: [UInt8]

  /// Reads a file, no more than `limit` + 1 octets, so that a longer one can be told.
  ///
  /// A pipe or a device will do unless `isRequired` says that it must be a regular file.
  /// Throws `SystemError` where it cannot be read; a directory gives `EISDIR`.
  package init(_ path: String, limit: Int, isRequired: Bool = false) throws(SystemError) {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    let flags = O_RDONLY | O_CLOEXEC | (isRequired ? O_NONBLOCK : 0)
    let descriptor = Descriptor(
      owning: try call("open \(path)") { unsafe open(path, flags) })
    var status = stat()
    _ = try call("fstat \(path)") { unsafe fstat(descriptor.number, &status) }
    identity = "\(status.st_dev):\(status.st_ino)"
    let kind = status.st_mode & S_IFMT
    if isRequired, kind != S_IFREG, kind != S_IFDIR {
      throw SystemError("open \(path): not a regular file", .invalidArgument)
    }
    octets = try Self.read(descriptor, path: path, limit: limit)
  }

  private static func read(
    _ descriptor: borrowing Descriptor, path: String, limit: Int
  ) throws(SystemError) -> [UInt8] {
    var octets: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while octets.count <= limit {
      let room = min(chunk.count, limit + 1 - octets.count)
      let number = descriptor.number
      let count = try call("read \(path)") { unsafe Glibc.read(number, &chunk, room) }
      if count == 0 { break }
      octets += chunk[..<count]
    }
    return octets
  }

  /// The directory that a path is in.
  package static func directory(of path: String) -> String {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    return end == path.startIndex ? "/" : String(path[..<end])
  }

  /// Makes a directory that others may enter, and gives it to a user; one that is there already is
  /// given as well where it belongs to somebody else than root.
  ///
  /// What is no directory, a symbolic link to one included, stays as it is, and so does its owner.
  package static func makeDirectory(
    _ path: String, owner: Privileges.User?
  ) throws(SystemError) {
    let isNew = unsafe mkdir(path, 0o755) == 0
    guard isNew || errno == EEXIST else {
      throw SystemError("make the directory \(path)", .current)
    }
    let number = unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else {
      if !isNew, errno == ELOOP || errno == ENOTDIR { return }
      throw SystemError("open the directory \(path)", .current)
    }
    let directory = Descriptor(owning: number)
    var status = stat()
    try call("examine \(path)") { unsafe fstat(directory.number, &status) }
    if isNew { try call("let others into \(path)") { fchmod(directory.number, 0o755) } }
    let (user, group) = (owner?.identifier ?? 0, owner?.group ?? 0)
    guard status.st_uid != user, isNew || status.st_uid != 0 else { return }
    try call("give \(path) to \(owner?.name ?? "root")") {
      fchown(directory.number, user, group)
    }
  }

  /// Puts a file with this text in the place of another, so that nobody sees a part of it.
  ///
  /// Everybody may read it. Throws `EEXIST` where `path` is something else than a regular file: a
  /// device, say, is not to be replaced by one.
  package static func replace(_ path: String, with text: String) throws(SystemError) {
    var status = stat()
    guard unsafe lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
      throw SystemError("replace \(path): it is no regular file", .fileExists)
    }
    let temporary = "\(path).\(getpid()).new"
    // What somebody else has put there is not written to.
    remove(temporary)
    let number = try call("make \(temporary)") {
      unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    }
    let descriptor = Descriptor(owning: number)
    do {
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let count = try call("write \(temporary)") {
          unsafe rest.withUnsafeBytes { unsafe write(descriptor.number, $0.baseAddress, $0.count) }
        }
        rest = rest.dropFirst(count)
      }
      try call("set permissions of \(temporary)") { fchmod(descriptor.number, 0o644) }
      try call("replace \(path)") { unsafe rename(temporary, path) }
    } catch {
      remove(temporary)
      throw error
    }
  }

  /// Takes away the name of a file, as far as that is allowed.
  package static func remove(_ path: String) { _ = unsafe unlink(path) }

  /// Whether there is something at `path`.
  package static func exists(_ path: String) -> Bool {
    unsafe access(path, F_OK) == 0
  }

  /// `path` as seen from `/`, unless it is so already.
  package static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let directory = unsafe getcwd(nil, 0) else { return path }
    defer { unsafe free(directory) }
    return unsafe String(cString: directory) + "/" + path
  }
}
