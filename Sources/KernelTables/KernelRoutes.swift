package import DaemonLog
package import EventLoop
import Inspection
package import InterfaceSockets
package import LinuxNet
package import NDPWire
package import ProxyEngine
package import ProxyModel

/// The kernel's routes: asks for single ones, hears that some have changed, and puts in those that
/// lead to targets.
package final class KernelRoutes: ActionPerformer {
  /// Who hears that routes have changed; set once, before anything comes.
  package var listener: () -> (any EventListener)? = { nil }
  /// What the kernel knows of neighbors.
  package let neighbors: KernelNeighbors
  private let lookup: any RouteQuestions
  private let host: Host
  private let loop: EventLoop
  private let log: Log
  /// Only where some rule goes by the routes, or did.
  private var monitor: RouteMonitor?
  private var source: DescriptorSource?
  /// Whether some route has changed since a route was looked up, and nobody waits for more news.
  private var isDeaf = false
  /// Only where some proxy wants the kernel to know its targets, or did.
  private var tables: Tables?
  private let openTables: () throws(SystemError) -> Tables

  /// Where routes and neighbors are put.
  package typealias Tables = (routes: any RouteChanges, neighbors: any NeighborOffers)

  /// `openTables` is called where some proxy wants the kernel to know its targets, and to look for
  /// what was left behind.
  package init(
    _ lookup: any RouteQuestions, neighbors: KernelNeighbors, host: Host, loop: EventLoop, log: Log,
    openTables: @escaping () throws(SystemError) -> Tables = kernelTables
  ) {
    self.openTables = openTables
    self.lookup = lookup
    self.neighbors = neighbors
    self.host = host
    self.loop = loop
    self.log = log
  }

  // MARK: News

  /// Hears of changes from now on.
  package func listen() throws(SystemError) {
    guard monitor == nil else { return }
    let monitor = try RouteMonitor()
    let source = DescriptorSource(monitor) { [owner = Unowned(self)] _ in
      owner.object.takeFirstNews()
    }
    try loop.watch(source)
    (self.monitor, self.source) = (monitor, source)
  }

  /// Some route has changed: what was found before is asked again with the next question.
  ///
  /// Until then nobody needs to know of further changes, of which a router may have a hundred a
  /// second.
  private func takeFirstNews() {
    guard let source else { return }
    loop.forget(source)
    isDeaf = true
    listener()?.take(.routesChanged)
    listener()?.settle()
  }

  /// Hears of changes again, now that the kernel is about to be asked.
  private func takeNews() throws(SystemError) {
    guard isDeaf, let monitor, let source else { return }
    // One call takes all that its buffer holds; the loop hears of what arrives meanwhile.
    _ = try monitor.takeChanges()
    try loop.watch(source)
    isDeaf = false
  }

  // MARK: Questions

  /// The kernel's route for a packet that came in on an interface; `nil` where it cannot say.
  ///
  /// A route of ours to the target says only where it was, and does not count; where that is only
  /// looked at, it does, so that nothing changes.
  package func route(
    to target: IPv6Address, from index: InterfaceIndex, isLook: Bool = false
  ) -> Route? {
    do {
      try takeNews()
      let result: RouteResult
      if !isLook, let routes = tables?.routes {
        result = try routes.lookBeneath(target) { () throws(SystemError) in
          try lookup.route(to: target, from: index.rawValue)
        }
      } else {
        result = try lookup.route(to: target, from: index.rawValue)
      }
      let route = Route(result)
      // Packets sent to the loopback interface come back, and nobody takes them.
      return route == .onLink(Self.loopback) ? .unreachable : route
    } catch {
      log.warnSparingly(
        "cannot look up the route to \(target) from \(host.name(of: index)): \(error)")
      return nil
    }
  }

  /// The loopback interface has this index in every network namespace (LOOPBACK_IFINDEX).
  private static let loopback = InterfaceIndex(1)

  /// At most ten system calls.
  package func answer(to question: Action) -> Event? { answer(to: question, isLook: false) }

  /// The same for somebody who explains what the engine would do; changes nothing.
  package func look(_ question: Action) -> Event? { answer(to: question, isLook: true) }

  private func answer(to question: Action, isLook: Bool) -> Event? {
    switch question {
    case .lookUpRoute(let target, let index):
      let route = route(to: target, from: index, isLook: isLook)
      if let route { log.debug("route to \(target): \(sentence(about: route))") }
      return .route(route, to: target, from: index)
    case .locate(let target, let index):
      return .located(
        Location(
          seenFrom: index, isDefaultRouter: neighbors.defaultRouter(on: index) == target,
          neighbor: neighbors.neighbor(target, on: index)
        ) { route(to: target, from: index, isLook: isLook) }, of: target, from: index)
    case .lookUpNeighbor(let target, let index):
      return .neighbor(neighbors.neighbor(target, on: index), of: target, on: index)
    default: return nil
    }
  }

  private func sentence(about route: Route) -> String {
    switch route {
    case .onLink(let index): "on-link, on \(host.name(of: index))"
    case .gateway(let index): "through a router on \(host.name(of: index))"
    case .local: "this host"
    case .anycast: "this host, as the router of a link"
    case .unreachable: "none"
    }
  }

  // MARK: Host routes

  /// Can change routes from now on.
  package func openHostRoutes() throws(SystemError) {
    if tables == nil { tables = try openTables() }
  }

  /// Removes the routes that a process which was killed has left behind, whether this one is to put
  /// some in or not; only for a daemon that is alone.
  package func removeLeftovers() {
    do throws(SystemError) {
      let opened = if let tables { tables } else { try openTables() }
      let count = try opened.routes.reclaim()
      if count > 0 { log.notice("autowire: removed \(count) routes that were left behind") }
    } catch {
      log.warning("autowire: routes that were left behind stay: \(error)")
    }
  }

  /// Takes away every route that was put in.
  package func removeHostRoutes() { tables?.routes.removeAll() }

  private func attempt(_ change: () throws(SystemError) -> Void) {
    do {
      try change()
    } catch {
      log.warnSparingly("autowire: \(error)")
    }
  }

  // MARK: Actions

  /// Has the kernel know; other actions are not for it.
  package func perform(_ action: Action) {
    switch action {
    case .installHostRoute(let route):
      attempt { () throws(SystemError) in
        try tables?.routes.install(
          route.target, interface: route.interface.rawValue, gateway: route.gateway,
          table: host.table.routingTable(of: route.interface.rawValue)
            ?? HostRouteTable.mainTable)
      }
    case .removeHostRoute(let route):
      attempt { () throws(SystemError) in try tables?.routes.remove(route.target) }
    case .offerNeighbor(let address, let linkLayerAddress, let index):
      attempt { () throws(SystemError) in
        _ = try tables?.neighbors.offer(address, at: linkLayerAddress, on: index.rawValue)
      }
    case .lookUpRoute, .locate, .lookUpNeighbor, .advertise, .solicit, .reportMissingSource,
      .reportConflict, .publish, .withdraw:
      break
    }
  }
}

