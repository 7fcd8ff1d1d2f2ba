import CLinux

/// A packet socket (packet(7)) on one interface that only sends: whole Ethernet frames, in batches.
///
/// The kernel tells whoever waits for a socket of every frame that has left it, and epoll is told
/// even where it waits for frames to come: to send on a socket that is polled takes a fifth of a
/// microsecond more for each. So nobody waits for this one. Each interface has its own, for frames
/// that one is slow to take count against the socket's room. Sending allocates nothing
/// after the first frame.
package final class PacketSender {
  private let interfaceIndex: Int32
  private let socket: OpenPacketSocket
  /// Made for the first frame.
  private lazy var batch = FrameBatch(headLength: PacketSender.frameCapacity)
  private var count = 0

  /// How many frames could not be sent so far.
  package private(set) var unsentCount: UInt64 = 0

  /// The longest frame that it takes, in octets.
  package static let frameCapacity = 256

  /// Sends on one interface of the thread's network namespace.
  ///
  /// Throws `EPERM` without CAP_NET_RAW.
  package init(interfaceIndex: Int32) throws(SystemError) {
    self.interfaceIndex = interfaceIndex
    socket = try OpenPacketSocket()
    // It never gets a protocol: it receives nothing, and sends as what the frame says.
    try socket.bind(to: interfaceIndex, protocol: 0)
  }

  /// Whether frames wait to be sent.
  package var isPending: Bool { count > 0 }

  /// Puts one frame behind those to be sent; `encode` writes it and returns its length.
  ///
  /// Sends what has gathered when a batch is full.
  package func enqueue(_ encode: (inout MutableRawSpan) -> Int) {
    if count == FrameBatch.count { flush() }
    batch.write(count, encode)
    count += 1
  }

  /// Sends what was put behind, in order.
  ///
  /// A frame that cannot be sent is counted and given up: its asker will ask again. That the
  /// interface is down or gone, or its queue full, is nothing to fail for.
  package func flush() {
    guard isPending else { return }
    // Where the interface is down or gone, which netlink tells, or the socket has no room, no other
    // frame fares better.
    unsentCount += socket.send(batch, count: count) {
      $0 == .networkDown || $0 == .noSuchAddressOrDevice || $0 == .wouldBlock
    }
    count = 0
  }
}
