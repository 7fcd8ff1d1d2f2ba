import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel
import TargetSources

/// Asks the kernel of this host what an engine wants to know, where no daemon runs.
struct KernelLookup {
  private let routes: RouteLookup
  private let neighbors: NeighborLookup

  /// Throws where the kernel cannot be asked.
  init() throws(SystemError) {
    (routes, neighbors) = (try RouteLookup(), try NeighborLookup())
  }

  /// What the kernel says to a question among the actions of an engine; `nil` where it is none.
  func answer(to question: Action) -> Event? {
    switch question {
    case .lookUpRoute(let target, let index):
      .route(route(to: target, from: index), to: target, from: index)
    case .locate(let target, let index):
      .located(
        Location(
          seenFrom: index,
          isDefaultRouter: (try? routes.defaultRouter(out: index.rawValue)) == target,
          neighbor: neighbor(target, on: index)
        ) { route(to: target, from: index) }, of: target, from: index)
    case .lookUpNeighbor(let target, let index):
      .neighbor(neighbor(target, on: index), of: target, on: index)
    default: nil
    }
  }

  private func route(to target: IPv6Address, from index: InterfaceIndex) -> Route? {
    (try? routes.route(to: target, from: index.rawValue)).map { Route($0) }
  }

  private func neighbor(_ target: IPv6Address, on index: InterfaceIndex) -> CachedNeighbor? {
    let entry = (try? neighbors.entry(for: target, on: index.rawValue)) ?? nil
    return entry.map { CachedNeighbor($0) }
  }
}
