import CLinux

/// Which file it is, whatever it is called: device and inode.
struct FileIdentity: Equatable {
  private let device: UInt
  private let inode: UInt

  init(_ status: stat) {
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
  }

  /// Whether `name` is this file at the moment, below an open directory or as a path; a symbolic
  /// link is not followed.
  func isNamed(_ name: String, in directory: CInt = AT_FDCWD) -> Bool {
    var status = stat()
    return unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
      && self == FileIdentity(status)
  }

  /// Removes the name if it is this file's, as far as that is allowed.
  func remove(_ name: String, in directory: CInt = AT_FDCWD) {
    if isNamed(name, in: directory) { _ = unsafe unlinkat(directory, name, 0) }
  }
}
