package import NDPWire
package import ProxyModel

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
  /// Answer for a target without the engine until an instant or, where the target was found by the
  /// kernel's route, until `Engine.routeGeneration` is another one.
  case publish(IPv6Address, on: InterfaceIndex, until: Instant, routesAt: UInt32?)
  /// Answer for a target without the engine no longer, and feed back how often that was done as
  /// `Event.usage`.
  case withdraw(IPv6Address, on: InterfaceIndex)
  /// Let the kernel know where frames for an address go, unless it has an entry of its own.
  case offerNeighbor(IPv6Address, at: MACAddress, on: InterfaceIndex)
}
