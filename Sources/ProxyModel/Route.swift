/// Where the kernel would send a packet.
public enum Route: Equatable, Sendable {
  /// To a neighbor on this interface.
  case onLink(InterfaceIndex)
  /// To a router reached through this interface.
  case gateway(InterfaceIndex)
  /// To this host itself.
  case local
  /// To this host, as the router of one of its links (subnet-router anycast, RFC 4291 §2.6.1).
  case anycast
  /// Nowhere: no route, unreachable, blackhole, prohibit or multicast.
  case unreachable
}
