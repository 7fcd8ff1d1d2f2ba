import CLinux
import Glibc

/// Packet sockets that are bound to no interface, opened while this process may still do so.
///
/// To open one takes CAP_NET_RAW. To bind it to an interface, and later to another, takes nothing
/// (packet(7)), so that a daemon with enough of them can give up every privilege.
package final class PacketSocketReserve {
  private var receivers: [OpenPacketSocket] = []
  private var senders: [OpenPacketSocket] = []

  /// What a socket is for.
  ///
  /// One that has received has a protocol for good, and would send frames as of that protocol.
  enum Use {
    case receiving
    case sending
  }

  /// Opens two sockets, of each use one, for each of `count` interfaces.
  ///
  /// Throws `EPERM` without CAP_NET_RAW, also where `count` is 0.
  package init(count: Int) throws(SystemError) {
    // Trying one tells whether it is permitted.
    let first = try OpenPacketSocket()
    guard count > 0 else { return }
    receivers.append(first)
    while receivers.count < count { receivers.append(try OpenPacketSocket()) }
    while senders.count < count { senders.append(try OpenPacketSocket()) }
  }

  /// For how many more interfaces there are some.
  package var count: Int { min(receivers.count, senders.count) }

  /// A socket that is bound to nothing; a new one where none is left and that is permitted.
  func take(for use: Use) throws(SystemError) -> OpenPacketSocket {
    let spare =
      switch use {
      case .receiving: receivers.popLast()
      case .sending: senders.popLast()
      }
    if let spare { return spare }
    do {
      return try OpenPacketSocket()
    } catch {
      guard error.isMissingPrivilege else { throw error }
      throw SystemError(
        "open packet socket (those opened at the start are all in use, and the right to open more "
          + "was given up then: a restart helps)", error.code)
    }
  }

  /// Keeps a socket that is no longer needed where it was, and is silent.
  func putBack(_ socket: OpenPacketSocket, for use: Use) {
    switch use {
    case .receiving: receivers.append(socket)
    case .sending: senders.append(socket)
    }
  }
}

/// A packet socket that nobody has bound yet, or that nobody needs any more.
final class OpenPacketSocket {
  let descriptor: Descriptor

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

  /// Receives from one interface (0: from none) what the filter lets through.
  func bind(to interfaceIndex: Int32, protocol number: CInt) throws(SystemError) {
    var address = sockaddr_ll()
    address.sll_family = UInt16(AF_PACKET)
    address.sll_protocol = UInt16(number).bigEndian
    address.sll_ifindex = interfaceIndex
    try descriptor.bind(to: address, "bind packet socket to interface \(interfaceIndex)")
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
