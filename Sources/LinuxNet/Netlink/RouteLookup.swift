import CLinux
package import NDPWire

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

  /// The router that this host sends to by default out of the interface with that index; `nil`
  /// where it has none there.
  ///
  /// Throws where there is no answer. Two system calls.
  package func defaultRouter(out interface: Int32) throws(SystemError) -> IPv6Address? {
    // Global unicast begins there (RFC 4291 §2.4), and nobody has a route to its first address.
    let outside: UInt128 = 0x2000 << 112
    var payload: [UInt8] = [UInt8(AF_INET6), 128] + [UInt8](repeating: 0, count: 10)
    payload.append(attribute: UInt16(RTA_DST.rawValue), outside.bigEndian)
    payload.append(attribute: UInt16(RTA_OIF.rawValue), interface)
    var entry: RouteEntry?
    let refusal = try socket.ask(RTM_GETROUTE, payload: payload) { message, payload in
      guard Int(message.type) == RTM_NEWROUTE else { return }
      entry = RouteEntry.entries(payload).first
    }
    if let refusal, !Self.saysNo(refusal), refusal != .init(rawValue: ENODEV) {
      throw SystemError("look up the default route", refusal)
    }
    guard let entry, entry.type == .unicast, entry.interface == interface else { return nil }
    return entry.gateway
  }

  /// What the kernel would do with a packet from `source` to `destination`, or from a source that
  /// is
  /// unknown, that came in on the interface with index `from`, or that this host sends.
  ///
  /// All that policy rules may go by counts but marks, ports and users. The entry says which table
  /// decided and which gateway is next; its destination is the one that was asked for. Throws where
  /// there is no answer: `ENODEV` if there is no such interface. Two system calls, about 10 µs.
  package func decision(
    to destination: IPv6Address, from source: IPv6Address?, enteringBy interface: Int32?
  ) throws(SystemError) -> RouteDecision {
    var payload: [UInt8] = [UInt8(AF_INET6), 128] + [UInt8](repeating: 0, count: 10)
    if let source {
      payload[2] = 128
      payload.append(attribute: UInt16(RTA_SRC.rawValue), source.bits.bigEndian)
    }
    payload.append(attribute: UInt16(RTA_DST.rawValue), destination.bits.bigEndian)
    if let interface { payload.append(attribute: UInt16(RTA_IIF.rawValue), interface) }
    var entry: RouteEntry?
    var isExplained = false
    let refusal = try socket.ask(RTM_GETROUTE, payload: payload) { message, payload in
      if Int(message.type) == RTM_NEWROUTE { entry = RouteEntry.entries(payload).first }
      isExplained = message.isExplained
    }
    guard let refusal else { return entry.map { .route($0) } ?? .nothing }
    guard Self.saysNo(refusal), !isExplained else {
      throw SystemError("look up the route to \(destination)", refusal)
    }
    return switch refusal {
    case .networkUnreachable: .nothing
    case .permissionDenied: .refused(.prohibit)
    case .invalidArgument: .refused(.blackhole)
    default: .refused(.unreachable)
    }
  }

  /// Whether an error number is what a table or a rule says of a destination.
  ///
  /// `ENETUNREACH`: no route, or only `throw`. `EHOSTUNREACH`: `unreachable`. `EACCES`: `prohibit`.
  /// `EINVAL`: `blackhole`, for which the kernel gives no explanation.
  private static func saysNo(_ refusal: ErrorNumber) -> Bool {
    let refusals: [ErrorNumber] = [
      .networkUnreachable, .noRouteToHost, .permissionDenied, .invalidArgument,
    ]
    return refusals.contains(refusal)
  }
}

/// What the kernel would do with a packet (RTM_GETROUTE).
package enum RouteDecision: Hashable, Sendable {
  /// It goes the way of this route.
  case route(RouteEntry)
  /// A route or a policy rule of this type refuses it.
  case refused(RouteType)
  /// There is no route.
  case nothing
}
