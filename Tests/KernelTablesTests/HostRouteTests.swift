import DaemonLog
import DaemonSupport
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel
import Testing

@testable import InterfaceSockets
@testable import KernelTables

/// Takes down what is put into the kernel's tables, as far as it permits that.
private final class FakeTables: RouteChanges, NeighborOffers {
  private(set) var calls: [String] = []
  var leftBehind = 0
  var refusal: SystemError?

  private func note(_ call: String) throws(SystemError) {
    calls.append(call)
    if let refusal { throw refusal }
  }

  func install(
    _ target: IPv6Address, interface: Int32, gateway: IPv6Address?, table: UInt32
  ) throws(SystemError) {
    let via = gateway.map { " via \($0)" } ?? ""
    try note("\(target)\(via) dev \(interface) table \(table)")
  }

  func remove(_ target: IPv6Address) throws(SystemError) { try note("remove \(target)") }
  func lookBeneath(
    _ target: IPv6Address, _ look: () throws(SystemError) -> RouteResult
  ) throws(SystemError) -> RouteResult {
    try note("beneath \(target)")
    return try look()
  }

  func removeAll() { calls.append("remove all") }

  func reclaim() throws(SystemError) -> Int {
    try note("reclaim")
    return leftBehind
  }

  func offer(
    _ address: IPv6Address, at linkLayerAddress: MACAddress, on interface: Int32
  ) throws(SystemError) -> Bool {
    try note("\(address) lladdr \(linkLayerAddress) dev \(interface)")
    return true
  }
}

/// Nobody asks it anything here.
private final class NoKernel: RouteQuestions, NeighborQuestions {
  func route(to target: IPv6Address, from interface: Int32?) -> RouteResult { .unreachable }
  func defaultRouter(out interface: Int32) -> IPv6Address? { nil }
  func entry(for address: IPv6Address, on interface: Int32) -> NeighborEntry? { nil }
}

struct HostRouteTests {
  private let log = Log(level: .notice, usesSystemLog: false)
  private let host = Host()
  private let test = TestLoop()
  private let tables = FakeTables()
  private let routes: KernelRoutes
  private let target = IPv6Address("2001:db8:1::10")!
  private let inside = InterfaceIndex(3)

  init() {
    let kernel = NoKernel()
    let ports = Ports(loop: test.loop, log: log, opener: FakeOpener().open)
    routes = KernelRoutes(
      kernel, neighbors: KernelNeighbors(kernel, routes: kernel, ports: ports), host: host,
      loop: test.loop, log: log, openTables: { [tables] in (tables, tables) })
  }

  private func route(via gateway: String? = nil) -> HostRoute {
    HostRoute(target: target, interface: inside, gateway: gateway.map { IPv6Address($0)! })
  }

  @Test func `nothing is changed before it is wanted`() throws {
    routes.perform(.installHostRoute(route()))
    routes.removeHostRoutes()
    #expect(tables.calls.isEmpty)
    // Another daemon may have some.
    for _ in 0..<2 { try routes.openHostRoutes() }
    #expect(tables.calls.isEmpty)
  }

  @Test func `a route of ours says nothing of where a target is, but for who only looks`() throws {
    try routes.openHostRoutes()
    _ = routes.look(.lookUpRoute(target, from: inside))
    #expect(tables.calls.isEmpty)
    _ = routes.answer(to: .lookUpRoute(target, from: inside))
    _ = routes.answer(to: .locate(target, from: inside))
    #expect(tables.calls == ["beneath \(target)", "beneath \(target)"])
  }

  @Test func `what was left behind goes, and that is told`() {
    routes.removeLeftovers()
    #expect(tables.calls == ["reclaim"])
    tables.leftBehind = 3
    routes.removeLeftovers()
    #expect(tables.calls == ["reclaim", "reclaim"])
  }

  @Test func `routes are put where the interface looks for them`() throws {
    try routes.openHostRoutes()
    routes.perform(.installHostRoute(route()))
    routes.perform(.installHostRoute(route(via: "fe80::5")))
    _ = host.table.apply(
      .link(
        Link(
          index: 9, name: "vrf9", linkLayerAddress: .station(9), isUp: true, isRunning: true,
          master: nil,
          hasNeighborDiscovery: false, kind: "vrf", routingTable: 100)))
    _ = host.table.apply(
      .link(
        Link(
          index: 3, name: "zt0", linkLayerAddress: .station(3), isUp: true, isRunning: true,
          master: nil,
          hasNeighborDiscovery: true, vrf: 9)))
    routes.perform(.installHostRoute(route()))
    routes.perform(.removeHostRoute(route()))
    routes.perform(.offerNeighbor(target, at: .station(16), on: inside))
    routes.removeHostRoutes()
    #expect(
      tables.calls == [
        "\(target) dev 3 table 254", "\(target) via fe80::5 dev 3 table 254",
        "\(target) dev 3 table 100", "remove \(target)",
        "\(target) lladdr \(MACAddress.station(16)) dev 3", "remove all",
      ])
    #expect(log.warnings.count == 0)
  }

  @Test func `what was left behind may stay, and that is told`() {
    tables.refusal = SystemError("read host routes", .notPermitted)
    routes.removeLeftovers()
    #expect(log.warnings.count == 1)
  }

  @Test func `a kernel that refuses is warned of, not often`() throws {
    try routes.openHostRoutes()
    tables.refusal = SystemError("install a route", .notPermitted)
    for _ in 0..<3 {
      routes.perform(.installHostRoute(route()))
      routes.perform(.removeHostRoute(route()))
      routes.perform(.offerNeighbor(target, at: .station(16), on: inside))
    }
    #expect(tables.calls.count == 9)
    #expect(log.warnings.count == 1)
  }
}
