import CLinux
import Glibc
package import NDPWire
import SystemPackage

/// Asks the kernel where it would send a packet, one destination at a time (RTM_GETROUTE).
///
/// The kernel's own longest-prefix match answers: nothing is copied, so a large table costs
/// nothing. Needs no privilege.
package final class RouteLookup {
  private let socket: NetlinkSocket

  /// Throws `SystemError`.
  package init() throws(SystemError) {
    socket = try NetlinkSocket(groups: 0)
    try socket.askForExplanations()
  }

  /// The route to `destination` of a packet that came in on the interface with index `from`, or
  /// of a packet of this host where that is `nil`.
  ///
  /// Policy rules and VRFs count as they do for such a packet, as far as they go by destination and
  /// interface: its source is taken to be unknown. Throws where there is no answer: `ENODEV` if
  /// there is no such interface. Two system calls, about 10 µs.
  package func route(
    to destination: IPv6Address, from interface: Int32?
  ) throws(SystemError) -> RouteResult {
    var payload: [UInt8] = [UInt8(AF_INET6), 128] + [UInt8](repeating: 0, count: 10)
    payload.append(attribute: UInt16(RTA_DST.rawValue), destination.bits.bigEndian)
    if let interface { payload.append(attribute: UInt16(RTA_IIF.rawValue), interface) }
    var result: RouteResult?
    var isExplained = false
    let refusal = try socket.ask(RTM_GETROUTE, payload: payload) { message, payload in
      if Int(message.type) == RTM_NEWROUTE { result = RouteResult(payload) }
      isExplained = message.isExplained
    }
    if let refusal {
      guard Self.saysNo(refusal), !isExplained else {
        throw SystemError("look up the route to \(destination)", refusal)
      }
      return .unreachable
    }
    return result ?? .unreachable
  }

  /// Whether an error number is what a table or a rule says of a destination.
  ///
  /// `ENETUNREACH`: no route, or only `throw`. `EHOSTUNREACH`: `unreachable`. `EACCES`: `prohibit`.
  /// `EINVAL`: `blackhole`, for which the kernel gives no explanation.
  private static func saysNo(_ refusal: Errno) -> Bool {
    let refusals: [Errno] = [
      .networkUnreachable, .noRouteToHost, .permissionDenied, .invalidArgument,
    ]
    return refusals.contains(refusal)
  }
}
