import CLinux
import Glibc
package import NDPWire
import SystemPackage

/// Asks the kernel where it would send a packet, one destination at a time (RTM_GETROUTE).
///
/// The kernel's own longest-prefix match answers, with those policy rules that go by destination
/// alone: nothing is copied, so a large table costs nothing.
package final class RouteLookup {
  private let socket: NetlinkSocket

  package init() throws(SystemError) {
    socket = try NetlinkSocket(groups: 0)
  }

  /// How long the kernel may take; it answers before `send` returns.
  private static let patience: CInt = 1_000

  /// The route to `destination`; two system calls, about 10 µs.
  package func route(to destination: IPv6Address) throws(SystemError) -> RouteResult {
    let sequence = try socket.send(
      type: RTM_GETROUTE, flags: 0, payload: Self.request(for: destination))
    var result: RouteResult?
    while result == nil {
      try socket.waitUntilReadable(milliseconds: Self.patience)
      _ = try socket.receive { message, payload in
        // An answer that came too late for an earlier question is not for this one.
        guard message.sequence == sequence else { return }
        switch Int(message.type) {
        case RTM_NEWROUTE: result = RouteResult(payload)
        // No route, or one that says no: each kind has its own error number.
        case Int(NLMSG_ERROR): result = .unreachable
        default: break
        }
      }
    }
    return result ?? .unreachable
  }

  /// `struct rtmsg` with one `RTA_DST`.
  private static func request(for destination: IPv6Address) -> [UInt8] {
    var payload: [UInt8] = [UInt8(AF_INET6), 128] + [UInt8](repeating: 0, count: 10)
    payload.append(native: UInt16(4 + 16))
    payload.append(native: UInt16(RTA_DST.rawValue))
    payload.append(native: destination.bits.bigEndian)
    return payload
  }
}
