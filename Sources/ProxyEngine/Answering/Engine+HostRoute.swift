import NDPWire
import ProxyModel

// Routes to single targets, which the kernel has for as long as these are there for all we know.
//
// What is no longer asked for keeps its route until it is forgotten: a router that was answered
// sends to the target for up to 45 s without a question (RFC 4861 §6.3.2), or for longer while
// answers of the target's own tell it that it is there.

extension Engine {
  /// Has the kernel know the way to a target as it was just confirmed, if the proxy wants that.
  ///
  /// By way of the host that confirmed it only where that is another one, on the link itself. With
  /// each confirmation the kernel is told again: it may have lost the route with an address of the
  /// interface, or somebody may have removed it.
  mutating func updateHostRoute(
    _ position: Int, isConfirmed: Bool = false, into actions: inout [Action]
  ) {
    let session = sessions[position]
    let key = session.key
    guard rules.proxies[key.proxy].installsHostRoutes, !session.isDisputed,
      isEntitled(key.target, proxy: key.proxy)
    else {
      return removeHostRoute(position, into: &actions)
    }
    // Whatever is to be asked for again keeps the route that it has, and gets no other.
    guard session.state == .reachable || session.state == .probing,
      let neighbor = session.neighbor
    else { return }
    let isVia =
      rules.rule(of: key.proxy, covering: key.target)?.routesViaNeighbor == true
      && neighbor.source != key.target && neighbor.source.isLinkLocal
    let route = HostRoute(
      target: key.target, interface: neighbor.interface, gateway: isVia ? neighbor.source : nil)
    let installed = InstalledRoute(route: route, claimant: neighbor.linkLayerAddress)
    if installed == session.hostRoute {
      if isConfirmed { actions.append(.installHostRoute(route)) }
      return
    }
    // One neighbor that is hundreds of targets must not take the room of all others.
    let isNew = session.hostRoute.map { !$0.leadsToSameNeighbor(as: installed) } ?? true
    if isNew, hostRoutes.count(of: installed) >= hostRouteShare {
      return removeHostRoute(position, into: &actions)
    }
    set(installed, position)
    // The kernel has one route to a target, whichever proxy wants it.
    let others = others(besides: key).filter { sessions[$0].hostRoute != nil }
    let isInstalled = others.contains { sessions[$0].hostRoute?.route == route }
    for other in others { set(installed, other) }
    if !isInstalled { actions.append(.installHostRoute(route)) }
  }

  private var hostRouteShare: Int { max(Limits.hostRouteShare, limits.sessions / 8) }

  private mutating func set(_ route: InstalledRoute?, _ position: Int) {
    if let old = sessions[position].hostRoute { hostRoutes.remove(old) }
    if let route { hostRoutes.add(route) }
    sessions[position].hostRoute = route
  }

  /// Has the kernel forget the way to a target, if it knows it from us.
  mutating func removeHostRoute(_ position: Int, into actions: inout [Action]) {
    guard let installed = sessions[position].hostRoute else { return }
    set(nil, position)
    let isWanted = others(besides: sessions[position].key).contains {
      sessions[$0].hostRoute != nil
    }
    if !isWanted { actions.append(.removeHostRoute(installed.route)) }
  }

  /// Forgets a target and whatever was done for it.
  mutating func forget(_ position: Int, into actions: inout [Action]) {
    removeHostRoute(position, into: &actions)
    withdraw(position, into: &actions)
    if !leaving.isEmpty { leaving[sessions[position].key] = nil }
    timers.remove(.session(position))
    sessions.remove(position)
  }
}

/// How many host routes lead to each neighbor.
struct HostRouteCounts {
  private var counts: [Claimant: Int] = [:]

  private struct Claimant: Hashable {
    let interface: InterfaceIndex
    let linkLayerAddress: MACAddress

    init(_ installed: InstalledRoute) {
      (interface, linkLayerAddress) = (installed.route.interface, installed.claimant)
    }
  }

  /// How many lead where this one does.
  func count(of installed: InstalledRoute) -> Int { counts[Claimant(installed), default: 0] }

  mutating func add(_ installed: InstalledRoute) { counts[Claimant(installed), default: 0] += 1 }

  mutating func remove(_ installed: InstalledRoute) {
    let claimant = Claimant(installed)
    let count = counts[claimant, default: 1] - 1
    counts[claimant] = count > 0 ? count : nil
  }
}
