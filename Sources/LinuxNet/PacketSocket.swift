import CLinux
import Glibc

/// A packet socket (packet(7)) on one interface: whole Ethernet frames in and out, in batches.
///
/// It follows the interface's index: renaming does not matter, and it goes deaf when the interface
/// is deleted. Receiving and sending allocate nothing.
package final class PacketSocket: Pollable {
  /// The interface, by its index, for as long as the socket lives.
  package let interfaceIndex: Int32
  private let socket: OpenPacketSocket
  /// Where the socket comes from and goes back to.
  private let reserve: PacketSocketReserve?
  private let received: FrameBatch
  private let outgoing: FrameBatch
  private var outgoingCount = 0
  private var unsentCount: UInt64 = 0
  private var excesses: [Excess] = []

  /// How many octets of received frames the kernel may hold for us; it grants what it will.
  private static let receiveBuffer: CInt = 4 << 20

  /// Receives on one interface what `filter` lets through.
  ///
  /// `allMulticast` makes the interface receive every group; the kernel counts who wants that, and
  /// forgets us when the socket goes. The socket is one of `reserve` and goes back there, or a new
  /// one: then it throws `EPERM` without CAP_NET_RAW.
  package init(
    interfaceIndex: Int32, filter: PacketFilter, allMulticast: Bool,
    from reserve: PacketSocketReserve? = nil
  ) throws(SystemError) {
    self.interfaceIndex = interfaceIndex
    self.reserve = reserve
    if let reserve { socket = try reserve.take() } else { socket = try OpenPacketSocket() }
    received = FrameBatch()
    outgoing = FrameBatch()
    try filter.attach(to: socket.descriptor)
    setReceiveBuffer()
    if allMulticast { try receive(.allMulticast, true) }
    try socket.bind(to: interfaceIndex, protocol: ETH_P_IPV6)
  }

  /// Closes the socket, or has the reserve keep it.
  deinit {
    guard let reserve else { return }
    for excess in excesses { try? receive(excess, false) }
    // What cannot be silenced is closed.
    if (try? socket.silence()) != nil { reserve.putBack(socket) }
  }

  private var number: CInt { socket.descriptor.number }

  package var pollDescriptor: CInt { number }

  /// Lets something else through from now on.
  package func setFilter(_ filter: PacketFilter) throws(SystemError) {
    try filter.attach(to: socket.descriptor)
  }

  private func setReceiveBuffer() {
    var size = Self.receiveBuffer
    // Less is granted silently; CAP_NET_ADMIN is not worth having for more.
    unsafe setsockopt(
      number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
  }

  /// Something that an interface receives beyond what is for this host.
  package enum Excess: Sendable {
    /// Every multicast group.
    case allMulticast
    /// Every frame that comes by.
    case promiscuous
  }

  /// Makes the interface receive more, or no longer so for our sake.
  ///
  /// The kernel counts who wants that, and forgets us when the socket goes.
  package func receive(_ excess: Excess, _ isOn: Bool) throws(SystemError) {
    var membership = packet_mreq()
    membership.mr_ifindex = interfaceIndex
    membership.mr_type = UInt16(
      excess == .allMulticast ? PACKET_MR_ALLMULTI : PACKET_MR_PROMISC)
    let option = isOn ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP
    excesses.removeAll { $0 == excess }
    if isOn { excesses.append(excess) }
    try call("receive more on interface \(interfaceIndex)") {
      unsafe setsockopt(
        number, SOL_PACKET, option, &membership,
        socklen_t(MemoryLayout<packet_mreq>.size))
    }
  }

  /// Hands over the frames that have arrived, at most one batch.
  ///
  /// `isTruncated` tells of a frame longer than a batch holds. Returns how many there were, so
  /// that fewer than `batchSize` means the queue is empty. Throws what is wrong with the interface,
  /// after which the socket can be used on.
  package func receive(
    _ body: (_ frame: RawSpan, _ isTruncated: Bool) -> Void
  ) throws(SystemError) -> Int {
    let count = try callUnlessBlocked("receive on interface \(interfaceIndex)") {
      unsafe recvmmsg(
        number, received.headers.baseAddress, UInt32(Self.batchSize),
        CInt(MSG_DONTWAIT), nil)
    }
    guard let count else { return 0 }
    for index in 0..<Int(count) {
      let isTruncated = unsafe received.headers[index].msg_hdr.msg_flags & CInt(MSG_TRUNC) != 0
      let length = min(Int(unsafe received.headers[index].msg_len), FrameBatch.frameCapacity)
      received.read(index, length: length) { body($0, isTruncated) }
    }
    return Int(count)
  }

  /// How many frames one system call moves at most.
  package static let batchSize = FrameBatch.count

  /// Puts one frame behind those to be sent; `encode` writes it and returns its length.
  ///
  /// Sends what has gathered when a batch is full.
  package func enqueue(_ encode: (inout MutableRawSpan) -> Int) {
    if outgoingCount == Self.batchSize { flush() }
    outgoing.write(outgoingCount, encode)
    outgoingCount += 1
  }

  /// Sends what was put behind, in order.
  ///
  /// A frame that cannot be sent is counted and given up: its asker will ask again. That the
  /// interface is down or gone, or its queue full, is nothing to fail for.
  package func flush() {
    var start = 0
    while start < outgoingCount {
      do {
        start += Int(
          try call("send") {
            unsafe sendmmsg(
              number, outgoing.headers.baseAddress! + start,
              UInt32(outgoingCount - start), CInt(MSG_DONTWAIT))
          })
      } catch {
        // Of an interface that is down or gone, netlink tells; the others would fare no better.
        let lost = error.code == .networkDown || error.code == .noSuchAddressOrDevice
        let count = lost ? outgoingCount - start : 1
        unsentCount += UInt64(count)
        start += count
      }
    }
    outgoingCount = 0
  }

  /// How many frames could not be sent since the last call.
  package func takeUnsentCount() -> UInt64 {
    defer { unsentCount = 0 }
    return unsentCount
  }

  /// How many frames the kernel dropped since the last call, for want of room in the socket.
  ///
  /// One system call (`PACKET_STATISTICS`, packet(7)).
  package func takeOverrunCount() -> UInt64 {
    var statistics = tpacket_stats()
    var length = socklen_t(MemoryLayout<tpacket_stats>.size)
    let status = unsafe getsockopt(
      number, SOL_PACKET, PACKET_STATISTICS, &statistics, &length)
    return status == 0 ? UInt64(statistics.tp_drops) : 0
  }
}

/// Memory for one batch of frames, laid out for `recvmmsg` and `sendmmsg` once and for all.
@safe private final class FrameBatch {
  static let count = 64
  /// No Neighbor Discovery message comes near this, not on links with jumbo frames either.
  static let frameCapacity = 2048

  let headers: UnsafeMutableBufferPointer<mmsghdr>
  private let vectors: UnsafeMutableBufferPointer<iovec>
  private let octets: UnsafeMutableRawBufferPointer

  init() {
    unsafe headers = .allocate(capacity: Self.count)
    unsafe vectors = .allocate(capacity: Self.count)
    // So much of it comes from the kernel, as zeros, a page when it is first written to: what is
    // never used costs nothing.
    let size = Self.count * Self.frameCapacity
    unsafe octets = UnsafeMutableRawBufferPointer(start: calloc(1, size), count: size)
    precondition(unsafe octets.baseAddress != nil, "out of memory")
    for index in 0..<Self.count {
      unsafe vectors.initializeElement(
        at: index,
        to: iovec(
          iov_base: octets.baseAddress! + index * Self.frameCapacity,
          iov_len: Self.frameCapacity))
      var header = unsafe mmsghdr()
      unsafe header.msg_hdr.msg_iov = vectors.baseAddress! + index
      unsafe header.msg_hdr.msg_iovlen = 1
      unsafe headers.initializeElement(at: index, to: header)
    }
  }

  deinit {
    unsafe headers.deallocate()
    unsafe vectors.deallocate()
    unsafe free(octets.baseAddress)
  }

  func read(_ index: Int, length: Int, _ body: (RawSpan) -> Void) {
    body(unsafe UnsafeRawBufferPointer(rebasing: octets[range(index, length)]).bytes)
  }

  func write(_ index: Int, _ encode: (inout MutableRawSpan) -> Int) {
    let frame = unsafe UnsafeMutableRawBufferPointer(
      rebasing: octets[range(index, Self.frameCapacity)])
    var span = unsafe frame.mutableBytes
    unsafe vectors[index].iov_len = encode(&span)
  }

  private func range(_ index: Int, _ length: Int) -> Range<Int> {
    let start = index * Self.frameCapacity
    return start..<start + length
  }
}
