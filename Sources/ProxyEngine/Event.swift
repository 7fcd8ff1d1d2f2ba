package import NDPWire

/// Something that happened outside the engine.
package enum Event: Sendable {
  /// A well-formed solicitation arrived.
  case solicitation(EthernetFrame<NeighborSolicitation>, on: InterfaceIndex)
  /// A well-formed advertisement arrived.
  case advertisement(EthernetFrame<NeighborAdvertisement>, on: InterfaceIndex)
  /// A frame arrived that was neither.
  case malformed(DropReason, on: InterfaceIndex? = nil)
  /// All interfaces of this host were read anew; those that are not among them are gone.
  case interfacesRead([Interface])
  /// An interface appeared, or something about it is different now.
  case interfaceChanged(Interface)
  /// An interface is gone.
  case interfaceRemoved(InterfaceIndex)
  /// The kernel's answer to `Action.lookUpRoute`; `nil` where it could not be asked.
  case route(Route?, to: IPv6Address, from: InterfaceIndex)
  /// The kernel's answer to `Action.locate`.
  case located(Location, of: IPv6Address, from: InterfaceIndex)
  /// What the kernel's neighbor cache has of an address: the answer to `Action.lookUpNeighbor`, or
  /// news; `nil` where it has nothing.
  case neighbor(CachedNeighbor?, of: IPv6Address, on: InterfaceIndex)
  /// Some route changed, so earlier answers may be wrong.
  case routesChanged
}

/// Where the kernel would send a packet.
package enum Route: Equatable, Sendable {
  /// To a neighbour on this interface.
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
package struct CachedNeighbor: Equatable, Sendable {
  /// The state of the entry.
  package let state: State
  /// Where frames for it go; `nil` where that is not known.
  package let linkLayerAddress: MACAddress?
  /// How long ago the kernel had it confirmed.
  package let age: Duration
  /// Whether this host sends to it by default.
  package let isRouter: Bool

  package init(
    state: State, linkLayerAddress: MACAddress?, age: Duration, isRouter: Bool = false
  ) {
    (self.state, self.linkLayerAddress) = (state, linkLayerAddress)
    (self.age, self.isRouter) = (age, isRouter)
  }

  /// The states that matter here.
  package enum State: Sendable {
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
package enum Location: Equatable, Sendable {
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
package struct HostRoute: Hashable, Sendable {
  /// The one destination.
  package let target: IPv6Address
  /// Where it was confirmed.
  package let interface: InterfaceIndex
  /// The host that confirmed it, if packets are to go by way of that.
  package let gateway: IPv6Address?

  package init(target: IPv6Address, interface: InterfaceIndex, gateway: IPv6Address?) {
    self.target = target
    self.interface = interface
    self.gateway = gateway
  }
}

/// Something that the engine wants done.
package enum Action: Equatable, Sendable {
  case advertise(EthernetFrame<NeighborAdvertisement>, on: InterfaceIndex)
  case solicit(EthernetFrame<NeighborSolicitation>, on: InterfaceIndex)
  /// Put this route in place of any other that we installed for its target.
  case installHostRoute(HostRoute)
  /// Take this route away again.
  case removeHostRoute(HostRoute)
  /// Tell the user, once until it changes, that the interface has no address to speak from.
  case reportMissingSource(on: InterfaceIndex)
  /// Tell the user that a station claims a target which another one has confirmed.
  case reportConflict(IPv6Address, claimedBy: MACAddress, on: InterfaceIndex)
  /// Ask the kernel for its route to an address, as for a packet that came in on an interface, and
  /// feed the answer back as `Event.route`.
  case lookUpRoute(IPv6Address, from: InterfaceIndex)
  /// Ask the kernel where it holds an address to be, seen from a proxy interface, and feed the
  /// answer back as `Event.located`.
  case locate(IPv6Address, from: InterfaceIndex)
  /// Look for an address in the kernel's neighbor cache, and feed the answer back as
  /// `Event.neighbor`.
  case lookUpNeighbor(IPv6Address, on: InterfaceIndex)
  /// Let the kernel know where frames for an address go, unless it has an entry of its own.
  case offerNeighbor(IPv6Address, at: MACAddress, on: InterfaceIndex)
}
