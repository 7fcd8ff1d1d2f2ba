import CLinux
import Glibc

/// A packet socket (packet(7)) that only sends: whole Ethernet frames, in batches, on any of the
/// interfaces.
///
/// The kernel tells whoever waits for a socket of every frame that has left it, and epoll is told
/// even where it waits for frames to come: to send on a socket that is polled takes a fifth of a
/// microsecond more for each. So nobody waits for this one. It is bound to the interface on which
/// it sends, for to name that with each frame takes half as much. Sending allocates nothing.
package final class PacketSender {
  private let socket: OpenPacketSocket
  private let batch = FrameBatch(frameCapacity: PacketSender.frameCapacity)
  private var count = 0
  /// The interface to which the socket is bound; none at first, and after a failure.
  private var interfaceIndex: Int32?

  /// How many frames could not be sent so far.
  package private(set) var unsentCount: UInt64 = 0

  /// The longest frame that it takes, in octets.
  package static let frameCapacity = 256

  /// Sends in the thread's network namespace.
  ///
  /// Throws `EPERM` without CAP_NET_RAW.
  package init() throws(SystemError) {
    // It never gets a protocol, so it receives nothing.
    socket = try OpenPacketSocket()
  }

  /// Puts one frame behind those to be sent; `encode` writes it and returns its length.
  ///
  /// Sends what has gathered when a batch is full, or is for another interface.
  package func enqueue(on index: Int32, _ encode: (inout MutableRawSpan) -> Int) {
    if count == FrameBatch.count { flush() }
    if index != interfaceIndex {
      flush()
      guard bind(to: index) else { return unsentCount += 1 }
    }
    batch.write(count, encode)
    count += 1
  }

  private func bind(to index: Int32) -> Bool {
    do {
      try socket.bind(to: index, protocol: 0)
      interfaceIndex = index
    } catch {
      interfaceIndex = nil
    }
    return interfaceIndex != nil
  }

  /// Sends what was put behind, in order.
  ///
  /// A frame that cannot be sent is counted and given up: its asker will ask again. That an
  /// interface is down or gone, or its queue full, is nothing to fail for.
  package func flush() {
    var start = 0
    while start < count {
      do {
        start += Int(
          try call("send") {
            unsafe sendmmsg(
              socket.descriptor.number, batch.headers.baseAddress! + start, UInt32(count - start),
              CInt(MSG_DONTWAIT))
          })
      } catch {
        // Of an interface that is down or gone, netlink tells; the others would fare no better.
        let isLost = error.code == .networkDown || error.code == .noSuchAddressOrDevice
        let lost = isLost ? count - start : 1
        unsentCount += UInt64(lost)
        start += lost
        interfaceIndex = nil
      }
    }
    count = 0
  }
}
