import CLinux

/// A Unix stream socket that others connect to by its path (unix(7)).
///
/// One that we made goes with the object, as far as we may still remove it.
package final class ListeningSocket: Pollable {
  private let descriptor: Descriptor
  /// What is to be removed; `nil` where a service manager made it.
  private let place: Place?

  /// How many may wait to be let in.
  private static let backlog: CInt = 16

  private init(descriptor: consuming Descriptor, place: Place?) {
    self.descriptor = descriptor
    self.place = place
  }

  /// Makes a socket at `path` that its owner and `group` may connect to.
  ///
  /// One that was left behind by a process that is gone is replaced. Throws `EADDRINUSE` where
  /// somebody listens there, or where it is no socket. With a group, only for the superuser.
  package convenience init(path: String, group: UInt32?) throws(SystemError) {
    let descriptor = try Descriptor.unixStream(flags: CInt(O_NONBLOCK))
    // What bind(2) makes has these permissions and this group from the first moment on: to change
    // them later, by the path, would be to change whatever somebody has put there meanwhile.
    try call("set permissions") { fchmod(descriptor.number, 0o660) }
    let place = try Place(path)
    try place.removeLeftover()
    do {
      let mask = umask(0)
      let ownGroup = group.map { gid_t(bitPattern: setfsgid($0)) }
      defer {
        if let ownGroup { setfsgid(ownGroup) }
        umask(mask)
      }
      try descriptor.bind(to: sockaddr_un(path: path), "make the socket \(path)")
    }
    try place.take()
    try call("listen at \(path)") { listen(descriptor.number, Self.backlog) }
    self.init(descriptor: descriptor, place: place)
  }

  /// Takes over the socket that a service manager listens on (sd_listen_fds(3)); `nil` if none.
  ///
  /// Throws `EINVAL` where what was handed over is no such socket. To be called once.
  package static func inherited() throws(SystemError) -> ListeningSocket? {
    guard let number = inheritedDescriptor else { return nil }
    guard option(SO_DOMAIN, of: number) == AF_UNIX, option(SO_ACCEPTCONN, of: number) == 1,
      option(SO_TYPE, of: number) == CInt(SOCK_STREAM.rawValue)
    else { throw SystemError("take over the service manager's socket", .invalidArgument) }
    let descriptor = Descriptor(owning: number)
    try call("keep descriptor \(number) from others") { linux_fcntl(number, F_SETFD, FD_CLOEXEC) }
    try call("make descriptor \(number) non-blocking") {
      linux_fcntl(number, F_SETFL, O_RDWR | O_NONBLOCK)
    }
    return ListeningSocket(descriptor: descriptor, place: nil)
  }

  /// The descriptor that a service manager has handed over to this process; `nil` if none.
  ///
  /// `SD_LISTEN_FDS_START` (sd_listen_fds(3)): others after it are not taken.
  package static var inheritedDescriptor: Int32? {
    guard CurrentProcess.environment("LISTEN_PID") == "\(getpid())",
      let count = CurrentProcess.environment("LISTEN_FDS").flatMap(Int.init), count > 0
    else { return nil }
    return 3
  }

  private static func option(_ name: CInt, of number: CInt) -> CInt? {
    var value: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    let status = unsafe getsockopt(number, SOL_SOCKET, name, &value, &length)
    return status == 0 ? value : nil
  }

  deinit { place?.remove() }

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
}

/// The name of a socket in its directory, which is held open: whoever puts another directory in the
/// way of the path does not have us remove anything there.
private final class Place {
  private let path: String
  private let name: String
  private let directory: Descriptor
  private var identity: FileIdentity?

  init(_ path: String) throws(SystemError) {
    self.path = path
    name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    let parent = RegularFile.directory(of: path)
    directory = Descriptor(
      owning: try call("open the directory \(parent)") {
        unsafe linux_open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)
      })
  }

  /// Removes a socket that nobody listens on any more.
  func removeLeftover() throws(SystemError) {
    var status = stat()
    guard unsafe fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
    guard status.kind == S_IFSOCK else {
      throw SystemError("make the socket \(path): something else is there", .addressInUse)
    }
    do {
      try Descriptor.unixStream(flags: CInt(O_NONBLOCK)).connect(to: path)
    } catch {
      // A socket of datagrams, say, refuses as well, but otherwise.
      guard error.code == .connectionRefused else { throw error }
      FileIdentity(status).remove(name, in: directory.number)
      return
    }
    throw SystemError("make the socket \(path): another process listens there", .addressInUse)
  }

  /// Remembers what is there as ours.
  func take() throws(SystemError) {
    var status = stat()
    try call("examine \(path)") {
      unsafe fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW)
    }
    identity = FileIdentity(status)
  }

  /// Removes what is ours, as far as that is allowed; another may have put its own in the place.
  func remove() { identity?.remove(name, in: directory.number) }
}
