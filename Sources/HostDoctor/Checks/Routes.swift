import Inspection
import LinuxNet
import NDPWire
import ProxyConfig
import ProxyModel

extension Check {
  static let routeChecks = [routeInside, competing, ownAddresses, onLink, tunnels, policy]

  private static let routeInside = Check(
    "D04", "route to the rule", .route,
    """
    What arrives for a rule's addresses must be routed to the members, and not back out of the \
    interface it came from. Some addresses of each rule are looked up as the kernel would \
    (RTM_GETROUTE). A route that says unreachable, blackhole or prohibit, as Docker and routing \
    daemons make them, covers whatever is shorter. With ZeroTier the route comes with a managed \
    route of the network; with WireGuard from AllowedIPs, if wg-quick sets it up.
    """
  ) { examination in
    guard !examination.rules.isEmpty else { return .skipped("no rules") }
    let found = examination.rules.compactMap { examination.missingRoute(of: $0) }
    let names = examination.insideLinks.map(\.link.name).joined(separator: ", ")
    return Verdict(found, good: "the rules' addresses are routed to \(names)")
  }

  private static let competing = Check(
    "D05", "competing routes", .route,
    """
    The same prefix is routed to a proxy interface and to another one. The lower metric wins, \
    and when that route goes away for a moment the traffic turns round. The classic case is a \
    /64 that router advertisements bring on both sides. Read from RTM_GETROUTE.
    """
  ) { examination in
    Verdict(examination.competingRoutes, good: "no prefix is routed to two sides")
  }

  private static let ownAddresses = Check(
    "D06", "local prefixes", .route,
    """
    Packets for addresses that this host takes for its own are not forwarded. A local route for \
    a whole prefix ('ip -6 route add local PREFIX dev lo', AnyIP) makes all of them so. Read \
    from RTM_GETROUTE, type local.
    """
  ) { examination in
    Verdict(examination.localPrefixes, good: "no rule is about addresses of this host alone")
  }

  private static let onLink = Check(
    "D07", "on-link prefix", .route,
    """
    A router asks on the link only for what it takes to be on that link. What this host has \
    there by its routes is the best guess at it. A rule outside all of that is most likely a \
    typing error. Where the interface has only a /128, or the provider's gateway is outside the \
    prefix, this cannot be told. Read from RTM_GETROUTE: routes without a gateway.
    """
  ) { examination in
    let found = examination.rules.compactMap { examination.outsideLink($0) }
    let isKnown = examination.proxyLinks.contains {
      examination.picture.onLinkPrefixes(of: $0.link.index).contains { $0.length < 128 }
    }
    guard isKnown else {
      return .skipped("no prefix is on a proxy interface's link as far as this host knows")
    }
    return Verdict(found, good: "the rules' prefixes are on the proxy interfaces' links")
  }

  private static let tunnels = Check(
    "D23", "tunnels", .route,
    """
    Nobody can be asked on an interface without Neighbor Discovery: WireGuard, tun, ppp. There \
    the route is all there is to go by: 'auto' answers for what is routed there, 'static' for \
    everything. With WireGuard, the addresses must be among the peer's AllowedIPs too. Read \
    from IFF_NOARP, IFF_POINTOPOINT and the type in RTM_GETLINK.
    """
  ) { examination in
    let names = examination.plan.names.filter {
      examination.plan.condition(of: $0, in: examination.table) == .noNeighbors
    }
    return Verdict(
      names.map { examination.tunnel($0) }, good: "wherever a rule asks, neighbours can be asked")
  }

  private static let policy = Check(
    "D48", "policy rules", .route,
    """
    Rules of 'ip -6 rule' may send packets by other tables than main, according to where they \
    come from. The lookups here, and those of 'auto', go by destination alone. Read from \
    RTM_GETRULE.
    """
  ) { examination in
    let rules = examination.picture.policyRules
    guard let first = rules.first else { return .good("only the kernel's own") }
    return .found([
      Finding(
        .note, "there are \(rules.count) policy rules",
        value: "priority \(first.priority) table \(first.table)", from: "RTM_GETRULE",
        meaning: "what is said here about routes holds only where they do not lead elsewhere")
    ])
  }
}

