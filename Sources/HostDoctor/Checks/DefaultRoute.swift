import LinuxNet
import LinuxSurvey
import NDPWire

extension Check {
  static let defaultRouteChecks = [defaultRoute, gateway]

  private static let defaultRoute = Check(
    "D03", "default route", .defaultRoute,
    """
    Packets of the members and of this host to the outside need a route, and must leave through a \
    proxy interface. The kernel is queried for the route from an address of each rule to an \
    address outside, so policy rules, 2000::/3 and other tables are taken into account \
    (RTM_GETROUTE). An interface that forwards ignores router advertisements unless its own \
    accept_ra is 2, and loses at once the default route that they made. \
    net.ipv6.conf.all.accept_ra does not change existing interfaces. If systemd-networkd, \
    NetworkManager or dhcpcd handles advertisements itself, accept_ra is 0 and its own setting \
    applies. Read from IFLA_INET6_CONF.
    """
  ) { examination in
    guard !examination.proxyLinks.isEmpty else { return .skipped("no proxy interface exists") }
    let outward = examination.outwardWays
    guard !outward.isEmpty else { return .skipped("the kernel was not queried") }
    if outward.contains(where: { $0.link == nil }) {
      return .found([examination.noDefaultRoute])
    }
    if let foreign = outward.first(where: { !examination.isProxy($0.link ?? 0) }) {
      return .found([examination.foreignDefaultRoute(foreign)])
    }
    let doomed = examination.advertisedDefaultRoutes.compactMap { examination.doomed($0) }
    let links = outward.compactMap(\.link).map { examination.picture.name(of: $0) }
    return Verdict(doomed, good: "to the outside through \(Array(Set(links)).sorted().listed)")
  }

  private static let gateway = Check(
    "D27", "gateway", .defaultRoute,
    """
    The router of the default route must answer Neighbor Solicitations. Read from RTM_GETNEIGH: \
    FAILED or INCOMPLETE means that it did not.
    """
  ) { examination in
    let picture = examination.picture
    let routes = picture.defaultRoutes.filter { $0.gateway != nil }
    let known = routes.filter { route in
      picture.neighbors.contains {
        $0.address == route.gateway && $0.interface == route.interface
      }
    }
    guard !known.isEmpty else {
      return .notChecked("this host has not solicited a router recently")
    }
    let silent = known.filter { route in
      picture.neighbors.contains {
        $0.isUnanswered && $0.address == route.gateway && $0.interface == route.interface
      }
    }
    return Verdict(
      silent.map { examination.silentGateway($0) },
      good: "answered: \(known.compactMap { $0.gateway.map { "\($0)" } }.listed)")
  }
}

/// The way from a member, or from this host, to the outside.
struct OutwardWay {
  /// The address that sends; `nil` is this host's own choice.
  let source: IPv6Address?
  /// The rule that the address is of.
  let placed: PlacedRule?
  /// The interface that packets leave by; `nil` where there is none.
  let link: Int32?
  /// The table that decided.
  let table: UInt32?
}

extension Examination {
  /// The ways to the outside from a member on each way inward, or this host's where there is none.
  var outwardWays: [OutwardWay] {
    let asked = ways.compactMap { way -> (PlacedRule?, RouteQuestion)? in
      switch way.course {
      case .inside(let index): (way.placed, .outward(way.sample, enteringBy: index))
      case .own: (way.placed, .outward(way.sample, enteringBy: nil))
      default: nil
      }
    }
    let questions = asked.isEmpty ? [(nil, RouteQuestion.ownOutward)] : asked
    return questions.compactMap { placed, question in
      guard let decision = picture.decisions[question] else { return nil }
      var link: Int32?
      var table: UInt32?
      if case .route(let route) = decision, route.type == .unicast {
        (link, table) = (route.interface, route.table)
      }
      return OutwardWay(source: question.source, placed: placed, link: link, table: table)
    }
  }

  /// Default routes by a router advertisement on the proxy interfaces, in whatever table.
  fileprivate var advertisedDefaultRoutes: [RouteEntry] {
    picture.routes.filter {
      $0.destination.length == 0 && $0.isFromRouterAdvertisement && isProxy($0.interface ?? 0)
    }
  }

  fileprivate var noDefaultRoute: Finding {
    let deaf = proxyLinks.first {
      $0.settings?.acceptRouterAdvertisements == 1 && picture.forwarding.all
        && $0.settings?.forwarding != 0
    }
    if let link = deaf { return ignoredAdvertisements(on: link) }
    let fix = knownRouter()
    return Finding(
      .failure, "there is no default route",
      value: "\(RouteQuestion.outside): no route", from: "RTM_GETROUTE",
      meaning: "replies of the members have no route to the outside"
        + (fix == nil ? "; your provider can tell you the gateway's address" : ""), fix: fix)
  }

  /// A default route by a neighbor that has said to be a router.
  private func knownRouter() -> Fix? {
    guard let router = router else { return nil }
    let name = picture.name(of: router.interface)
    let command = Action.run([
      "ip", "-6", "route", "add", "default", "via", "\(router.address)", "dev", name,
    ])
    return Fix(
      [command],
      lasting: lasting(command, networkd: "[Route] Gateway=\(router.address)", on: name),
      scope: .route)
  }

