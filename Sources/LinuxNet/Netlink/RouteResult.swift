import CLinux
import NDPWire

/// Where the kernel would send a packet (RTM_NEWROUTE in answer to RTM_GETROUTE).
package enum RouteResult: Equatable, Sendable {
  /// To a neighbor on the interface with this index.
  case onLink(Int32)
  /// To a router reached through the interface with this index.
  case gateway(Int32)
  /// To this host.
  case local
  /// To this host, as any of several (RTN_ANYCAST): the subnet-router anycast addresses of its
  /// links (RFC 4291 §2.6.1), while it forwards.
  case anycast
  /// Nowhere.
  case unreachable
}

extension RouteResult {
  /// Reads `struct rtmsg` and its attributes.
  init(_ payload: RawSpan) {
    self = .unreachable
    guard payload.byteCount >= 12 else { return }
    var interface: Int32?
    var hasGateway = false
    forEachAttribute(in: payload, behind: 12) { attribute, value in
      switch Int(attribute) {
      case Int(RTA_OIF.rawValue) where value.byteCount == 4: interface = value.native(at: 0)
      case Int(RTA_GATEWAY.rawValue): hasGateway = true
      default: break
      }
    }
    switch Int(payload.native(at: 7, as: UInt8.self)) {
    case RTN_LOCAL: self = .local
    case RTN_ANYCAST: self = .anycast
    case RTN_UNICAST:
      if let interface { self = hasGateway ? .gateway(interface) : .onLink(interface) }
    default: break
    }
  }
}
