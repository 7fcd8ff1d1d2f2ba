import DaemonLog
import EventLoop
package import InterfaceSockets
package import LinuxNet
package import NDPWire
package import ProxyEngine
import ProxyModel
package import TargetSources

/// What the kernel knows of neighbors: its cache, what changes there, and which are our routers.
package final class KernelNeighbors {
  /// Who hears of neighbors; set once, before anything comes.
  package var listener: () -> (any EventListener)? = { nil }
  private let lookup: any NeighborQuestions
  private let routes: any RouteQuestions
  private let ports: Ports
  private var log: Log { ports.log }
  /// Those whose changes are told.
  private var sources: [any TargetSource] = []
  /// Whether the kernel's neighbor cache is one of them: only where some rule asks, or did.
  private var followsCache = false
  /// This host's default router on each proxy interface, and until when that counts.
  private var defaultRouters: [InterfaceIndex: (address: IPv6Address?, end: Instant)] = [:]
  /// Those that have not been told yet, at most one of each interface in a second.
  private var newRouters: [(IPv6Address, InterfaceIndex)] = []

  package init(_ lookup: any NeighborQuestions, routes: any RouteQuestions, ports: Ports) {
    self.lookup = lookup
    self.routes = routes
    self.ports = ports
    ports.loop.atTurnEnd { [owner = Unowned(self)] in owner.object.introduceNewRouters() }
  }

  /// Hears from now on who speaks on rule interfaces, whom the kernel has confirmed, and who is
  /// silent.
  package func listen() throws(SystemError) {
    if followsCache { return }
    try follow(NeighborSource())
    followsCache = true
  }

  /// Tells the engine what a source says, from now on.
  package func follow(_ source: any TargetSource) throws(SystemError) {
    try ports.loop.watch(
      DescriptorSource(source.pollable) { [owner = Unowned(self)] _ throws(SystemError) in
        try owner.object.takeChanges(of: source)
      })
    sources.append(source)
  }

  /// Where some of the news are lost, nothing is: they only make us ask sooner.
  private func takeChanges(of source: any TargetSource) throws(SystemError) {
    do {
      try source.takeChanges { tell($0) }
    } catch {
      guard error.isOverrun else { throw error }
      log.debug("more changes of neighbors than netlink could hold")
    }
    listener()?.settle()
  }

  private func tell(_ change: TargetChange) {
    let index = change.interface
    let isRouter = ports[index] != nil && defaultRouter(on: index) == change.target
    let neighbor = isRouter ? change.neighbor.asRouter : change.neighbor
    listener()?.take(.neighbor(neighbor, of: change.target, on: index))
  }

  /// Tells which default routers this host has on proxy interfaces, whose questions come first.
  package func introduceRouters() {
    for port in ports.all { _ = defaultRouter(on: port.index) }
    introduceNewRouters()
  }

  private func introduceNewRouters() {
    if newRouters.isEmpty { return }
    for (router, index) in newRouters {
      guard let entry = try? lookup.entry(for: router, on: index.rawValue) else { continue }
      listener()?.take(.neighbor(CachedNeighbor(entry, isRouter: true), of: router, on: index))
    }
    newRouters.removeAll(keepingCapacity: true)
    listener()?.settle()
  }

  /// The router that this host sends to by default out of an interface; what the kernel has said of
  /// it counts for a second.
  ///
  /// A new one is told at the end of the turn.
  func defaultRouter(on index: InterfaceIndex) -> IPv6Address? {
    let now = ports.loop.now
    let former = defaultRouters[index]
    if let former, now < former.end { return former.address }
    let router = (try? routes.defaultRouter(out: index.rawValue)) ?? nil
    defaultRouters[index] = (router, now + .seconds(1))
    if let router, router != former?.address { newRouters.append((router, index)) }
    return router
  }

  /// What the kernel's neighbor cache has of an address; `nil` where it has nothing.
  func neighbor(_ address: IPv6Address, on index: InterfaceIndex) -> CachedNeighbor? {
    do {
      return try lookup.entry(for: address, on: index.rawValue).map { CachedNeighbor($0) }
    } catch {
      log.debug("cannot look for \(address) in the neighbor cache: \(error)")
      return nil
    }
  }
}

/// Who is asked for single neighbors: the kernel, or a test.
package protocol NeighborQuestions: AnyObject {
  func entry(for address: IPv6Address, on interface: Int32) throws(SystemError) -> NeighborEntry?
}

extension NeighborLookup: NeighborQuestions {}
