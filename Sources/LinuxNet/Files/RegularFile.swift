import CLinux

/// A file that is read in one go.
package struct RegularFile {
  /// Device and inode: the same for two paths exactly if they are one file.
  package let identity: String

  /// The number of the user that it belongs to.
  package let owner: UInt32

  /// What is in it.
  package let octets: [UInt8]

  /// Reads a file, no more than `limit` + 1 octets, so that a longer one can be told.
  ///
  /// A pipe or a device will do unless `isRequired` says that it must be a regular file; then
  /// nothing else is so much as opened. Throws `SystemError` where it cannot be read; a directory
  /// gives `EISDIR`.
  package init(_ path: String, limit: Int, isRequired: Bool = false) throws(SystemError) {
    let found = try FoundFile(path, followsLinks: true)
    let descriptor: Descriptor
    if isRequired {
      descriptor = try found.openRegular(path)
    } else {
      if found.isDirectory { throw SystemError("read \(path)", .isDirectory) }
      descriptor = Descriptor(
        owning: try call("open \(path)") { unsafe linux_open(path, O_RDONLY | O_CLOEXEC, 0) })
    }
    try self.init(found, descriptor, path, limit: limit)
  }

  /// Reads a regular file because a user has it named in a file of his, and may show its lines to
  /// others.
  ///
  /// One that not everybody may read must be that user's, and the path must have no symbolic
  /// links, which somebody else may have made. It is not so much as opened otherwise: `EACCES`.
  package init(_ path: String, limit: Int, namedBy user: UInt32) throws(SystemError) {
    let found = try FoundFile(path, followsLinks: true)
    guard found.isPublic || found.owner == user && found.isReached(withoutLinksBy: path) else {
      throw SystemError(
        "open \(path): the file is not readable by everyone; it must then belong to the owner of the "
          + "file that names it, which must name it without symbolic links", .permissionDenied)
    }
    try self.init(found, found.openRegular(path), path, limit: limit)
  }

  private init(
    _ found: borrowing FoundFile, _ descriptor: consuming Descriptor, _ path: String, limit: Int
  ) throws(SystemError) {
    (identity, owner) = (found.identity, found.owner)
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
      let count = try call("read \(path)") { unsafe CLinux.read(number, &chunk, room) }
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
    let number = unsafe linux_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
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
