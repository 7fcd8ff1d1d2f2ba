import NDPWire
import ProxyModel

/// The neighbors on proxy interfaces that the kernel has confirmed, and this host's default
/// routers: whoever claims to be one of them must have both its addresses.
struct Acquaintances {
  private var known: [Acquaintance] = []

  private struct Acquaintance: Equatable {
    let address: IPv6Address
    let linkLayerAddress: MACAddress
    let interface: InterfaceIndex
    let isRouter: Bool
  }

  /// Takes up what the kernel has of a neighbor.
  ///
  /// Of more than `Limits.acquaintances` the oldest goes that is no router, or the oldest router.
  mutating func update(
    _ neighbor: CachedNeighbor?, of address: IPv6Address, on interface: InterfaceIndex
  ) {
    guard let neighbor, let linkLayerAddress = neighbor.linkLayerAddress,
      neighbor.state == .reachable || neighbor.isRouter && neighbor.state != .failed
    else {
      // What is stale was confirmed, and may be so again.
      let isOver = neighbor == nil || neighbor?.state == .failed
      if isOver { known.removeAll { $0.address == address && $0.interface == interface } }
      return
    }
    let newer = Acquaintance(
      address: address, linkLayerAddress: linkLayerAddress, interface: interface,
      isRouter: neighbor.isRouter)
    if known.last == newer { return }
    known.removeAll { $0.address == address && $0.interface == interface }
    if known.count == Limits.acquaintances {
      known.remove(at: known.firstIndex { !$0.isRouter } ?? 0)
    }
    known.append(newer)
  }

  mutating func forget(_ interface: InterfaceIndex) {
    known.removeAll { $0.interface == interface }
  }

  /// Whether a station with these addresses has been confirmed; looks at all of them.
  func contains(
    _ address: IPv6Address, _ linkLayerAddress: MACAddress, on interface: InterfaceIndex
  ) -> Bool {
    known.contains {
      $0.address == address && $0.linkLayerAddress == linkLayerAddress && $0.interface == interface
    }
  }
}
