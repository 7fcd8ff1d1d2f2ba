import CLinux

/// One connection of a Unix stream socket, from either end.
package final class StreamConnection: Pollable {
  private let descriptor: Descriptor

  /// Takes over an open connection.
  init(_ descriptor: consuming Descriptor) {
    self.descriptor = descriptor
  }

  /// Connects to who listens at `path`.
  ///
  /// Throws `ENOENT` or `ECONNREFUSED` where nobody does, `EACCES` where we may not.
  package convenience init(connectingTo path: String) throws(SystemError) {
    let descriptor = try Descriptor.unixStream()
    try descriptor.connect(to: path)
    self.init(descriptor)
  }

  package var pollDescriptor: CInt { descriptor.number }

  /// The number of the user at the other end when it connected (`SO_PEERCRED`, unix(7)).
  ///
  /// `nil` where the kernel does not say.
  package var peerUser: UInt32? { peer?.uid }

  /// The number of the process at the other end when it connected or began to listen.
  ///
  /// 0 where it is of another PID namespace, `nil` where the kernel does not say.
  package var peerProcess: Int32? { peer?.pid }

  private var peer: ucred? { try? descriptor.peer() }

  /// What has arrived, at most `limit` octets and not beyond the first line feed.
  ///
  /// Empty at the end, `nil` where nothing has arrived. Never waits; what comes behind the line
  /// feed is left for the next call.
  package func receiveLine(limit: Int) throws(SystemError) -> [UInt8]? {
    guard let seen = try receive(limit: limit, CInt(MSG_PEEK)) else { return nil }
    guard let end = seen.firstIndex(of: UInt8(ascii: "\n")) else {
      // More may have come meanwhile, with a line feed in it.
      return try receive(limit: seen.count)
    }
    return try receive(limit: end + 1)
  }

  /// What has arrived, at most `limit` octets; empty at the end, `nil` where nothing has.
  package func receive(limit: Int) throws(SystemError) -> [UInt8]? {
    try receive(limit: limit, 0)
  }

  private func receive(limit: Int, _ flags: CInt) throws(SystemError) -> [UInt8]? {
    var octets = [UInt8](repeating: 0, count: limit)
    let count = try callUnlessBlocked("receive") {
      unsafe recv(descriptor.number, &octets, limit, CInt(MSG_DONTWAIT) | flags)
    }
    return count.map { Array(octets[..<$0]) }
  }

  /// Sends what fits at once, and returns how many octets that were.
  package func send(_ octets: ArraySlice<UInt8>) throws(SystemError) -> Int {
    let count = try callUnlessBlocked("send") {
      unsafe octets.withUnsafeBytes {
        unsafe CLinux.send(
          descriptor.number, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
      }
    }
    return count ?? 0
  }

  /// Waits until there is something to receive, or room to send; false after `milliseconds`.
  ///
  /// A negative number waits for ever. So does a signal's arrival end the wait, with false.
  package func waitUntil(
    readable: Bool = false, writable: Bool = false, milliseconds: CInt
  ) throws(SystemError) -> Bool {
    let events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0)
    var request = pollfd(fd: descriptor.number, events: Int16(events), revents: 0)
    let count = unsafe poll(&request, 1, milliseconds)
    if count == -1, errno != EINTR { throw SystemError("wait for the daemon", .current) }
    return count > 0
  }
}
