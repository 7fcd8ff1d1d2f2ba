import NDPWire
import ProxyEngine
import ProxyModel

// Whether what gateways answer for is there, and whether they answer for what is there.

extension Judge {
  /// An answer for a target needs a rule, a route or a sign of life that is not too old.
  func checkEvidence(
    for target: IPv6Address, _ coverage: Coverage, _ proxy: Ruleset.Proxy, from gateway: Gateway
  ) {
    if gateway.hasUsable(target) || coverage.isStatic { return }
    // Where too many routes were looked up, what was found before goes on to count.
    let recent =
      gateway.limits.routeLookupsPerSecond < 1000
      ? world.now - gateway.belief(of: proxy) : world.now
    if coverage.isAuto, gateway.routeProves(target, proxy: proxy, since: recent) { return }
    let word = words[TargetKey(gateway: gateway.number, target: target)]
    let isFresh = word?.firstHand.map { $0 + gateway.belief(of: proxy) >= world.now } ?? false
    // Where the address may belong to the other link, its hosts have 200 ms to object.
    let isJustSaid = word?.secondHand.map { $0 + .milliseconds(200) >= world.now } ?? false
    require(
      isFresh || isJustSaid, .evidence,
      "\(gateway.name) answers for \(target), of which nothing was heard for long")
    let bound = world.gateways.map(\.belief).max()! + slack
    let last = lastThere(target, gateway, proxy, coverage, without: [])
    require(
      last.map { $0 + bound >= world.now } ?? false, .evidence,
      "\(gateway.name) answers for \(target), last there at \(last?.seconds ?? "no time")")
  }

  /// When the target was last to be found on a link where this proxy asks.
  ///
  /// Directly, or because another gateway there answers for it.
  private func lastThere(
    _ target: IPv6Address, _ gateway: Gateway, _ proxy: Ruleset.Proxy, _ coverage: Coverage,
    without visited: [Int]
  ) -> Instant? {
    let links = gateway.linksAsked(
      for: target, proxy, coverage, since: world.now - (gateway.belief + slack))
    var found = links.compactMap { world.truth.lastAlive(target, on: $0, now: world.now) }
    let path = visited + [gateway.number]
    for other in world.gateways where !path.contains(other.number) {
      // What it said when it had other rules may still be under way.
      if other.disturbed + slack > world.now { return world.now }
      for attachment in other.attachments where attachment.link.map(links.contains) == true {
        guard let proxy = other.proxy(on: attachment.interface.name),
          let coverage = Coverage(of: target, by: proxy), !coverage.methods.isEmpty
        else { continue }
        if coverage.isStatic || coverage.isAuto || other.hasUsable(target) { return world.now }
        if let last = lastThere(target, other, proxy, coverage, without: path) {
          found.append(last)
        }
      }
    }
    return found.max()
  }
}

extension Gateway {
  /// Whether the way to the target is itself the proof that it is there.
  ///
  /// Now, or at some time since `since`.
  func routeProves(_ target: IPv6Address, proxy: Ruleset.Proxy, since: Instant) -> Bool {
    let own = attachment(named: proxy.interface)?.interface.index
    return tables(since: since).map { resolve($0.way(to: target)) }.contains {
      switch $0 {
      case .local, .anycast: true
      case .gateway(let index): index != own
      case .onLink(let index):
        index != own && attachment(index)?.interface.hasNeighborDiscovery == false
      case .unreachable: false
      }
    }
  }

  /// The links on which a proxy asks for a target, or did since some time.
  func linksAsked(
    for target: IPv6Address, _ proxy: Ruleset.Proxy, _ coverage: Coverage, since: Instant
  ) -> [Int] {
    let ways = tables(since: since).map { $0.way(to: target) }
    return attachments.filter {
      let name = $0.interface.name
      return name != proxy.interface
        && (coverage.names(name) || coverage.isAuto && ways.contains(.onLink(name)))
    }.compactMap(\.link)
  }
}