  /// A neighbor on a proxy interface that has said to be a router.
  private var router: NeighborCacheEntry? {
    picture.neighbors.first { $0.isRouter && !$0.isUnanswered && isProxy($0.interface) }
  }

  private func ignoredAdvertisements(on link: DetailedLink) -> Finding {
    let name = link.link.name
    let accept = acceptance(on: link)
    // Until the next advertisement, which may be half an hour away.
    let bridge = router.flatMap { router in
      router.interface == link.link.index
        ? Action.run([
          "ip", "-6", "route", "add", "default", "via", "\(router.address)", "dev", name, "metric",
          "2048", "expires", "1800",
        ]) : nil
    }
    return Finding(
      .failure, "\(name) ignores router advertisements, and there is no default route",
      value: "\(variable("accept_ra", of: name)) = 1 while forwarding = 1",
      from: "IFLA_INET6_CONF in RTM_GETLINK",
      meaning:
        "replies of the members have no route to the outside; the next advertisement, within about "
        + "half an hour, restores the route" + allIsNoHelp(name),
      fix: bridge.map {
        Fix(accept.actions + [$0], lasting: accept.lasting, scope: .route)
      } ?? accept)
  }

  /// What a file says that people take for the remedy.
  private func allIsNoHelp(_ name: String) -> String {
    guard let all = picture.bootSettings.last("net.ipv6.conf.all.accept_ra") else { return "" }
    return "; \(all.variable) in \(all.place) does not change \(name)"
  }

  private func acceptance(on link: DetailedLink) -> Fix {
    let name = link.link.name
    let now = set(KernelVariable("accept_ra", of: name), to: "2")
    guard let file = picture.networkdFiles[link.link.index] else { return now }
    return Fix(
      now.actions, lasting: ["[Network] IPv6AcceptRA=yes in \(file)"], scope: .sysctl)
  }

  fileprivate func doomed(_ route: RouteEntry) -> Finding? {
    guard picture.forwarding.all, let index = route.interface,
      let link = picture.link(at: index), link.settings?.acceptRouterAdvertisements == 1,
      link.settings?.forwarding != 0
    else { return nil }
    let name = link.link.name
    return Finding(
      .warning, "\(name): the default route will expire",
      value: "\(variable("accept_ra", of: name)) = 1 while forwarding = 1",
      from: "IFLA_INET6_CONF in RTM_GETLINK",
      meaning: "a router advertisement made the route, and further advertisements are ignored"
        + allIsNoHelp(name), fix: acceptance(on: link))
  }

  fileprivate func foreignDefaultRoute(_ way: OutwardWay) -> Finding {
    let name = picture.name(of: way.link)
    let source = way.source.map { "packets from \($0)" } ?? "packets of this host"
    return Finding(
      .warning, "\(source) to the outside leave through \(name), which has no proxy",
      value: "\(RouteQuestion.outside): dev \(name) table \(way.table ?? mainTable)",
      from: "RTM_GETROUTE",
      meaning:
        "replies to packets from \(proxyLinks[0].link.name) leave through another interface, "
        + "which providers filter; route by source ('ip -6 rule') to send them back through "
        + "the same interface", fix: sourceRouting(for: way))
  }

  /// A default route for what a rule's members send alone, in a table of its own.
  ///
  /// All other routes count for them as before: the first rule leaves out only default routes.
  private func sourceRouting(for way: OutwardWay) -> Fix? {
    guard let placed = way.placed, let router, let link = picture.link(named: placed.proxy),
      router.interface == link.link.index
    else { return nil }
    let used = Set(picture.routes.map(\.table) + picture.policyRules.map(\.table))
    guard let table = (1064...1999).first(where: { !used.contains($0) }) else { return nil }
    let prefix = "\(placed.rule.prefix)"
    let actions = [
      [
        "route", "add", "default", "via", "\(router.address)", "dev", link.link.name, "table",
        "\(table)",
      ],
      [
        "rule", "add", "from", prefix, "lookup", "main", "suppress_prefixlength", "0", "pref",
        "1064",
      ],
      ["rule", "add", "from", prefix, "lookup", "\(table)", "pref", "1065"],
    ].map { Action.run(["ip", "-6"] + $0) }
    return Fix(
      actions,
      lasting: [
        .words(
          "systemd-networkd: [Route] Gateway=\(router.address) Table=\(table), and two "
            + "[RoutingPolicyRule] From=\(prefix), in the .network file of \(link.link.name)"),
        "ifupdown: the same commands behind 'up' below 'iface \(link.link.name) inet6'",
      ], scope: .route)
  }

  fileprivate func silentGateway(_ route: RouteEntry) -> Finding {
    let name = picture.name(of: route.interface)
    let address = route.gateway.map { "\($0)" } ?? ""
    return Finding(
      .warning, "the router \(address) does not answer on \(name)",
      value: "\(address) dev \(name) FAILED", from: "RTM_GETNEIGH",
      meaning:
        "check the address and the link; routers of some providers answer only solicitations "
        + "from a global address")
  }
}
