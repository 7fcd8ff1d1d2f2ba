import CLinux

/// A connection to one of the kernel's netlink subsystems (netlink(7)).
package final class NetlinkSocket {
  let descriptor: Descriptor
  /// The number by which the kernel addresses its answers to this socket (`nlmsg_pid`).
  let port: UInt32
  private var sequence: UInt32 = 0

  /// Opens a socket that is told of changes in the given `RTMGRP_` groups.
  ///
  /// `family` is the subsystem of the kernel: `NETLINK_ROUTE`, `NETLINK_NETFILTER`. What does not
  /// fit into `receiveBuffer`, in octets, is lost and shows as `ENOBUFS`. `filter` is there before
  /// the first notification.
  init(
    groups: UInt32, family: CInt = CInt(NETLINK_ROUTE), filter: NetlinkFilter? = nil,
    receiveBuffer: CInt = NetlinkSocket.burst
  ) throws(SystemError) {
    let type = CInt(SOCK_RAW.rawValue) | CInt(O_CLOEXEC | O_NONBLOCK)
    let number = try call("open netlink socket") { socket(AF_NETLINK, type, family) }
    descriptor = Descriptor(owning: number)
    try filter?.attach(to: descriptor)
    var size = receiveBuffer
    unsafe setsockopt(number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    port = try Self.bind(descriptor, to: groups)
  }

  /// Room for bursts of notifications.
  static let burst: CInt = 1 << 20

  /// Returns the port number that the kernel has chosen.
  private static func bind(
    _ descriptor: borrowing Descriptor, to groups: UInt32
  ) throws(SystemError) -> UInt32 {
    var address = sockaddr_nl()
    address.nl_family = UInt16(AF_NETLINK)
    address.nl_groups = groups
    try descriptor.bind(to: address, "bind netlink socket")
    var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
    let number = descriptor.number
    try call("read the port of a netlink socket") {
      unsafe withUnsafeMutablePointer(to: &address) { pointer in
        // Every socket address begins like `sockaddr`; the length says how far this one goes.
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe getsockname(number, .init(__sockaddr__: $0), &length)
        }
      }
    }
    return address.nl_pid
  }

  /// Has the kernel explain refusals where it can (`NETLINK_EXT_ACK`): see `isExplained`.
  func askForExplanations() throws(SystemError) {
    try set(NETLINK_EXT_ACK, "ask netlink for explanations")
  }

  /// Has the kernel filter a dump by what the request says (`NETLINK_GET_STRICT_CHK`).
  func askForFilteredDumps() throws(SystemError) {
    try set(NETLINK_GET_STRICT_CHK, "ask netlink for filtered dumps")
  }

  private func set(_ option: CInt, _ operation: String) throws(SystemError) {
    var isOn: CInt = 1
    try call(operation) {
      unsafe setsockopt(
        descriptor.number, SOL_NETLINK, option, &isOn, socklen_t(MemoryLayout<CInt>.size))
    }
  }

  /// Sends a request of `type` with the given payload, and returns its sequence number.
  func send(type: Int, flags: Int, payload: [UInt8]) throws(SystemError) -> UInt32 {
    // It starts over after 2³² requests, and no answer is that late. Zero is the kernel's own.
    sequence = max(sequence &+ 1, 1)
    let length = NetlinkMessage.headerLength + payload.count
    var request = [UInt8]()
    request.reserveCapacity(length)
    request.append(native: UInt32(length))
    request.append(native: UInt16(type))
    request.append(native: UInt16(flags | Int(NLM_F_REQUEST)))
    request.append(native: sequence)
    request.append(native: 0 as UInt32)
    request += payload
    try call("send netlink request") {
      unsafe CLinux.send(descriptor.number, request, length, CInt(MSG_NOSIGNAL))
    }
    return sequence
  }

  /// Hands over each message of the next datagram, and says whether there was one.
  ///
  /// Throws `ENOBUFS` where notifications were lost.
  func receive(_ body: (NetlinkMessage, RawSpan) -> Void) throws(SystemError) -> Bool {
    var buffer = NetlinkBuffer()
    let count = try callUnlessBlocked("receive from netlink") {
      unsafe recv(
        descriptor.number, buffer.octets.baseAddress, buffer.octets.count, CInt(MSG_DONTWAIT))
    }
    guard let count else { return false }
    buffer.length = count
    let datagram = unsafe UnsafeRawBufferPointer(rebasing: buffer.octets[..<count]).bytes
    NetlinkMessage.forEach(in: datagram, body)
    return true
  }

  /// Hands over each message of at most `limit` datagrams, and says whether more may be waiting.
  ///
  /// Throws `ENOBUFS` where notifications were lost.
  func receive(
    atMost limit: Int, _ body: (NetlinkMessage, RawSpan) -> Void
  ) throws(SystemError) -> Bool {
    for _ in 0..<limit where try !receive(body) { return false }
    return true
  }

  /// Drops what has arrived: changes from before, and the rest of a reading that was broken off.
  ///
  /// While something is left over the kernel does not say that it had to drop more. Throws
  /// `ENOBUFS` where changes come as fast as they are dropped: then the caller is to try again
  /// later.
  func discardAll(atMost limit: Int = NetlinkSocket.discardLimit) throws(SystemError) {
    for _ in 0..<limit {
      do {
        if try !receive({ _, _ in }) { return }
      } catch {
        guard error.isOverrun else { throw error }
      }
    }
    throw SystemError("discard what has come from netlink", .noBufferSpace)
  }

  /// How many datagrams are dropped in a row: more than `burst` holds, where each takes 768 octets
  /// at the least and the kernel grants the double.
  static let discardLimit = 4096

  /// Waits until there is something to receive; throws `ETIMEDOUT` after `milliseconds`.
  func waitUntilReadable(milliseconds: CInt) throws(SystemError) {
    var request = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    let count = try call("poll netlink") { unsafe poll(&request, 1, milliseconds) }
    if count == 0 { throw SystemError("wait for netlink", .timedOut) }
  }
}

extension [UInt8] {
  /// Appends the octets of an integer in this machine's order.
  package mutating func append<Number: FixedWidthInteger>(native number: Number) {
    unsafe Swift.withUnsafeBytes(of: number) { unsafe append(contentsOf: $0) }
  }
}