extension Examination {
  fileprivate func missingRoute(of placed: PlacedRule) -> Finding? {
    // A route for what nobody will ask for would not help.
    guard outsideLink(placed) == nil else { return nil }
    var outside: [IPv6Address] = []
    var refused: [IPv6Address] = []
    var insideCount = 0
    for sample in samples(of: placed) {
      switch picture.lookups[sample] {
      case .onLink(let index), .gateway(let index):
        if picture.name(of: index) == placed.proxy {
          outside.append(sample)
        } else {
          insideCount += 1
        }
      case .unreachable: refused.append(sample)
      case .local, .anycast, nil: continue
      }
    }
    if let sample = refused.first { return refusedRoute(of: placed, sample) }
    let isPartlyInside = insideCount > 0 || hasLongerRoute(inside: placed)
    guard let sample = outside.first, !isPartlyInside || placed.rule.method == .static else {
      return nil
    }
    return outsideRoute(of: placed, sample, isPart: isPartlyInside)
  }

  /// Whether a part of the rule is routed to another interface, as with `rule …/64 { auto }`.
  private func hasLongerRoute(inside placed: PlacedRule) -> Bool {
    picture.routes.contains { route in
      route.type == .unicast && route.table == mainTable
        && placed.rule.prefix.contains(route.destination)
        && route.interface.map { picture.name(of: $0) != placed.proxy } == true
    }
  }

  private func refusedRoute(of placed: PlacedRule, _ sample: IPv6Address) -> Finding {
    let covering = picture.routes.filter {
      $0.type.isRefusal && $0.destination.contains(sample)
    }.max { $0.destination.length < $1.destination.length }
    guard let route = covering else {
      return Finding(
        .failure, "\(placed.description): no route", value: "\(sample): unreachable",
        from: "RTM_GETROUTE", meaning: "what arrives for the members is dropped",
        fix: addRoute(for: placed))
    }
    let words = "\(route.type.rawValue) \(route.destination)"
    let table = route.table == mainTable ? [] : ["table", "\(route.table)"]
    return Finding(
      .failure, "\(placed.description): a route says '\(route.type.rawValue)'",
      value: "\(sample): \(words) metric \(route.metric)", from: "RTM_GETROUTE",
      meaning: "what arrives for these addresses is dropped; Docker and routing daemons make "
        + "such routes",
      fix: Fix(
        [
          .run(
            [
              "ip", "-6", "route", "del", route.type.rawValue, "\(route.destination)", "metric",
              "\(route.metric)",
            ] + table)
        ],
        lasting: ["whoever made the route has to be told: Docker, BIRD, FRR, systemd-networkd"]))
  }

  private func outsideRoute(
    of placed: PlacedRule, _ sample: IPv6Address, isPart: Bool
  ) -> Finding {
    Finding(
      isPart ? .warning : .failure,
      isPart
        ? "\(placed.description): a part is routed back out of \(placed.proxy)"
        : "\(placed.description): no route leads to the members",
      value: "\(sample): dev \(placed.proxy)", from: "RTM_GETROUTE",
      meaning: isPart
        ? "'static' answers for that part too, although nobody inside has it"
        : "what arrives goes back where it came from", fix: isPart ? nil : addRoute(for: placed))
  }

  private func addRoute(for placed: PlacedRule) -> Fix? {
    guard let name = insideName(of: placed) else { return nil }
    let command = Action.run(["ip", "-6", "route", "add", "\(placed.rule.prefix)", "dev", name])
    return Fix(
      [command],
      lasting: [
        "ZeroTier: a managed route for \(placed.rule.prefix) in the network's settings",
        "WireGuard: AllowedIPs of the peers, with wg-quick",
      ] + lasting(command, networkd: "[Route] Destination=\(placed.rule.prefix)", on: name))
  }

