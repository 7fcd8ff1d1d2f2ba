import Inspection
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

// What the kernel tells of its neighbor cache and its routes.

extension Daemon {
  /// Hears who speaks on rule interfaces, whom the kernel has confirmed, and who is silent.
  ///
  /// Where some of the news are lost, nothing is: they only make us ask sooner.
  func takeNeighborNews() throws(SystemError) {
    guard let neighborMonitor else { return }
    do {
      _ = try neighborMonitor.receive(atMost: Self.neighborBatch) { change in
        guard let entry = change.entry else { return }
        engine.handle(
          .neighbor(
            cached(entry, of: change.address, on: change.interface), of: change.address,
            on: InterfaceIndex(change.interface)),
          now: now, into: &actions)
      }
    } catch {
      guard error.isOverrun else { throw error }
      log.debug("more changes of neighbors than netlink could hold")
    }
    performActions()
  }

  /// How many news are taken in a row, so that a storm of them keeps nobody waiting.
  private static let neighborBatch = 32

  /// Tells the engine which default routers this host has on proxy interfaces, whose questions come
  /// first.
  func introduceRouters() {
    guard plan.asks else { return }
    for port in ports { _ = defaultRouter(on: port.index) }
  }

  /// The router that this host sends to by default out of an interface; what the kernel has said of
  /// it counts for a second.
  func defaultRouter(on index: InterfaceIndex) -> IPv6Address? {
    let former = defaultRouters[index]
    if let former, now < former.end { return former.address }
    let router = (try? routes.defaultRouter(out: index.rawValue)) ?? nil
    defaultRouters[index] = (router, now + .seconds(1))
    if let router, router != former?.address,
      let entry = try? neighborLookup.entry(for: router, on: index.rawValue)
    {
      let event = Event.neighbor(CachedNeighbor(entry, isRouter: true), of: router, on: index)
      engine.handle(event, now: now, into: &actions)
    }
    return router
  }

  private func cached(
    _ entry: NeighborEntry, of address: IPv6Address, on interface: Int32
  ) -> CachedNeighbor {
    let index = InterfaceIndex(interface)
    let isRouter = port(on: index) != nil && defaultRouter(on: index) == address
    return CachedNeighbor(entry, isRouter: isRouter)
  }

  /// Listens to the neighbor cache while some rule asks, and to routes while some goes by them.
  func watchKernel() throws(SystemError) {
    if plan.asks, neighborMonitor == nil {
      let monitor = try NeighborMonitor()
      try poll.watch(monitor, token: Token.neighborMonitor)
      neighborMonitor = monitor
    }
    if ruleset.asksForRoutes, routeMonitor == nil {
      let monitor = try RouteMonitor()
      try poll.watch(monitor, token: Token.routeMonitor)
      routeMonitor = monitor
    }
  }

  /// Some route has changed: what was found before is asked again with the next question.
  ///
  /// Until then nobody needs to know of further changes, of which a router may have a hundred a
  /// second.
  func takeFirstRouteNews() {
    guard let routeMonitor else { return }
    poll.forget(routeMonitor)
    isDeafToRoutes = true
    engine.handle(.routesChanged, now: now, into: &actions)
    performActions()
  }

  /// Hears of changes of routes again, now that the kernel is about to be asked.
  func takeRouteNews() throws(SystemError) {
    guard isDeafToRoutes, let routeMonitor else { return }
    while try routeMonitor.takeChanges() {}
    try poll.watch(routeMonitor, token: Token.routeMonitor)
    isDeafToRoutes = false
  }
}

extension CachedNeighbor {
  init(_ entry: NeighborEntry, isRouter: Bool = false) {
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
