import Inspection
import LinuxNet
import LinuxSurvey
import NDPWire
import ProxyConfig
import ProxyModel

extension Check {
  static let routeChecks = [routeInside, competing, ownAddresses, onLink, tunnels, policy]

  private static let routeInside = Check(
    "D04", "route to the rule", .route,
    """
    Packets for the addresses of a rule must be routed to the members, and not back through the \
    interface on which they arrived. The kernel is queried for the route of a packet from outside \
    that arrives on the proxy interface, for one address in each part into which routes and IPsec \
    policies divide the rule (RTM_GETROUTE with RTA_IIF, so policy rules and VRFs are taken into \
    account; NETLINK_XFRM). A part may lead to another interface, to this host itself (AnyIP), or \
    into an IPsec policy. Routes of the type unreachable, blackhole or prohibit, as Docker and \
    routing daemons create them, override all shorter routes. With ZeroTier, a managed route of \
    the network creates the route; with WireGuard, wg-quick creates it from AllowedIPs. If the \
    members have addresses of the proxy interface's own prefix, 'autowire' creates a route to each \
    of them.
    """
  ) { examination in
    guard !examination.rules.isEmpty else { return .skipped("no rules") }
    var found: [Finding] = []
    for placed in examination.rules {
      // Beyond that no command is offered.
      let needsFix = found.count < Verdict.trialLimit
      found += examination.routeFindings(of: placed, needsFix: needsFix)
    }
    guard examination.ways.contains(where: { $0.course != .unknown }) || !found.isEmpty else {
      return .skipped("no proxy interface exists")
    }
    return Verdict(found, good: examination.destinations)
  }

  private static let competing = Check(
    "D05", "competing routes", .route,
    """
    The same prefix has a route to a proxy interface and a route to another interface. The lower \
    metric wins, and if that route disappears for a moment, the traffic takes the other one. A \
    common case is a /64 that is advertised by routers on both sides. If the rule has 'autowire', \
    each member gets a longer route, so this causes no problem. Read from RTM_GETROUTE.
    """
  ) { examination in
    Verdict(examination.competingRoutes, good: "no prefix has routes to both sides")
  }

  private static let ownAddresses = Check(
    "D06", "local prefixes", .route,
    """
    Packets for this host's own addresses are not forwarded. A local route for a whole prefix ('ip \
    -6 route add local PREFIX dev lo', AnyIP) makes all its addresses this host's own. This is \
    intended if programs on this host use the addresses. It is a mistake if another route leads to \
    members in the same prefix. Read from RTM_GETROUTE, type local.
    """
  ) { examination in
    Verdict(examination.localPrefixes, good: "no rule covers only addresses of this host")
  }

  private static let onLink = Check(
    "D07", "on-link prefix", .route,
    """
    A router solicits only addresses that are on-link for it. This host's routes and addresses \
    only suggest which prefix that is: this host may use a longer prefix than the provider has on \
    the link. A rule in a /64 without an on-link route may be a typing error. Nothing is reported \
    if the daemon has received solicitations for the rule. Read from RTM_GETROUTE: routes without \
    a gateway, and RTM_GETADDR.
    """
  ) { examination in
    let found = examination.rules.compactMap { examination.outsideLink($0) }
    let isKnown = examination.proxyLinks.contains {
      !examination.linkPrefixes(of: $0.link.index).isEmpty
    }
    guard isKnown else {
      return .skipped("no global address or prefix is on a proxy interface")
    }
    return Verdict(found, good: "the rules are in prefixes of the proxy interfaces' links")
  }

  private static let tunnels = Check(
    "D23", "tunnels", .route,
    """
    No solicitations can be sent on an interface without Neighbor Discovery: WireGuard, tun, ppp. \
    There, only the route shows where a target is: 'auto' answers for targets that are routed to \
    the interface, 'static' for all. With WireGuard, the addresses must also be among the \
    AllowedIPs of the peer. Read from IFF_NOARP, IFF_POINTOPOINT and the type in RTM_GETLINK.
    """
  ) { examination in
    let names = examination.plan.names.filter {
      examination.plan.condition(of: $0, in: examination.table) == .noNeighbors
    }
    return Verdict(
      names.map { examination.tunnel($0) },
      good: "no rule solicits on an interface without Neighbor Discovery")
  }

