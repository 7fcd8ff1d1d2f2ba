import CLinux
import Glibc
import SystemPackage

/// A connection to the kernel's routing tables (rtnetlink(7)), with memory for one datagram.
@safe final class NetlinkSocket {
  let descriptor: Descriptor
  private let buffer: UnsafeMutableRawBufferPointer
  private var sequence: UInt32 = 0

  /// More than the kernel puts into one datagram.
  private static let datagramCapacity = 64 << 10

  /// Opens a socket that is told of changes in the given `RTMGRP_` groups.
  ///
  /// `family` is the subsystem of the kernel: `NETLINK_ROUTE`, `NETLINK_NETFILTER`.
  init(groups: UInt32, family: CInt = CInt(NETLINK_ROUTE)) throws(SystemError) {
    let type = CInt(SOCK_RAW.rawValue) | CInt(O_CLOEXEC | O_NONBLOCK)
    let number = try call("open netlink socket") { socket(AF_NETLINK, type, family) }
    descriptor = Descriptor(owning: number)
    unsafe buffer = .allocate(byteCount: Self.datagramCapacity, alignment: 16)
    try bind(groups)
    var size = Self.receiveBuffer
    unsafe setsockopt(number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
  }

  /// Room for bursts of notifications; what does not fit shows as `ENOBUFS`.
  private static let receiveBuffer: CInt = 1 << 20

  deinit {
    unsafe buffer.deallocate()
  }

  private func bind(_ groups: UInt32) throws(SystemError) {
    var address = sockaddr_nl()
    address.nl_family = UInt16(AF_NETLINK)
    address.nl_groups = groups
    try descriptor.bind(to: address, "bind netlink socket")
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
      unsafe Glibc.send(descriptor.number, request, length, CInt(MSG_NOSIGNAL))
    }
    return sequence
  }

  /// Hands over each message of the next datagram, and says whether there was one.
  ///
  /// Throws `ENOBUFS` where notifications were lost.
  func receive(_ body: (NetlinkMessage, RawSpan) -> Void) throws(SystemError) -> Bool {
    let count = try callUnlessBlocked("receive from netlink") {
      unsafe recv(descriptor.number, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT))
    }
    guard let count else { return false }
    let datagram = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
    NetlinkMessage.forEach(in: datagram, body)
    return true
  }

  /// Waits until there is something to receive; throws `ETIMEDOUT` after `milliseconds`.
  func waitUntilReadable(milliseconds: CInt) throws(SystemError) {
    var request = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    let count = try call("poll netlink") { unsafe poll(&request, 1, milliseconds) }
    if count == 0 { throw SystemError("wait for netlink", .timedOut) }
  }
}

extension [UInt8] {
  /// Appends the octets of an integer in this machine's order.
  mutating func append<Number: FixedWidthInteger>(native number: Number) {
    unsafe Swift.withUnsafeBytes(of: number) { unsafe append(contentsOf: $0) }
  }
}
