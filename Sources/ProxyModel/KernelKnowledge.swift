public import NDPWire

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

/// An entry of the kernel's neighbor cache (RFC 4861 §7.3.2).
public struct CachedNeighbor: Equatable, Sendable {
  /// The state of the entry.
  public let state: State
  /// Where frames for it go; `nil` where that is not known.
  public let linkLayerAddress: MACAddress?
  /// How long ago the kernel had it confirmed.
  public let age: Duration
  /// Whether this host sends to it by default.
  public let isRouter: Bool

  public init(
    state: State, linkLayerAddress: MACAddress?, age: Duration, isRouter: Bool = false
  ) {
    (self.state, self.linkLayerAddress) = (state, linkLayerAddress)
    (self.age, self.isRouter) = (age, isRouter)
  }

  /// The same of this host's default router.
  public var asRouter: CachedNeighbor {
    CachedNeighbor(state: state, linkLayerAddress: linkLayerAddress, age: age, isRouter: true)
  }

  /// The states that matter here.
  public enum State: Sendable {
    /// It was confirmed a short while ago, or an administrator says that it is there.
    case reachable
    /// It spoke, or was confirmed longer ago.
    case stale
    /// The kernel is finding out whether it is still there (DELAY, PROBE).
    case probing
    /// It did not answer the kernel.
    case failed
    /// Nothing is known yet.
    case incomplete
  }
}

/// Where the kernel holds an address to be, seen from a proxy interface.
public enum Location: Equatable, Sendable {
  /// Its route does not lead to a link of this host, or there is none.
  case elsewhere
  /// Its route leads to the link of another interface.
  case onLink(InterfaceIndex)
  /// Its route leads to the link of that interface itself, where nobody is known to have it.
  case onProxyLink
  /// A neighbor on the link of that interface has it, or this host's default router is said to.
  case neighbor
}

/// The way to one target that was confirmed, for the kernel to know (`autowire` in ndppd).
public struct HostRoute: Hashable, Sendable {
  /// The one destination.
  public let target: IPv6Address
  /// Where it was confirmed.
  public let interface: InterfaceIndex
  /// The host that confirmed it, if packets are to go by way of that.
  public let gateway: IPv6Address?

  public init(target: IPv6Address, interface: InterfaceIndex, gateway: IPv6Address?) {
    self.target = target
    self.interface = interface
    self.gateway = gateway
  }
}
