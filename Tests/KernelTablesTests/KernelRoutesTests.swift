import DaemonLog
import DaemonSupport
import InterfaceSockets
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel
import TargetSources
import Testing

@testable import KernelTables

/// What a kernel might say.
private final class FakeKernel: RouteQuestions, NeighborQuestions {
  var route: RouteResult?
  var router: IPv6Address?
  var neighbors: [IPv6Address: NeighborEntry] = [:]
  private(set) var routerQuestions = 0

  func route(to target: IPv6Address, from interface: Int32?) throws(SystemError) -> RouteResult {
    guard let route else { throw SystemError("look up the route", .notPermitted) }
    return route
  }

  func defaultRouter(out interface: Int32) throws(SystemError) -> IPv6Address? {
    routerQuestions += 1
    return router
  }

  func entry(for address: IPv6Address, on interface: Int32) -> NeighborEntry? {
    neighbors[address]
  }
}

/// A list that has one change to tell, again and again, and may lose others.
private final class FakeSource: Thing, TargetSource {
  private let change: TargetChange
  var failure: SystemError?

  init(_ change: TargetChange) { self.change = change }

  var pollable: any Pollable { self }

  func takeChanges(_ body: (TargetChange) -> Void) throws(SystemError) {
    body(change)
    if let failure { throw failure }
  }
}

struct KernelRoutesTests {
  private let test = TestLoop()
  private let kernel = FakeKernel()
  private let listener = FakeListener()
  private let log = Log(level: .notice, usesSystemLog: false)
  private let opener = FakeOpener()
  private let ports: Ports
  private let routes: KernelRoutes
  private let target = IPv6Address("2001:db8:1::10")!
  private let outside = InterfaceIndex(2)

  init() {
    ports = Ports(loop: test.loop, log: log, opener: opener.open)
    let neighbors = KernelNeighbors(kernel, routes: kernel, ports: ports)
    routes = KernelRoutes(
      kernel, neighbors: neighbors, host: Host(), loop: test.loop, log: log)
    neighbors.listener = { [listener] in listener }
    routes.listener = { [listener] in listener }
  }

  @Test(arguments: [
    (RouteResult.onLink(3), Route.onLink(InterfaceIndex(3))), (.onLink(1), .unreachable),
    (.gateway(3), .gateway(InterfaceIndex(3))), (.local, .local), (.unreachable, .unreachable),
  ])
  func `what the kernel says of a route is passed on`(result: RouteResult, route: Route) {
    kernel.route = result
    #expect(routes.route(to: target, from: outside) == route)
    guard
      case .route(route, to: target, from: outside)? =
        routes.answer(to: .lookUpRoute(target, from: outside))
    else {
      Issue.record("another event")
      return
    }
  }

  @Test func `a kernel that cannot say is warned of, not often`() {
    for _ in 0..<3 { #expect(routes.route(to: target, from: outside) == nil) }
    #expect(log.warnings.count == 1)
  }

  private func location() -> Location? {
    guard case .located(let location, _, _)? = routes.answer(to: .locate(target, from: outside))
    else { return nil }
    return location
  }

  @Test(arguments: [
    (NeighborState.reachable, Location.neighbor), (.permanent, .neighbor), (.delay, .neighbor),
    (.stale, .onProxyLink), (.failed, .onLink(InterfaceIndex(3))),
  ])
  func `whom the kernel has as a neighbor is there`(state: NeighborState, expected: Location) {
    kernel.route = .onLink(3)
    kernel.neighbors[target] = NeighborEntry(linkLayerAddress: .station(16), state: state)
    #expect(location() == expected)
  }

  @Test func `where nobody is known the route says where a target is`() {
    let places: [(RouteResult, Location)] = [
      (.onLink(2), .onProxyLink), (.onLink(3), .onLink(InterfaceIndex(3))),
      (.gateway(3), .elsewhere), (.local, .elsewhere), (.unreachable, .elsewhere),
    ]
    for (route, expected) in places {
      kernel.route = route
      #expect(location() == expected)
    }
    kernel.router = target
    test.now = test.now + .seconds(2)
    #expect(location() == .neighbor)
  }

  @Test func `the default router is asked for once a second, and introduced once`() throws {
    kernel.router = IPv6Address("fe80::1")!
    kernel.neighbors[kernel.router!] = NeighborEntry(
      linkLayerAddress: .station(1), state: .reachable)
    for _ in 0..<3 { #expect(routes.neighbors.defaultRouter(on: outside) == kernel.router) }
    #expect(kernel.routerQuestions == 1)
    test.now = test.now + .seconds(2)
    _ = routes.neighbors.defaultRouter(on: outside)
    #expect(kernel.routerQuestions == 2)
    // Whoever asks where a target is may be at work with the engine.
    #expect(listener.events.isEmpty)
    try test.turn()
    #expect(listener.events.count == 1 && listener.settleCount == 1)
    guard case .neighbor(let neighbor?, _, _) = listener.events[0] else {
      Issue.record("\(listener.events)")
      return
    }
    #expect(neighbor.isRouter)
  }

  @Test func `what a source says of a target is told, and losses end nothing`() throws {
    let source = FakeSource(
      TargetChange(
        target, on: outside,
        CachedNeighbor(state: .stale, linkLayerAddress: .station(16), age: .zero)))
    try routes.neighbors.follow(source)
    try test.turn(source)
    guard case .neighbor(let neighbor?, target, outside)? = listener.events.first else {
      Issue.record("\(listener.events)")
      return
    }
    #expect(neighbor.state == .stale && !neighbor.isRouter)
    #expect(listener.settleCount == 1)
    source.failure = SystemError("read", .noBufferSpace)
    try test.turn(source)
    #expect(listener.events.count == 2)
    #expect(listener.settleCount == 2)
    source.failure = SystemError("read", .badFileDescriptor)
    #expect(throws: SystemError.self) { try test.turn(source) }
  }

  /// The real monitor, of which the poll says what the test wants: it needs no privilege.
  @Test func `nobody is woken for a second change before the next question`() throws {
    kernel.route = .local
    try routes.listen()
    try routes.listen()
    let watched = test.poll.watched
    #expect(watched.count == 1)
    test.poll.tokens = Array(watched.values)
    try test.turn()
    guard case .routesChanged? = listener.events.first else {
      Issue.record("\(listener.events)")
      return
    }
    #expect(test.poll.watched.isEmpty)
    _ = routes.route(to: target, from: outside)
    #expect(test.poll.watched.count == 1)
  }

  @Test func `what is not the kernel's is not done`() {
    let actions: [Action] = [
      .reportMissingSource(on: outside), .offerNeighbor(target, at: .station(16), on: outside),
    ]
    for action in actions {
      // Without 'autowire' nothing is open to do it with.
      routes.perform(action)
      if let event = routes.answer(to: action) { Issue.record("\(event)") }
    }
    #expect(log.warnings.count == 0)
  }
}
