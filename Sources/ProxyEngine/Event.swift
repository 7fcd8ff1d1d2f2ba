package import NDPWire

/// Something that happened outside the engine.
package enum Event: Sendable {
  /// A well-formed solicitation arrived.
  case solicitation(EthernetFrame<NeighborSolicitation>, on: InterfaceIndex)
  /// A well-formed advertisement arrived.
  case advertisement(EthernetFrame<NeighborAdvertisement>, on: InterfaceIndex)
  /// A frame arrived that was neither.
  case malformed(DropReason, on: InterfaceIndex? = nil)
  /// An interface appeared, or something about it is different now.
  case interfaceChanged(Interface)
  /// An interface is gone.
  case interfaceRemoved(InterfaceIndex)
  /// The kernel's answer to `Action.lookUpRoute`.
  case route(Route, to: IPv6Address)
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
  /// Nowhere: no route, unreachable, blackhole, prohibit, anycast or multicast.
  case unreachable
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
  /// Ask the kernel for its route, and feed the answer back as `Event.route`.
  case lookUpRoute(IPv6Address)
}
