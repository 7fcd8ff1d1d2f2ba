package import ProxyModel

extension Location {
  /// Where the kernel holds an address to be, seen from a proxy interface, by what it says of it.
  ///
  /// What is only stale may have moved since, or anybody may have made the kernel know it: it is
  /// asked for there, too. `route` is called only where the neighbor cache does not say.
  package init(
    seenFrom proxy: InterfaceIndex, isDefaultRouter: Bool, neighbor: CachedNeighbor?,
    route: () -> Route?
  ) {
    if isDefaultRouter {
      self = .neighbor
      return
    }
    if let neighbor, neighbor.linkLayerAddress != nil {
      switch neighbor.state {
      case .reachable, .probing:
        self = .neighbor
        return
      case .stale:
        self = .onProxyLink
        return
      case .failed, .incomplete: break
      }
    }
    switch route() {
    case .onLink(proxy): self = .onProxyLink
    case .onLink(let other): self = .onLink(other)
    case .gateway, .local, .anycast, .unreachable, nil: self = .elsewhere
    }
  }
}