  private static let policy = Check(
    "D48", "policy rules", .route,
    """
    Rules of 'ip -6 rule' may select other routing tables than main. The lookups of the other \
    checks follow rules that match interface, source or destination. A rule that matches a mark, a \
    protocol, a port or a user may give some packets another route than these checks report. Read \
    from RTM_GETRULE.
    """
  ) { examination in
    let rules = examination.picture.policyRules
    if rules.isEmpty { return .good("only the kernel's own") }
    guard let first = rules.first(where: \.isConditional) else {
      return .good("\(rules.count) more than the kernel's own, which the lookups follow")
    }
    return .found([
      Finding(
        .note, "policy rules match marks, protocols, ports or users",
        value: "priority \(first.priority) table \(first.table)", from: "RTM_GETRULE",
        meaning: "packets that they match may have other routes than reported here")
    ])
  }
}

extension Examination {
  /// Where the rules' addresses lead, in one sentence.
  fileprivate var destinations: String {
    let names = Set(ways.compactMap(\.inside)).sorted().map { picture.name(of: $0) }
    var parts = names.isEmpty ? [] : ["to \(names.listed)"]
    if ways.contains(where: { $0.course == .own }) { parts.append("to this host itself") }
    if ways.contains(where: { $0.course == .transformed }) { parts.append("into an IPsec policy") }
    let wired = rules.contains { placed in
      placed.makesRoutes && !ways(of: placed).contains(where: \.leadsSomewhere)
    }
    if wired { parts.append("to each member by 'autowire', once it has replied") }
    let count = ways.count == 1 ? "1 address" : "\(ways.count) addresses"
    return parts.joined(separator: ", ") + " (\(count) looked up)" + extent
  }

  fileprivate func routeFindings(of placed: PlacedRule, needsFix: Bool) -> [Finding] {
    let all = ways(of: placed)
    let leading = all.filter(\.leadsSomewhere)
    guard !leading.isEmpty else { return noWay(of: placed, all, needsFix).map { [$0] } ?? [] }
    if leading.allSatisfy({ $0.course == .transformed }), placed.rule.method == .auto {
      return [unseenPolicy(of: placed, leading[0])]
    }
    var found: [Finding] = []
    if let elsewhere = otherInterface(of: placed, leading) { found.append(elsewhere) }
    for way in all where !way.isRest {
      if case .refused(let type) = way.course { found.append(refused(way, type, isPart: true)) }
    }
    if placed.rule.method == .static,
      let rest = all.first(where: { $0.isRest && $0.course == .back })
    {
      let isRoaming = leading.allSatisfy { $0.course == .transformed }
      found.append(
        Finding(
          isRoaming ? .note : .warning, about: placed.description,
          "a part is routed back out of \(placed.proxy)",
          value: "\(rest.sample): dev \(placed.proxy)", from: "RTM_GETROUTE",
          meaning: "'static' answers for that part, too, although no member has these addresses"))
    }
    return found
  }

  /// What is the matter where no part of a rule leads anywhere.
  private func noWay(
    of placed: PlacedRule, _ all: [RuleWay], _ needsFix: Bool
  ) -> Finding? {
    for way in all {
      if case .refused(let type) = way.course { return refused(way, type, isPart: false) }
    }
    guard let way = all.first(where: { $0.isLost }) else { return nil }
    // With 'autowire' the daemon makes the routes itself.
    if placed.makesRoutes { return powerlessDaemon(placed, way) }
    // 'auto' is silent about what leads nowhere; the longer rules inside it are judged themselves.
    if placed.rule.method == .auto, !placed.longer.isEmpty { return nil }
    let unread = if case .failure = picture.policies { true } else { false }
    return Finding(
      .failure, about: placed.description, "no route leads to the members",
      value: "\(way.sample): \(lostWords(way).value)", from: "RTM_GETROUTE",
      meaning: lostWords(way).meaning
        + (unread ? "; IPsec policies were not read, which requires root" : ""),
      // A route for what nobody will ask for would not help.
      fix: needsFix
        ? outsideLink(placed)?.fix == nil ? routeFix(for: placed, way) : nil : Verdict.laterFix)
  }