/// Who is asked for single routes: the kernel, or a test.
package protocol RouteQuestions: AnyObject {
  func route(to target: IPv6Address, from interface: Int32?) throws(SystemError) -> RouteResult
  func defaultRouter(out interface: Int32) throws(SystemError) -> IPv6Address?
}

extension RouteLookup: RouteQuestions {}

/// Where routes to single targets are put: the kernel, or a test.
package protocol RouteChanges: AnyObject {
  func install(_ target: IPv6Address, interface: Int32, gateway: IPv6Address?, table: UInt32)
    throws(SystemError)
  func remove(_ target: IPv6Address) throws(SystemError)
  func lookBeneath(_ target: IPv6Address, _ look: () throws(SystemError) -> RouteResult)
    throws(SystemError) -> RouteResult
  func removeAll()
  func reclaim() throws(SystemError) -> Int
}

extension HostRouteTable: RouteChanges {}

/// Who is told where frames for an address go: the kernel, or a test.
package protocol NeighborOffers: AnyObject {
  func offer(_ address: IPv6Address, at linkLayerAddress: MACAddress, on interface: Int32)
    throws(SystemError) -> Bool
}

extension NeighborTable: NeighborOffers {}

/// Opens the tables of this host's kernel.
package func kernelTables() throws(SystemError) -> KernelRoutes.Tables {
  (try HostRouteTable(), try NeighborTable())
}
