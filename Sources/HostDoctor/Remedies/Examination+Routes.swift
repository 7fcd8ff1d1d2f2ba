import LinuxNet
import LinuxSurvey
import NDPWire
import ProxyModel

// What to do about routes, and about rules for prefixes that are elsewhere.

extension Examination {
  /// Has a rule's addresses routed to its members, in the way that the kernel then goes by.
  func routeFix(for placed: PlacedRule, _ way: RuleWay) -> Fix? {
    guard let name = insideName(of: placed) else {
      let names = insideCandidates.map(\.link.name)
      guard !names.isEmpty else { return nil }
      return Fix(
        obstacle: "on which of \(names.listed) the members are is not known here: "
          + "ip -6 route add \(placed.rule.prefix) dev INTERFACE")
    }
    let proxy = picture.link(named: placed.proxy)?.link.index ?? 0
    let shared = picture.onLinkPrefixes(of: proxy).filter {
      placed.rule.prefix.contains($0) && $0.length < 128
    }
    guard shared.isEmpty else { return autowireFix(for: placed, name) }
    let plain = ["ip", "-6", "route", "add", "\(placed.rule.prefix)", "dev", name]
    // A route to the wrong side may be there already, with a metric that wins.
    for words in [plain, plain + ["metric", "1"]] {
      let command = Action.run(words)
      let course = picture.after([command]).course(to: way.sample, enteringBy: proxy)
      if case .inside = course { return route(by: command, for: placed, name) }
      if course == .unknown || !picture.policyRules.isEmpty {
        return route(by: command, for: placed, name)
      }
    }
    return nil
  }

  private func route(by command: Action, for placed: PlacedRule, _ name: String) -> Fix {
    let kind = picture.link(named: name)?.kind
    var advice: [Advice] = []
    if name.hasPrefix("zt") {
      advice.append(
        .words("ZeroTier: a managed route for \(placed.rule.prefix) in the network's settings"))
    } else if kind == "wireguard" {
      advice.append("WireGuard: AllowedIPs of the peers, with wg-quick")
    }
    return Fix(
      [command],
      lasting: advice
        + lasting(command, networkd: "[Route] Destination=\(placed.rule.prefix)", on: name),
      scope: .route)
  }

  /// Has the daemon make a route to each member: one for all would cut off the link itself.
  private func autowireFix(for placed: PlacedRule, _ name: String) -> Fix {
    guard placed.proxy.isPlainName, name.isPlainName else { return Fix(obstacle: Passage.nameless) }
    let proxy = Sed.place(of: placed.proxy, after: "proxy")
    var edits = ["/\(proxy)/{:a;/{/!{N;ba;};s/{/{\\n  autowire yes/;}"]
    if case .interface = placed.rule.method {
    } else {
      edits.append(Sed.methodChange(of: placed.rule.prefix, to: "iface \(name)"))
    }
    if let fix = elsewhere(edits) { return fix }
    let actions = edits.map { Action.run(["sed", "-i", $0, path]) }
    let advice: Advice = .words(
      "the edit of the file is permanent; 'ndpproxy --test-config' checks it")
    if let daemon = daemons.first, !daemon.has(capability: HostProcess.netAdmin) {
      return picture.hasSystemd
        ? Fix(actions + Self.autowirePrivilege, lasting: [advice])
        : Fix(
          actions,
          lasting: [
            advice,
            .words(
              "restart ndpproxy: as long as it runs, it lacks the privilege to add routes "
                + "(CAP_NET_ADMIN)"),
          ])
    }
    return Fix(actions + reload, lasting: [advice])
  }

  /// Has systemd start the daemon with the privilege that 'autowire' needs.
  static var autowirePrivilege: [Action] {
    let directory = "/etc/systemd/system/ndpproxy.service.d"
    return [
      .run(["mkdir", "-p", directory]),
      .write(
        lines: [
          "[Service]", "AmbientCapabilities=CAP_NET_ADMIN", "CapabilityBoundingSet=CAP_NET_ADMIN",
        ], to: "\(directory)/autowire.conf"),
      .run(["systemctl", "daemon-reload"]), .run(["systemctl", "restart", "ndpproxy"]),
    ]
  }

  /// What is on the link of an interface as far as this host knows: prefixes, and the /64 of each
  /// global address.
  func linkPrefixes(of index: Int32) -> [IPv6Prefix] {
    let own = picture.addresses(on: index).map(\.assigned.address).filter {
      !$0.isLinkLocal && !$0.isMulticast
    }
    return picture.onLinkPrefixes(of: index).filter { $0.length < 128 }
      + own.map { IPv6Prefix($0, length: 64) }
  }

  /// A rule in another /64 than all that is on the proxy interface's link.
  func outsideLink(_ placed: PlacedRule) -> Finding? {
    guard let link = picture.link(named: placed.proxy),
      picture.daemon?.askedRules.contains("\(placed.rule.prefix) \(placed.proxy)") != true
    else { return nil }
    let prefixes = linkPrefixes(of: link.link.index)
    let wide = prefixes.map { $0.length > 64 ? IPv6Prefix($0.address, length: 64) : $0 }
    guard let first = prefixes.first, !wide.contains(where: { $0.overlaps(placed.rule.prefix) })
    else { return nil }
    return Finding(
      .warning, about: placed.description, "not in a prefix of the link of \(placed.proxy)",
      value: "on-link there: \(Array(Set(prefixes)).map(\.description).sorted().listed)",
      from: "RTM_GETROUTE, RTM_GETADDR",
      meaning:
        "unless the router treats the prefix as on-link, it will not solicit these addresses on "
        + "\(placed.proxy)", fix: correction(of: placed, within: first))
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
    // Members that are reached by the prefix as it is written are no typing error.
    guard isInside, !ways(of: placed).contains(where: \.leadsSomewhere) else { return nil }
    let place = Sed.place(of: "\(placed.rule.prefix)", after: "rule")
    return edit("s/\(place)/\\1\\2\(Sed.literal("\(meant)"))\\3/g")
  }
}
