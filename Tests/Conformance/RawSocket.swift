import CLinux
import Glibc
import NDPWire

/// A packet socket that sends whatever it is given; it receives nothing.
final class RawSocket: Sendable {
  private let descriptor: CInt
  private let index: Int32

  /// Opens it on an interface of the thread's network namespace.
  init(interface: String) throws(Mismatch) {
    index = Int32(if_nametoindex(interface))
    descriptor = socket(AF_PACKET, CInt(SOCK_RAW.rawValue) | CInt(O_CLOEXEC), 0)
    guard descriptor >= 0, index > 0 else {
      throw Mismatch("no packet socket on \(interface): errno \(errno)")
    }
  }

  deinit { close(descriptor) }

  /// Sends one frame of at least 14 octets.
  func send(_ octets: [UInt8]) throws(Mismatch) {
    var address = sockaddr_ll()
    address.sll_family = UInt16(AF_PACKET)
    address.sll_ifindex = index
    let count = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(
          descriptor, octets, octets.count, 0, $0, socklen_t(MemoryLayout<sockaddr_ll>.size))
      }
    }
    guard count == octets.count else {
      throw Mismatch("cannot send \(octets.count) bytes: errno \(errno)")
    }
  }
}

/// The time since 1970, as captures have it.
package func wallClock() -> Duration {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
