package import NDPWire
package import ProxyModel

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
  /// The answer to `Action.withdraw`; `nil` where nobody asked for the target.
  case usage(AnswerUsage?, of: IPv6Address, on: InterfaceIndex)
  /// A condition of the rules holds on this host now, or does not.
  case condition(Ruleset.Condition, holds: Bool)
  /// Some route changed, so earlier answers may be wrong.
  case routesChanged
}
