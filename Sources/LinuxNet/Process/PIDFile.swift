import CLinux

/// A file with this process's number, locked for as long as the object lives.
///
/// The lock is held by a descriptor that cannot write: whatever becomes of this process later, it
/// cannot put another number into the file. The file is removed with the object, as far as that is
/// allowed by then. Where it is not, the next process finds it unlocked and uses it again.
package final class PIDFile {
  private let path: String
  private let file: LockedFile

  /// Why a file cannot be the pid file; it was left as it was found.
  package enum Refusal: Error, Equatable, CustomStringConvertible {
    /// Another living process holds it.
    case held
    /// It is something else than a pid file; the text says what.
    case foreign(String)
    /// The system refused something.
    case system(SystemError)

    package var description: String {
      switch self {
      case .held: "another ndpproxy holds it; stop that one, or name another file"
      case .foreign(let kind): "this is \(kind), and was left as it is; name another file"
      case .system(let error): "\(error)"
      }
    }
  }

  /// Writes this process's number to the file at `path`, which is made if there is none.
  ///
  /// A file that is there is taken only if it is a regular file of this user or of root, has one
  /// name, and is empty or holds one decimal number with or without a newline. Anything else is
  /// not opened for writing, not changed and not removed.
  package init(path: String) throws(Refusal) {
    let file = try LockedFile(path)
    do {
      if !file.isNew { try Self.checkContents(of: file.descriptor, path) }
      try Self.write("\(getpid())\n", to: path, file.identity)
    } catch {
      if file.isNew { file.identity.remove(path) }
      throw error
    }
    self.path = path
    self.file = file
  }

  // Somebody may have put another file in the place meanwhile: that stays.
  deinit { file.identity.remove(path) }

  /// What the kernel lets one read and write like files of one number.
  private static let kernelFileSystems = [
    PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,
    TRACEFS_MAGIC,
  ].map { Int($0) }

  private static func checkContents(
    of descriptor: borrowing Descriptor, _ path: String
  ) throws(Refusal) {
    let number = descriptor.number
    var fileSystem = statfs()
    _ = try refusing { () throws(SystemError) in
      try call("examine \(path)") { unsafe fstatfs(number, &fileSystem) }
    }
    guard !kernelFileSystems.contains(Int(fileSystem.f_type)) else {
      throw .foreign("a setting of the kernel")
    }
    // One octet more than there may be shows that there are more.
    var octets = [UInt8](repeating: 0, count: digitLimit + 2)
    let count = try refusing { () throws(SystemError) in
      try call("read \(path)") { unsafe pread(number, &octets, octets.count, 0) }
    }
    guard isProcessNumber(octets[..<count]) else {
      throw .foreign("no pid file, for it holds something else than a process number")
    }
  }

  /// How many digits a process number has at the most.
  private static let digitLimit = 10

  /// Whether this is what a pid file holds: nothing, or one number and perhaps a newline.
  private static func isProcessNumber(_ octets: ArraySlice<UInt8>) -> Bool {
    guard !octets.isEmpty else { return true }
    let digits = octets.last == UInt8(ascii: "\n") ? octets.dropLast() : octets
    guard digits.count <= digitLimit,
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return false }
    return Int32(String(decoding: digits, as: UTF8.self)) != nil
  }

  /// Writes all there is to be in the file, if it still is the one at `path`.
  private static func write(
    _ text: String, to path: String, _ identity: FileIdentity
  ) throws(Refusal) {
    try refusing { () throws(SystemError) in
      let number = try call("write \(path)") {
        unsafe linux_open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0)
      }
      let descriptor = Descriptor(owning: number)
      var status = stat()
      try call("examine \(path)") { unsafe fstat(descriptor.number, &status) }
      guard FileIdentity(status) == identity else {
        throw SystemError("write \(path): the file was replaced", .busy)
      }
      // Nobody else is to say who we are.
      try call("set permissions of \(path)") { fchmod(descriptor.number, status.st_mode & 0o644) }
      let length = text.utf8.count
      let written = try call("write \(path)") {
        unsafe pwrite(descriptor.number, text, length, 0)
      }
      guard written == length else { throw SystemError("write \(path)", .noSpace) }
      try call("shorten \(path)") { ftruncate(descriptor.number, off_t(length)) }
    }
  }

  private static func refusing<Value>(
    _ body: () throws(SystemError) -> Value
  ) throws(Refusal) -> Value {
    do { return try body() } catch { throw .system(error) }
  }
}

/// A regular file that is open for reading alone, and locked.
private final class LockedFile {
  let descriptor: Descriptor
  let identity: FileIdentity
  /// Whether it was made just now.
  let isNew: Bool

  /// Opens or makes the file and locks it, again if it came or went between the one and the other.
  convenience init(_ path: String) throws(PIDFile.Refusal) {
    while true {
      var status = stat()
      let isThere = unsafe lstat(path, &status) == 0
      // What is no regular file is not even opened: that alone starts a watchdog, or wakes up
      // whoever waits at the other end of a pipe.
      if isThere { try Self.check(status) }
      let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
      // For nobody else: flock(2) lets whoever may read a file lock it, and keep us from starting.
      let number = unsafe linux_open(path, isThere ? flags : flags | O_CREAT | O_EXCL, 0o600)
      guard number >= 0 else {
        if errno == EINTR || errno == (isThere ? ENOENT : EEXIST) { continue }
        throw .system(SystemError("\(isThere ? "open" : "create") \(path)", .current))
      }
      let descriptor = Descriptor(owning: number)
      guard unsafe fstat(number, &status) == 0 else {
        throw .system(SystemError("examine \(path)", .current))
      }
      try Self.check(status)
      guard linux_flock(number, LOCK_EX | LOCK_NB) == 0 else {
        throw errno == EWOULDBLOCK ? .held : .system(SystemError("lock \(path)", .current))
      }
      let identity = FileIdentity(status)
      guard identity.isNamed(path) else { continue }
      self.init(descriptor, identity, isNew: !isThere)
      return
    }
  }

  private init(_ descriptor: consuming Descriptor, _ identity: FileIdentity, isNew: Bool) {
    self.descriptor = descriptor
    self.identity = identity
    self.isNew = isNew
  }

  private static func check(_ status: stat) throws(PIDFile.Refusal) {
    switch status.kind {
    case S_IFREG: break
    case S_IFDIR: throw .foreign("a directory")
    case S_IFLNK: throw .foreign("a symbolic link")
    case S_IFIFO: throw .foreign("a pipe")
    case S_IFSOCK: throw .foreign("a socket")
    default: throw .foreign("a device")
    }
    guard status.st_nlink <= 1 else { throw .foreign("a file that has another name as well") }
    guard status.st_uid == 0 || status.st_uid == geteuid() else {
      throw .foreign("a file of user \(status.st_uid)")
    }
  }
}