  private func lostWords(_ way: RuleWay) -> (value: String, meaning: String) {
    switch way.course {
    case .back:
      (
        "dev \(way.placed.proxy)",
        "packets for the members leave through the interface on which they arrived"
      )
    case .onward(let index):
      (
        "dev \(picture.name(of: index)), by the default route",
        "packets for the members leave to the outside through another interface"
      )
    default: ("unreachable", "packets for the members are dropped")
    }
  }

  /// A daemon that may not make the routes that it is to make.
  private func powerlessDaemon(_ placed: PlacedRule, _ way: RuleWay) -> Finding? {
    guard let daemon = daemons.first, !daemon.has(capability: HostProcess.netAdmin) else {
      return nil
    }
    return Finding(
      .failure, about: placed.description, "'autowire' cannot give the members a route",
      value: "\(way.sample): dev \(placed.proxy); CapEff = "
        + String(daemon.capabilities, radix: 16),
      from: "RTM_GETROUTE, /proc/\(daemon.identifier)/status",
      meaning:
        "the daemon lacks CAP_NET_ADMIN, so packets for the members leave where they arrived",
      fix: picture.hasSystemd
        ? Fix(Self.autowirePrivilege, lasting: ["the drop-in is permanent"])
        : Fix(obstacle: "restart ndpproxy as root: it keeps that privilege if 'autowire' is on"))
  }

  private func unseenPolicy(of placed: PlacedRule, _ way: RuleWay) -> Finding {
    Finding(
      .failure, about: placed.description,
      "an IPsec policy takes the traffic, and 'auto' does not use IPsec policies",
      value: "\(way.sample): a policy of direction out", from: "NETLINK_XFRM",
      meaning: "'auto' uses only routes, so nothing is answered; 'static' answers",
      fix: edit(Sed.methodChange(of: placed.rule.prefix, to: "static")))
  }

  /// A rule that asks on one interface for what the kernel sends to another.
  private func otherInterface(of placed: PlacedRule, _ leading: [RuleWay]) -> Finding? {
    guard case .interface(let pattern) = placed.rule.method, !placed.makesRoutes else { return nil }
    let asked = Set(table.links(matching: pattern).map(\.index))
    let inside = leading.compactMap(\.inside)
    guard !asked.isEmpty, let other = inside.first, asked.isDisjoint(with: inside) else {
      return nil
    }
    let name = picture.name(of: other)
    return Finding(
      .failure, about: placed.description,
      "the rule solicits on \(pattern.text), but the kernel routes to \(name)",
      value: "\(leading[0].sample): dev \(name)", from: "RTM_GETROUTE",
      meaning:
        "members on \(pattern.text) are advertised, but receive no packets; route the prefix "
        + "to \(pattern.text), or change the rule to \(name)")
  }

  private func refused(_ way: RuleWay, _ type: String, isPart: Bool) -> Finding {
    let covering = picture.routes.filter {
      $0.type.rawValue == type && $0.destination.contains(way.sample)
    }.max { $0.destination.length < $1.destination.length }
    let words = covering.map { "\(type) \($0.destination) metric \($0.metric)" } ?? type
    let fix = covering.map { route in
      Fix(
        [
          .run(
            [
              "ip", "-6", "route", "del", type, "\(route.destination)", "metric", "\(route.metric)",
            ] + (route.table == mainTable ? [] : ["table", "\(route.table)"]))
        ],
        lasting: ["remove it from what created it: Docker, BIRD, FRR, systemd-networkd"])
    }
    return Finding(
      isPart ? .warning : .failure, about: way.placed.description,
      isPart ? "a route for a part of it has the type '\(type)'" : "a route has the type '\(type)'",
      value: "\(way.sample): \(words)", from: "RTM_GETROUTE",
      meaning: "packets for these addresses are dropped; Docker and routing daemons create "
        + "such routes", fix: fix)
  }

