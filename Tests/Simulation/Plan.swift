import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport

/// A world to be: who is where, by which rules, and what will happen to them.
struct Plan {
  var links: [LinkConditions] = []
  var stations: [Station] = []
  /// The link on which each station starts.
  var homes: [Int] = []
  var gateways: [Gateway] = []
  var targets: [IPv6Address] = []
  var events: [(after: Duration, happening: World.Happening)] = []
  var attacker: Attacker?
  /// How long stations ask.
  var length: Duration
  let topology: Topology
  private let mutant: Mutant?

  init(topology: Topology?, mutant: Mutant?, random: inout SeededGenerator) {
    self.mutant = mutant
    length = .seconds(Int64.random(in: 60...180, using: &random))
    let dice = Int.random(in: 0..<12, using: &random)
    self.topology =
      topology
      ?? [
        .single, .single, .single, .single, .single, .bothWays, .facing, .facing,
        .parallel, .chain, .hostile, .hostile,
      ][dice]
    makeLinks(random: &random)
    makeStations(random: &random)
    makeGateways(random: &random)
    if self.topology != .hostile { shareAddresses(random: &random) }
    makeTargets(random: &random)
    makeTraffic(random: &random)
    if self.topology != .hostile {
      makeFaults(random: &random)
      makeScans(random: &random)
    }
    makeAttacks(random: &random)
  }

  private mutating func makeLinks(random: inout SeededGenerator) {
    let losses = topology == .hostile ? [0] : [0, 0, 0, 0, 0, 0.02, 0.1, 0.2]
    let loss = losses.randomElement(using: &random)!
    let count = topology == .single ? Int.random(in: 2...4, using: &random) : 3
    let delay = [1, 5, 20].randomElement(using: &random)! as Int64
    for _ in 0..<count {
      var link = LinkConditions(loss: loss, delay: .milliseconds(delay))
      link.duplication = [0, 0, 0.05].randomElement(using: &random)!
      link.reflection = [0, 0, 0, 0.02].randomElement(using: &random)!
      links.append(link)
    }
  }

  /// `2001:db8:1:0:ff:<link>::/96` is for the hosts of a link.
  static func network(of link: Int) -> IPv6Prefix {
    IPv6Prefix(
      IPv6Address(bits: 0x2001_0db8_0001_0000_00ff << 48 | UInt128(link) << 32), length: 96)
  }

  private mutating func makeStations(random: inout SeededGenerator) {
    for link in links.indices {
      for place in 0..<Int.random(in: link == 0 ? 2...3 : 1...3, using: &random) {
        let network =
          link == 0
          ? UInt128(0x2001_0db8_0001_0000) << 64
          : Self.network(of: link)
            .address.bits
        let first = UInt128(0x10 * stations.count + 0x10)
        let addresses = (0..<Int.random(in: 1...2, using: &random)).map {
          IPv6Address(bits: network | first + UInt128($0))
        }
        let isRouter = link == 0 && place == 0
        let station = Station(
          number: stations.count, name: isRouter ? "router" : "host\(stations.count)",
          isRouter: isRouter, dialect: dialect(isRouter: isRouter, random: &random),
          addresses: addresses)
        station.slowness = .milliseconds([0, 0, 0, 10, 30].randomElement(using: &random)! as Int64)
        station.reachableTime = .seconds([1, 5, 30].randomElement(using: &random)! as Int64)
        stations.append(station)
        homes.append(link)
      }
    }
  }

  /// Most speak as Linux does; some hosts' addresses are proxied by a router that runs it.
  private func dialect(isRouter: Bool, random: inout SeededGenerator) -> Dialect {
    if topology == .hostile { return isRouter ? .linuxRouter : .linuxHost }
    let routers: [Dialect] = [.linuxRouter, .linuxRouter, .kameRouter, .explicitRouter]
    let hosts: [Dialect] = [
      .linuxHost, .linuxHost, .linuxHost, .kameHost, .kameHost, .explicitHost, .linuxProxy,
    ]
    return (isRouter ? routers : hosts).randomElement(using: &random)!
  }

  // MARK: - Targets and traffic

  private mutating func makeTargets(random: inout SeededGenerator) {
    let alive = stations.flatMap { $0.addresses.dropFirst().map(\.address) }
    let dead = (0..<4).map { number in
      IPv6Address(bits: Self.network(of: 1 + number % 2).address.bits | 0xdead + UInt128(number))
    }
    let edges = gateways.flatMap(\.ruleset.proxies).flatMap(\.rules).flatMap { rule in
      [rule.prefix.address] + rule.excluded.map(\.address)
    }.flatMap { [$0, IPv6Address(bits: $0.bits &- 1), IPv6Address(bits: $0.bits | 3)] }
    let own = gateways.flatMap(\.attachments).flatMap(\.interface.addresses).map(\.address)
    let nobodys = ["2001:db8:2::1", "fe80::1", "::ffff:1.2.3.4", "2001:db8:1::", "fd00::1"]
      .map { IPv6Address($0)! }
    targets = Array(repeating: alive, count: 8).joined() + dead + own + nobodys
    for _ in 0..<4 { targets.append(edges.randomElement(using: &random)!) }
    targets.removeAll { $0.isMulticast || $0.isUnspecified || $0.isLoopback }
  }

