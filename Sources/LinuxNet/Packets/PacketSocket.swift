import CLinux

/// A packet socket (packet(7)) on one interface that only receives: whole Ethernet frames, in
/// batches.
///
/// It follows the interface's index: renaming does not matter, and it goes deaf when the interface
/// is deleted. Receiving allocates nothing. `PacketSender` sends.
package final class PacketSocket: Pollable {
  /// The interface, by its index, for as long as the socket lives.
  package let interfaceIndex: Int32
  private let socket: OpenPacketSocket
  private let batch: FrameBatch

  /// The longest frame that arrives whole, in octets; of longer ones, as much.
  package static let frameCapacity = ReceivedFrames.frameCapacity

  /// How many octets of received frames the kernel may hold for us; it grants what it will.
  private static let receiveBuffer: CInt = 4 << 20

  /// Receives on one interface what `filter` lets through, into memory that others may use, too.
  ///
  /// `allMulticast` makes the interface receive every group; the kernel counts who wants that, and
  /// forgets us when the socket goes. Throws `EPERM` without CAP_NET_RAW.
  package init(
    interfaceIndex: Int32, filter: PacketFilter, allMulticast: Bool,
    into frames: ReceivedFrames = ReceivedFrames()
  ) throws(SystemError) {
    self.interfaceIndex = interfaceIndex
    batch = frames.batch
    socket = try OpenPacketSocket()
    try filter.attach(to: socket.descriptor)
    setReceiveBuffer()
    if allMulticast { try receive(.allMulticast, true) }
    try socket.bind(to: interfaceIndex, protocol: ETH_P_IPV6)
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
        number, batch.headers.baseAddress, UInt32(Self.batchSize),
        CInt(MSG_DONTWAIT), nil)
    }
    guard let count else { return 0 }
    for index in 0..<Int(count) { batch.read(index, body) }
    return Int(count)
  }

  /// How many frames one system call moves at most.
  package static let batchSize = FrameBatch.count

  /// How many frames the kernel dropped since the last call, for want of room in the socket.
  ///
  /// One system call (`PACKET_STATISTICS`, packet(7)).
  package func takeOverrunCount() -> UInt64 { socket.takeOverrunCount() }

  /// Whether the interface is still the one that the socket was bound to.
  ///
  /// One that was deleted is not, even if there is another with the same index by now. One system
  /// call.
  package var isAttached: Bool {
    var address = sockaddr_ll()
    var length = socklen_t(MemoryLayout<sockaddr_ll>.size)
    let status = unsafe withUnsafeMutablePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(number, .init(__sockaddr__: $0), &length)
      }
    }
    return status == 0 && address.sll_ifindex == interfaceIndex
  }
}
