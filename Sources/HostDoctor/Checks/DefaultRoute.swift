import LinuxNet
import LinuxSurvey
import NDPWire

extension Check {
  static let defaultRouteChecks = [defaultRoute, gateway]

  private static let defaultRoute = Check(
    "D03", "default route", .defaultRoute,
    """
    An interface that forwards ignores router advertisements unless its own accept_ra is 2, and \
    forgets in the same moment the default route that they made. net.ipv6.conf.all.accept_ra \
    does not change interfaces that exist. Where systemd-networkd, NetworkManager or dhcpcd \
    listens to advertisements itself, accept_ra is 0 and their own switch counts. Read from \
    RTM_GETROUTE and IFLA_INET6_CONF.
    """
  ) { examination in
    let picture = examination.picture
    guard !examination.proxyLinks.isEmpty else { return .skipped("no proxy interface is there") }
    guard let route = picture.defaultRoutes.first else {
      return .found([examination.noDefaultRoute])
    }
    let outward = picture.defaultRoutes.filter { examination.isProxy($0.interface ?? 0) }
    guard let best = outward.first else {
      return .found([examination.foreignDefaultRoute(route)])
    }
    let doomed = outward.compactMap { examination.doomed($0) }
    let way = best.gateway.map { "via \($0) " } ?? ""
    return Verdict(doomed, good: "default \(way)dev \(picture.name(of: best.interface))")
  }

  private static let gateway = Check(
    "D27", "gateway", .defaultRoute,
    """
    The router of the default route must answer Neighbor Solicitations. Read from RTM_GETNEIGH: \
    an entry that is FAILED or INCOMPLETE means that it did not.
    """
  ) { examination in
    let picture = examination.picture
    let silent = picture.defaultRoutes.filter { route in
      picture.neighbors.contains {
        $0.isUnanswered && $0.address == route.gateway && $0.interface == route.interface
      }
    }
    return Verdict(
      silent.map { examination.silentGateway($0) }, good: "no router has failed to answer")
  }
}

extension Examination {
  fileprivate var noDefaultRoute: Finding {
    let deaf = proxyLinks.first {
      $0.settings?.acceptRouterAdvertisements == 1 && picture.forwarding.all
        && $0.settings?.forwarding != 0
    }
    if let link = deaf { return ignoredAdvertisements(on: link) }
    let fix = knownRouter(replacing: false)
    return Finding(
      .failure, "there is no default route", value: "no route for ::/0", from: "RTM_GETROUTE",
      meaning: "answers of the members find no way out"
        + (fix == nil ? "; ask your provider for the gateway's address" : ""), fix: fix)
  }

  /// A default route by a neighbour that has said to be a router.
  private func knownRouter(replacing: Bool) -> Fix? {
    let router = picture.neighbors.first { $0.isRouter && isProxy($0.interface) }
    guard let router else { return nil }
    let name = picture.name(of: router.interface)
    let command = Action.run([
      "ip", "-6", "route", replacing ? "replace" : "add", "default", "via", "\(router.address)",
      "dev", name,
    ])
    return Fix(
      [command],
      lasting: lasting(command, networkd: "[Route] Gateway=\(router.address)", on: name))
  }

  private func ignoredAdvertisements(on link: DetailedLink) -> Finding {
    let name = link.link.name
    return Finding(
      .failure, "\(name) ignores router advertisements, and there is no default route",
      value: "\(variable("accept_ra", of: name)) = 1 while forwarding = 1",
      from: "IFLA_INET6_CONF in RTM_GETLINK",
      meaning: "answers of the members find no way out; "
        + "the next advertisement brings the route back" + allIsNoHelp(name),
      fix: acceptance(on: link))
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
    guard route.isFromRouterAdvertisement, picture.forwarding.all, let index = route.interface,
      let link = picture.link(at: index), link.settings?.acceptRouterAdvertisements == 1,
      link.settings?.forwarding != 0
    else { return nil }
    let name = link.link.name
    return Finding(
      .warning, "\(name): the default route will run out",
      value: "\(variable("accept_ra", of: name)) = 1 while forwarding = 1",
      from: "IFLA_INET6_CONF in RTM_GETLINK",
      meaning: "a router advertisement made the route, and no other is listened to"
        + allIsNoHelp(name), fix: acceptance(on: link))
  }

  fileprivate func foreignDefaultRoute(_ route: RouteEntry) -> Finding {
    let name = picture.name(of: route.interface)
    return Finding(
      .warning, "the default route leaves by \(name), where no proxy is",
      value: "default \(route.gateway.map { "via \($0) " } ?? "")dev \(name)",
      from: "RTM_GETROUTE",
      meaning: "what arrives on \(proxyLinks[0].link.name) is answered another way, "
        + "which providers filter; it may be meant so where policy rules choose the way",
      fix: knownRouter(replacing: true))
  }

  fileprivate func silentGateway(_ route: RouteEntry) -> Finding {
    let name = picture.name(of: route.interface)
    let address = route.gateway.map { "\($0)" } ?? ""
    return Finding(
      .warning, "the router \(address) does not answer on \(name)",
      value: "\(address) dev \(name) FAILED", from: "RTM_GETNEIGH",
      meaning: "is the address right, and is the link? Some providers' routers answer only who "
        + "asks from a global address")
  }
}
