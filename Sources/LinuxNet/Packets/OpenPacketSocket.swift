import CLinux

/// A packet socket (packet(7)) of whatever use, bound to nothing as long as nobody binds it.
final class OpenPacketSocket {
  let descriptor: Descriptor

  /// Throws `EPERM` without CAP_NET_RAW.
  ///
  /// Protocol 0 receives nothing: with any other, frames of all interfaces would queue up before
  /// a filter is attached and the socket is bound.
  init() throws(SystemError) {
    let type = CInt(SOCK_RAW.rawValue) | CInt(O_CLOEXEC | O_NONBLOCK)
    descriptor = Descriptor(owning: try call("open packet socket") { socket(AF_PACKET, type, 0) })
  }

  /// Receives nothing from now on, and has nothing left over.
  func silence() throws(SystemError) {
    try PacketFilter.nothing.attach(to: descriptor)
    // The kernel takes protocol 0 for the one before, and interface 0 for all of them. Frames of
    // the Ethernet configuration testing protocol are nowhere, and would not pass the filter.
    try bind(to: 0, protocol: ETH_P_LOOP)
    try discardAll()
  }

  /// Receives from one interface (0: from all) what the filter lets through.
  func bind(to interfaceIndex: Int32, protocol number: CInt) throws(SystemError) {
    var address = sockaddr_ll()
    address.sll_family = UInt16(AF_PACKET)
    address.sll_protocol = UInt16(number).bigEndian
    address.sll_ifindex = interfaceIndex
    try descriptor.bind(to: address, "bind packet socket to interface \(interfaceIndex)")
  }

  /// Sends the first `count` frames of a batch, in order, and returns how many could not be sent.
  ///
  /// A frame that cannot be sent is given up; after an error that `concernsAll`, so are those
  /// behind it. Allocates nothing.
  func send(
    _ batch: FrameBatch, count: Int, concernsAll: (ErrorNumber) -> Bool
  ) -> UInt64 {
    var start = 0
    var unsent = 0
    while start < count {
      do {
        start += Int(
          try call("send") {
            unsafe sendmmsg(
              descriptor.number, batch.headers.baseAddress! + start, UInt32(count - start),
              CInt(MSG_DONTWAIT))
          })
      } catch {
        let lost = concernsAll(error.code) ? count - start : 1
        unsent += lost
        start += lost
      }
    }
    return UInt64(unsent)
  }

  /// How many frames the kernel dropped since the last call, for want of room in the socket.
  ///
  /// One system call (`PACKET_STATISTICS`, packet(7)).
  func takeOverrunCount() -> UInt64 {
    var statistics = tpacket_stats()
    var length = socklen_t(MemoryLayout<tpacket_stats>.size)
    let status = unsafe getsockopt(
      descriptor.number, SOL_PACKET, PACKET_STATISTICS, &statistics, &length)
    return status == 0 ? UInt64(statistics.tp_drops) : 0
  }

  /// Drops the frames that are queued, and the error that the interface may have left behind.
  private func discardAll() throws(SystemError) {
    var octet: UInt8 = 0
    while true {
      do {
        guard
          try callUnlessBlocked(
            "empty packet socket",
            { unsafe recv(descriptor.number, &octet, 1, CInt(MSG_DONTWAIT)) }) != nil
        else { return }
      } catch {
        // Each error is told once.
        guard error.code == .networkDown else { throw error }
      }
    }
  }
}
