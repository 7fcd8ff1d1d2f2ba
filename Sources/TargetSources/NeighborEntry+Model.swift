package import LinuxNet
package import ProxyModel

extension CachedNeighbor {
  /// An entry as the kernel tells it.
  package init(_ entry: NeighborEntry, isRouter: Bool = false) {
    let state: State =
      switch entry.state {
      case .reachable, .permanent, .noARP: .reachable
      case .stale: .stale
      case .delay, .probe: .probing
      case .failed: .failed
      case .incomplete, .none: .incomplete
      }
    let isFixed = entry.state == .permanent || entry.state == .noARP
    self.init(
      state: state, linkLayerAddress: entry.linkLayerAddress,
      age: isFixed ? .zero : .milliseconds(entry.millisecondsSinceConfirmed ?? 0),
      isRouter: isRouter)
  }
}