  fileprivate var competingRoutes: [Finding] {
    let concerned = picture.routes.filter { route in
      route.type == .unicast && route.table == mainTable && route.destination.length > 0
        && !route.destination.address.isLinkLocal && !route.destination.address.isMulticast
        && rules.contains { $0.rule.prefix.overlaps(route.destination) && !$0.makesRoutes }
    }
    // A host may have a quarter of a million routes.
    let proxies = Set(proxyLinks.map(\.link.index))
    var inward: [IPv6Prefix: RouteEntry] = [:]
    for route in concerned where !proxies.contains(route.interface ?? 0) {
      if inward[route.destination] == nil { inward[route.destination] = route }
    }
    return concerned.filter { proxies.contains($0.interface ?? 0) }.compactMap { outward in
      inward[outward.destination].map { competition(outward, $0) }
    }
  }

  private func competition(_ outward: RouteEntry, _ inward: RouteEntry) -> Finding {
    let words = { (route: RouteEntry) in
      "dev \(picture.name(of: route.interface)) metric \(route.metric)"
    }
    let name = picture.name(of: outward.interface)
    let advice: Advice = .words(
      "use a longer prefix inside, or set 'noprefixroute' for the address on \(name)")
    let deletion = Action.run([
      "ip", "-6", "route", "del", "\(outward.destination)", "dev", name, "metric",
      "\(outward.metric)",
    ])
    // What the kernel made for an address or an advertisement leads to this host's neighbors.
    let isMade = outward.isFromKernel || outward.isFromRouterAdvertisement
    return Finding(
      .warning, "\(outward.destination) has routes to both sides",
      value: "\(words(outward)); \(words(inward))", from: "RTM_GETROUTE",
      meaning: "the lower metric wins; if that route disappears, the traffic takes the other one",
      fix: isMade ? Fix(obstacle: advice.text) : Fix([deletion], lasting: [advice]))
  }

  fileprivate var localPrefixes: [Finding] {
    let local = picture.routes.filter { $0.type == .local && $0.destination.length < 128 }
    return local.compactMap { route in
      let concerned = rules.filter { $0.rule.prefix.overlaps(route.destination) }
      guard !concerned.isEmpty else { return nil }
      let hidden = picture.routes.first { other in
        other.type == .unicast && !isProxy(other.interface ?? 0)
          && route.destination.contains(other.destination)
          && concerned.contains { $0.rule.prefix.overlaps(other.destination) }
      }
      let asking = concerned.first { placed in
        if case .interface = placed.rule.method { isServedHere(placed) } else { false }
      }
      return hidden == nil && asking == nil ? servedHere(route) : hiddenMembers(route, hidden)
    }
  }

  private func servedHere(_ route: RouteEntry) -> Finding {
    Finding(
      .note, "all of \(route.destination) is served by this host itself",
      value: "local \(route.destination) dev \(picture.name(of: route.interface))",
      from: "RTM_GETROUTE, table \(route.table)",
      meaning: "programs on this host can use every address of it (AnyIP); nothing is forwarded")
  }

  private func hiddenMembers(_ route: RouteEntry, _ hidden: RouteEntry?) -> Finding {
    let name = picture.name(of: route.interface)
    return Finding(
      .failure, "all of \(route.destination) is this host's own",
      value: "local \(route.destination) dev \(name)", from: "RTM_GETROUTE, table \(route.table)",
      meaning: "packets for these addresses are delivered to this host and not forwarded"
        + (hidden.map { " to \(picture.name(of: $0.interface))" } ?? ""),
      fix: Fix(
        [
          .run([
            "ip", "-6", "route", "del", "local", "\(route.destination)", "dev", name, "table",
            "\(route.table)",
          ])
        ],
        lasting: ["remove the route where it is created"]))
  }

  fileprivate func tunnel(_ name: String) -> Finding {
    Finding(
      .failure, "a rule solicits on \(name), which has no Neighbor Discovery",
      value: "\(picture.link(named: name)?.kind ?? "NOARP or POINTOPOINT")", from: "RTM_GETLINK",
      meaning: "no solicitations can be sent there, so nothing is answered; 'auto' uses the route",
      fix: edit("s/\(Sed.place(of: name, after: "iface"))/auto\\3/g"))
  }
}

extension RuleWay {
  /// Whether it leads nowhere because no route leads to members.
  fileprivate var isLost: Bool {
    switch course {
    case .back, .onward, .nothing: true
    case .inside, .own, .transformed, .refused, .unknown: false
    }
  }
}