  private mutating func makeTraffic(random: inout SeededGenerator) {
    let milliseconds = Int64(length / .milliseconds(1))
    for station in stations.indices {
      let isBusy = homes[station] == 0
      let pause = Int64.random(in: isBusy ? 300...1500 : 2000...15_000, using: &random)
      let favourite = targets.randomElement(using: &random)!
      var time = Int64.random(in: 0...5000, using: &random)
      while time < milliseconds {
        let target =
          Bool.random(using: &random)
          ? favourite : targets.randomElement(using: &random)!
        events.append((.milliseconds(time), .traffic(from: station, to: target)))
        time += Int64.random(in: 1...2 * pause, using: &random)
      }
    }
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let target = targets.randomElement(using: &random)!
      let station = stations.indices.randomElement(using: &random)!
      let from = Int64.random(in: 0...milliseconds, using: &random)
      // Sometimes while others ask, which is when the owner has just confirmed.
      for again in 0..<Int64.random(in: 1...3, using: &random) {
        events.append(
          (.milliseconds(from + 400 * again), .duplicateDetection(of: target, from: station)))
      }
    }
    guard topology != .hostile, Int.random(in: 0..<3, using: &random) == 0 else { return }
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      let time = Int64.random(in: 0...milliseconds, using: &random)
      let link = links.indices.randomElement(using: &random)!
      events.append((.milliseconds(time), .garbage(link: link)))
    }
  }

  // MARK: - Faults

  private mutating func makeFaults(random: inout SeededGenerator) {
    let seconds = Int64(length / .seconds(1))
    let isRestless = Int.random(in: 0..<8, using: &random) == 0
    for _ in 0..<Int.random(in: isRestless ? 10...60 : 0...6, using: &random) {
      let time = Duration.milliseconds(Int64.random(in: 4000...seconds * 1000, using: &random))
      let pause = Duration.milliseconds(Int64.random(in: 100...30_000, using: &random))
      if Bool.random(using: &random) {
        makeStationFault(at: time, pause, random: &random)
      } else {
        makeGatewayFault(at: time, pause, random: &random)
      }
    }
  }

  private mutating func makeStationFault(
    at time: Duration, _ pause: Duration, random: inout SeededGenerator
  ) {
    let station = stations.indices.randomElement(using: &random)!
    switch Int.random(in: 0..<5, using: &random) {
    case 0: events.append((time, .departure(station: station)))
    case 1:
      events.append((time, .departure(station: station)))
      events.append((time + pause, .arrival(station: station, link: homes[station])))
    case 2: events.append((time, .fault(.newCard(station: station))))
    default:
      let link = links.indices.randomElement(using: &random)!
      let isMoved = !stations[station].staysHome
      events.append((time, .arrival(station: station, link: isMoved ? link : homes[station])))
    }
  }

  private mutating func makeGatewayFault(
    at time: Duration, _ pause: Duration, random: inout SeededGenerator
  ) {
    let number = gateways.indices.randomElement(using: &random)!
    let place = gateways[number].attachments.indices.randomElement(using: &random)!
    func add(_ fault: Fault, _ end: Fault) {
      events.append((time, .fault(fault)))
      events.append((time + pause, .fault(end)))
    }
    switch Int.random(in: 0..<9, using: &random) {
    case 0:
      add(
        .interfaceDown(gateway: number, place: place), .interfaceUp(gateway: number, place: place))
    case 1:
      add(
        .interfaceRemoved(gateway: number, place: place),
        .interfaceCreated(gateway: number, place: place))
    case 2: events.append((time, .fault(.newLinkLayerAddress(gateway: number, place: place))))
    case 3:
      let what = [Fault.Addresses.lost, .tentative].randomElement(using: &random)!
      add(
        .addresses(gateway: number, place: place, what),
        .addresses(gateway: number, place: place, .back))
    case 4: events.append((time, .fault(.restart(gateway: number))))
    case 5:
      let rules = changedRules(of: gateways[number], random: &random)
      events.append((time, .fault(.reload(gateway: number, rules))))
    default:
      let table = routes(of: gateways[number].attachments, random: &random)
      events.append((time, .fault(.route(gateway: number, table))))
      events.append((time + pause, .fault(.route(gateway: number, gateways[number].table))))
    }
  }

  private mutating func makeScans(random: inout SeededGenerator) {
    let upstream = stations.indices.filter { homes[$0] == 0 }
    let milliseconds = Int64(length / .milliseconds(1))
    func add(_ kind: Scan.Kind, rate: Int, count: Int, random: inout SeededGenerator) {
      let station = upstream.randomElement(using: &random)!
      let time = Int64.random(in: 5000...milliseconds, using: &random)
      let scan = Scan(station: station, kind: kind, rate: rate, count: count)
      events.append((.milliseconds(time), .scan(scan)))
    }
    if Int.random(in: 0..<6, using: &random) == 0 {
      let network = Self.network(of: Int.random(in: 1...2, using: &random))
      let rate = [50, 200, 400].randomElement(using: &random)!
      let count = rate * Int.random(in: 1...4, using: &random)
      add(.targets(network), rate: rate, count: count, random: &random)
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      let target = targets.randomElement(using: &random)!
      let count = [30, 300].randomElement(using: &random)!
      add(.askers(target), rate: 600, count: count, random: &random)
    }
  }

  // MARK: - Gateways

  func routes(
    of attachments: [Gateway.Attachment], random: inout SeededGenerator
  ) -> RouteTable {
    var table = RouteTable()
    let names = attachments.map(\.interface.name)
    for attachment in attachments {
      guard let link = attachment.link else { continue }
      let way = RouteTable.Way.onLink(attachment.interface.name)
      table.entries.append(.init(prefix: Self.network(of: link), way: way))
    }
    table.entries.append(.init(prefix: IPv6Prefix("::/0")!, way: .gateway(names[0])))
    let ways: [RouteTable.Way] =
      names.flatMap { [.onLink($0), .onLink($0), .gateway($0)] } + [.unreachable, .local]
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let address = stations.randomElement(using: &random)!.addresses.last!.address
      let length = [80, 96, 112, 128].randomElement(using: &random)!
      table.entries.append(
        .init(
          prefix: IPv6Prefix(address, length: length), way: ways.randomElement(using: &random)!))
    }
    return table
  }

  private mutating func makeGateways(random: inout SeededGenerator) {
    let below = Array(links.indices.dropFirst())
    var limits = Limits()
    if topology != .hostile, Int.random(in: 0..<4, using: &random) == 0 {
      limits.sessions = [24, 48, 200].randomElement(using: &random)!
      limits.solicitationsPerSecond = [100, 200].randomElement(using: &random)!
      limits.askersPerSession = [4, 8].randomElement(using: &random)!
      limits.advertisementsPerSecond = [100, nil].randomElement(using: &random)!
      limits.routeLookupsPerSecond = [200, 5000].randomElement(using: &random)!
    }
    // So few that an attacker's share of the host routes is soon used up.
    if topology == .hostile, Bool.random(using: &random) { limits.sessions = 512 }
    switch topology {
    case .single:
      add(GatewayPlan(links: [0] + below, proxies: [0]), limits, random: &random)
    case .hostile:
      add(GatewayPlan(links: [0, 1, 2], proxies: [0]), limits, random: &random)
    case .bothWays:
      add(GatewayPlan(links: [0, 1], proxies: [0, 1]), limits, random: &random)
    case .sharing:
      add(GatewayPlan(links: [0, 1, 2], proxies: [0, 1]), limits, random: &random)
    case .facing:
      add(GatewayPlan(links: [0, 1, 2], proxies: [0]), limits, random: &random)
      add(GatewayPlan(links: [0, 1, 2], proxies: [1]), limits, random: &random)
    case .parallel:
      add(GatewayPlan(links: [0, 1, 2], proxies: [0]), limits, random: &random)
      add(GatewayPlan(links: [0, 1, 2], proxies: [0]), limits, random: &random)
    case .chain:
      add(GatewayPlan(links: [0, 1], proxies: [0]), limits, random: &random)
      add(GatewayPlan(links: [1, 2], proxies: [1]), limits, random: &random)
    }
  }

  /// On which links a gateway is, and on which of them it listens.
  struct GatewayPlan {
    let links: [Int]
    let proxies: [Int]
  }

  private mutating func add(
    _ plan: GatewayPlan, _ limits: Limits, random: inout SeededGenerator
  ) {
    let number = gateways.count
    let attachments = attachments(of: plan, number: number, random: &random)
    let proxies = plan.proxies.map { link in
      topology == .hostile
        ? hostileProxy(on: "net\(link)", random: &random)
        : proxy(
          on: "net\(link)", askingOn: plan.links.filter { $0 != link }.map { "net\($0)" },
          isAlone: [.single, .bothWays, .sharing].contains(topology), random: &random)
    }
    let gateway = Gateway(
      number: number, ruleset: Ruleset(proxies: proxies), limits: limits,
      attachments: attachments,
      routes: topology == .hostile
        ? hostileRoutes(random: &random) : routes(of: attachments, random: &random),
      mutant: mutant)
    if topology == .hostile || Bool.random(using: &random) { gateway.kernel = KernelNeighbors() }
    gateway.memory.homeAddresses = attachments.map(\.interface.addresses)
    gateways.append(gateway)
  }
}
