import CLinux

/// Something at a path that has been looked at and not opened yet (`O_PATH`, open(2)).
///
/// To open a device or a pipe can do something by itself, and wait for ever.
package struct FoundFile: ~Copyable {
  private let descriptor: Descriptor
  private let status: stat

  /// Looks at what is there; throws `ENOENT` where nothing is.
  package init(_ path: String, followsLinks: Bool) throws(SystemError) {
    let flags = O_CLOEXEC | Self.pathOnly | (followsLinks ? 0 : O_NOFOLLOW)
    try self.init(
      Descriptor(owning: call("open \(path)") { unsafe linux_open(path, flags, 0) }), path)
  }

  /// The same, step by step from directory to directory: throws `ENOTDIR` where one is a link.
  init(withoutLinks path: String) throws(SystemError) {
    let flags = O_CLOEXEC | Self.pathOnly | O_NOFOLLOW
    let start = path.hasPrefix("/") ? "/" : "."
    var place = Descriptor(owning: try call("open \(path)") { unsafe linux_open(start, flags, 0) })
    for name in path.split(separator: "/") {
      let number = place.number
      place = Descriptor(
        owning: try call("open \(path)") { unsafe linux_openat(number, String(name), flags, 0) })
    }
    try self.init(place, path)
  }

  private init(_ found: consuming Descriptor, _ path: String) throws(SystemError) {
    var status = stat()
    let number = found.number
    try call("examine \(path)") { unsafe fstat(number, &status) }
    self.status = status
    descriptor = found
  }

  /// `O_PATH`, which Glibc shows only with `_GNU_SOURCE`.
  private static let pathOnly: CInt = 0o10000000

  var isRegular: Bool { status.kind == S_IFREG }
  var isDirectory: Bool { status.kind == S_IFDIR }
  var isLink: Bool { status.kind == S_IFLNK }
  /// How many names it has.
  package var linkCount: UInt { UInt(status.st_nlink) }
  var owner: UInt32 { status.st_uid }
  /// Whether everybody may read it.
  var isPublic: Bool { status.st_mode & 0o4 != 0 }
  /// Whether a path leads to this very thing without any symbolic link.
  func isReached(withoutLinksBy path: String) -> Bool {
    (try? FoundFile(withoutLinks: path))?.identity == identity
  }

  /// Device and inode.
  var identity: String { "\(status.st_dev):\(status.st_ino)" }

  /// Throws `EEXIST` unless it is a regular file of the user we are.
  package func requireOurs(_ operation: String) throws(SystemError) {
    if isLink { throw SystemError("\(operation): it is a symbolic link", .fileExists) }
    guard isRegular else { throw SystemError("\(operation): it is no regular file", .fileExists) }
    guard owner == geteuid() else {
      throw SystemError("\(operation): it belongs to the user with number \(owner)", .fileExists)
    }
  }

  /// Opens it to be read; throws `EINVAL` where it is no regular file, `EISDIR` for a directory.
  func openRegular(_ path: String) throws(SystemError) -> Descriptor {
    if isDirectory { throw SystemError("read \(path)", .isDirectory) }
    guard isRegular else {
      throw SystemError("open \(path): not a regular file", .invalidArgument)
    }
    return try open(O_RDONLY, "open \(path)")
  }

  /// Opens the very thing that was looked at, whatever is at its path by now.
  package func open(_ flags: CInt, _ operation: String) throws(SystemError) -> Descriptor {
    let link = "/proc/self/fd/\(descriptor.number)"
    let all = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    return Descriptor(owning: try call(operation) { unsafe linux_open(link, all, 0) })
  }
}
