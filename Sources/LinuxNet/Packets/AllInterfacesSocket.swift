import CLinux

/// A packet socket (packet(7)) that receives on all interfaces of the network namespace.
///
/// Interfaces may come and go as they like: nothing is opened or closed for them. Receiving
/// allocates nothing. `AllInterfacesSender` sends.
package final class AllInterfacesSocket: Pollable {
  private let socket: OpenPacketSocket
  private let batch: FrameBatch

  /// How many octets of received frames the kernel may hold for us; it grants what it will.
  private static let receiveBuffer: CInt = 4 << 20

  /// Receives nothing until `receive(_:)` is called, and then into memory that others may use, too.
  ///
  /// Throws `EPERM` without CAP_NET_RAW.
  package init(into frames: ReceivedFrames = ReceivedFrames()) throws(SystemError) {
    batch = frames.batch
    socket = try OpenPacketSocket()
    try PacketFilter.nothing.attach(to: socket.descriptor)
    var size = Self.receiveBuffer
    // Less is granted silently; CAP_NET_ADMIN is not worth having for more.
    unsafe setsockopt(
      socket.descriptor.number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
  }

  package var pollDescriptor: CInt { socket.descriptor.number }

  /// Receives what `filter` lets through from now on.
  package func receive(_ filter: PacketFilter) throws(SystemError) {
    try filter.attach(to: socket.descriptor)
    try socket.bind(to: 0, protocol: ETH_P_IPV6)
  }

  /// Receives nothing from now on: the kernel does not even look whether a packet is wanted.
  package func silence() throws(SystemError) { try socket.silence() }

  /// Hands over the frames that have arrived, at most one batch, each with the index of the
  /// interface on which it came.
  ///
  /// Otherwise as `PacketSocket.receive`.
  package func receive(
    _ body: (_ frame: RawSpan, _ isTruncated: Bool, _ interface: Int32) -> Void
  ) throws(SystemError) -> Int {
    batch.prepareInterfaces()
    let count = try callUnlessBlocked("receive on all interfaces") {
      unsafe recvmmsg(
        socket.descriptor.number, batch.headers.baseAddress, UInt32(FrameBatch.count),
        CInt(MSG_DONTWAIT), nil)
    }
    guard let count else { return 0 }
    for index in 0..<Int(count) {
      let interface = batch.interface(of: index)
      batch.read(index) { body($0, $1, interface) }
    }
    return Int(count)
  }

  /// How many frames the kernel dropped since the last call, for want of room in the socket.
  package func takeOverrunCount() -> UInt64 { socket.takeOverrunCount() }
}

/// A packet socket that sends on any interface of the network namespace: whole Ethernet frames, in
/// batches.
///
/// Nobody waits for it (see `PacketSender`). Sending allocates nothing after the first frame.
package final class AllInterfacesSender {
  private let socket: OpenPacketSocket
  /// Made for the first frame.
  private lazy var batch = FrameBatch(headLength: PacketSender.frameCapacity, hasInterfaces: true)
  private var count = 0

  /// How many frames could not be sent so far.
  package private(set) var unsentCount: UInt64 = 0

  /// Throws `EPERM` without CAP_NET_RAW.
  package init() throws(SystemError) {
    // It never gets a protocol: it receives nothing, and sends as what the frame says.
    socket = try OpenPacketSocket()
  }

  /// Whether frames wait to be sent.
  package var isPending: Bool { count > 0 }

  /// Puts one frame for the interface with this index behind those to be sent; `encode` writes it
  /// and returns its length.
  ///
  /// Sends what has gathered when a batch is full.
  package func enqueue(on interface: Int32, _ encode: (inout MutableRawSpan) -> Int) {
    if count == FrameBatch.count { flush() }
    batch.write(count, encode)
    batch.setInterface(of: count, to: interface)
    count += 1
  }

  /// Sends what was put behind, in order.
  ///
  /// A frame that cannot be sent is counted and given up: its interface may be down or gone, or its
  /// queue full, which says nothing of the next.
  package func flush() {
    guard isPending else { return }
    // Where the socket itself has no room, no other frame fares better.
    unsentCount += socket.send(batch, count: count) { $0 == .wouldBlock }
    count = 0
  }
}
