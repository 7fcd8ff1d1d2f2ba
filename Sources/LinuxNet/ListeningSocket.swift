import CLinux
import Glibc
import SystemPackage

/// A Unix stream socket that others connect to by its path (unix(7)).
///
/// One that we made goes with the object, as far as we may still remove it.
package final class ListeningSocket: Pollable {
  private let descriptor: Descriptor
  /// What is to be removed; `nil` where a service manager made it.
  private let made: Made?

  private struct Made {
    let path: String
    let device: UInt
    let inode: UInt
  }

  /// How many may wait to be let in.
  private static let backlog: CInt = 16

  private init(descriptor: consuming Descriptor, made: Made?) {
    self.descriptor = descriptor
    self.made = made
  }

  /// Makes a socket at `path` that its owner and `group` may connect to.
  ///
  /// One that was left behind by a process that is gone is replaced. Throws `EADDRINUSE` where
  /// somebody listens there, or where it is no socket.
  package convenience init(path: String, group: UInt32?) throws(SystemError) {
    let descriptor = try Descriptor.unixStream(flags: CInt(O_NONBLOCK))
    // What bind(2) makes has these permissions from the first moment on: to change them later, by
    // the path, would be to change whatever somebody has put there meanwhile.
    try call("set permissions") { fchmod(descriptor.number, 0o660) }
    try Self.removeLeftover(path)
    let mask = umask(0)
    defer { _ = umask(mask) }
    try descriptor.bind(to: sockaddr_un(path: path), "make the socket \(path)")
    var status = stat()
    try call("examine \(path)") { unsafe lstat(path, &status) }
    let made = Made(path: path, device: UInt(status.st_dev), inode: UInt(status.st_ino))
    if let group {
      try call("give \(path) to group \(group)") { unsafe lchown(path, .max, group) }
    }
    try call("listen at \(path)") { listen(descriptor.number, Self.backlog) }
    self.init(descriptor: descriptor, made: made)
  }

  /// Takes over the socket that a service manager listens on (sd_listen_fds(3)); `nil` if none.
  ///
  /// Throws `EINVAL` where what was handed over is no such socket. To be called once.
  package static func inherited() throws(SystemError) -> ListeningSocket? {
    guard CurrentProcess.environment("LISTEN_PID") == "\(getpid())",
      let count = CurrentProcess.environment("LISTEN_FDS").flatMap(Int.init), count > 0
    else { return nil }
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsafe unsetenv(name) }
    let number = firstInherited
    guard option(SO_DOMAIN, of: number) == AF_UNIX, option(SO_ACCEPTCONN, of: number) == 1,
      option(SO_TYPE, of: number) == CInt(SOCK_STREAM.rawValue)
    else { throw SystemError("take over the service manager's socket", .invalidArgument) }
    let descriptor = Descriptor(owning: number)
    try call("keep descriptor \(number) from others") { linux_fcntl(number, F_SETFD, FD_CLOEXEC) }
    try call("make descriptor \(number) non-blocking") {
      linux_fcntl(number, F_SETFL, O_RDWR | O_NONBLOCK)
    }
    return ListeningSocket(descriptor: descriptor, made: nil)
  }

  /// `SD_LISTEN_FDS_START`.
  private static let firstInherited: CInt = 3

  private static func option(_ name: CInt, of number: CInt) -> CInt? {
    var value: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    let status = unsafe getsockopt(number, SOL_SOCKET, name, &value, &length)
    return status == 0 ? value : nil
  }

  deinit {
    guard let made else { return }
    var status = stat()
    // Another may have put its own in the place.
    guard unsafe lstat(made.path, &status) == 0, UInt(status.st_dev) == made.device,
      UInt(status.st_ino) == made.inode
    else { return }
    _ = unsafe unlink(made.path)
  }

  package var pollDescriptor: CInt { descriptor.number }

  /// The next who wants in; `nil` where there is none.
  package func accept() throws(SystemError) -> StreamConnection? {
    let number = try callUnlessBlocked("accept") {
      unsafe accept4(descriptor.number, .init(__sockaddr__: nil), nil, CInt(O_CLOEXEC | O_NONBLOCK))
    }
    guard let number else { return nil }
    let connection = StreamConnection(Descriptor(owning: number))
    // Out-of-band data is like any other: to peek would pass over it, and poll(2) would not.
    var isInline: CInt = 1
    try call("accept") {
      unsafe setsockopt(
        number, SOL_SOCKET, SO_OOBINLINE, &isInline, socklen_t(MemoryLayout<CInt>.size))
    }
    return connection
  }

  /// Removes a socket that nobody listens on any more.
  private static func removeLeftover(_ path: String) throws(SystemError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SystemError("make the socket \(path): something else is there", .addressInUse)
    }
    do {
      try Descriptor.unixStream(flags: CInt(O_NONBLOCK)).connect(to: path)
    } catch {
      guard error.code == .connectionRefused else { throw error }
      try call("replace the socket \(path)") { unsafe unlink(path) }
      return
    }
    throw SystemError("make the socket \(path): somebody listens there", .addressInUse)
  }
}