  fileprivate var competingRoutes: [Finding] {
    let concerned = picture.routes.filter { route in
      route.type == .unicast && route.table == mainTable && route.destination.length > 0
        && !route.destination.address.isLinkLocal && !route.destination.address.isMulticast
        && rules.contains { $0.rule.prefix.overlaps(route.destination) }
    }
    return concerned.filter { isProxy($0.interface ?? 0) }.compactMap { outward in
      let other = concerned.first {
        $0.destination == outward.destination && !isProxy($0.interface ?? 0)
      }
      return other.map { competition(outward, $0) }
    }
  }

  private func competition(_ outward: RouteEntry, _ inward: RouteEntry) -> Finding {
    let words = { (route: RouteEntry) in
      "dev \(picture.name(of: route.interface)) metric \(route.metric)"
    }
    return Finding(
      .warning, "\(outward.destination) is routed to two sides",
      value: "\(words(outward)); \(words(inward))", from: "RTM_GETROUTE",
      meaning: "the lower metric wins, and the traffic turns round when that route goes",
      fix: Fix(
        [
          .run([
            "ip", "-6", "route", "del", "\(outward.destination)", "dev",
            picture.name(of: outward.interface), "metric", "\(outward.metric)",
          ])
        ],
        lasting: [
          .words(
            "give the inside a longer prefix, or the address on "
              + "\(picture.name(of: outward.interface)) 'noprefixroute'")
        ]))
  }

  fileprivate var localPrefixes: [Finding] {
    let local = picture.routes.filter { route in
      route.type == .local && route.destination.length < 128
        && rules.contains { $0.rule.prefix.overlaps(route.destination) }
    }
    return local.map { route in
      let name = picture.name(of: route.interface)
      return Finding(
        .failure, "all of \(route.destination) is this host's own",
        value: "local \(route.destination) dev \(name)", from: "RTM_GETROUTE, table \(route.table)",
        meaning: "packets for these addresses end here and are not forwarded",
        fix: Fix(
          [
            .run([
              "ip", "-6", "route", "del", "local", "\(route.destination)", "dev", name, "table",
              "\(route.table)",
            ])
          ],
          lasting: ["take the route out of where it is made"]))
    }
  }

  fileprivate func outsideLink(_ placed: PlacedRule) -> Finding? {
    guard let link = picture.link(named: placed.proxy) else { return nil }
    let prefixes = picture.onLinkPrefixes(of: link.link.index).filter { $0.length < 128 }
    let isCovered = prefixes.contains { $0.overlaps(placed.rule.prefix) }
    guard let first = prefixes.first, !isCovered else { return nil }
    let shown = prefixes.prefix(4).map(\.description).joined(separator: ", ")
    return Finding(
      .failure, "\(placed.description) is not on the link of \(placed.proxy)",
      value: "on-link there: \(shown)", from: "RTM_GETROUTE",
      meaning: "nobody on \(placed.proxy) will ever ask for these addresses",
      fix: correction(of: placed, within: first))
  }

  /// The same prefix on the link that there is, if that is where the members are.
  private func correction(of placed: PlacedRule, within onLink: IPv6Prefix) -> Fix? {
    guard placed.rule.prefix.length > onLink.length else { return nil }
    let hostBits = placed.rule.prefix.address.bits & ~IPv6Prefix.mask(length: onLink.length)
    let meant = IPv6Prefix(
      IPv6Address(bits: onLink.address.bits | hostBits), length: placed.rule.prefix.length)
    let isInside = picture.routes.contains {
      $0.type == .unicast && $0.destination.length > 0 && !isProxy($0.interface ?? 0)
        && $0.destination.overlaps(meant)
    }
    guard isInside else { return nil }
    let place = Sed.place(of: "\(placed.rule.prefix)", after: "rule")
    return edit("s/\(place)/\\1\\2\(Sed.literal("\(meant)"))\\3/g")
  }

  fileprivate func tunnel(_ name: String) -> Finding {
    Finding(
      .failure, "a rule asks on \(name), which has no Neighbor Discovery",
      value: "\(picture.link(named: name)?.kind ?? "NOARP or POINTOPOINT")", from: "RTM_GETLINK",
      meaning: "nobody can be asked there, so that nothing is answered; 'auto' goes by the route",
      fix: edit("s/\(Sed.place(of: name, after: "iface"))/auto\\3/g"))
  }
}
