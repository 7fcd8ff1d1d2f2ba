import Inspection
import LinuxNet
import LinuxSurvey
import NDPWire
import PlainText
package import ProxyConfig
import ProxyModel

/// The configuration that a host seems to need, with the reasons in comments.
package struct Proposal: Sendable {
  /// A configuration file; all of it comments where nothing can be proposed.
  package let text: String
  /// How many rules are proposed.
  package let ruleCount: Int

  /// The interface by which this host reaches the outside, which is towards the router.
  ///
  /// `nil` where there is none. The picture may be read for any configuration.
  package static func upstream(of picture: HostPicture) -> String? {
    guard case .route(let route)? = picture.decisions[.ownOutward], route.type == .unicast else {
      return nil
    }
    return route.interface.flatMap { picture.link(at: $0)?.link.name }
  }

  /// What to read the host for, before anything is proposed: all that is on the upstream link.
  package static func question(
    upstream: String, on picture: HostPicture
  ) -> Configuration {
    var configuration = Configuration()
    let index = picture.link(named: upstream)?.link.index ?? 0
    configuration.ruleset.proxies = [
      Ruleset.Proxy(
        interface: upstream,
        rules: picture.assumedPrefixes(of: index).map { .init(prefix: $0, method: .auto) })
    ]
    return configuration
  }

  /// Proposes a rule for each part of an on-link prefix that leads to somewhere else.
  ///
  /// `nil` where there is no such interface. Names of others stand in comments alone, and
  /// printable: nothing of a name becomes a line of the file. The picture is to be read for
  /// `question`.
  package init?(upstream: String, picture: HostPicture) {
    guard let link = picture.link(named: upstream) else { return nil }
    let survey = UpstreamSurvey(of: link, named: upstream, on: picture)
    var lines = [
      "# Proposed by 'ndpctl init --upstream \(upstream)' for this host as it is now.",
      "# Check it with 'ndpproxy --test-config', then 'ndpctl doctor'.",
    ]
    if let obstacle = survey.obstacle {
      ruleCount = 0
      lines += ["#"] + obstacle.map { $0.isEmpty ? "#" : "# \($0)" }
    } else {
      let rules = survey.rules
      ruleCount = rules.count
      lines += ["#", "# \(survey.linkWords)"]
      if rules.isEmpty {
        lines += survey.excuse.map { $0.isEmpty ? "#" : "# \($0)" }
      } else {
        lines += ["", "proxy \(upstream) {"]
        if rules.contains(where: \.needsHostRoutes) {
          lines += [
            "  # The same prefix is on both sides, so each member gets a route of its own.",
            "  # ndpproxy needs CAP_NET_ADMIN for that.", "  autowire yes", "",
          ]
        }
        for (place, rule) in rules.enumerated() {
          if place > 0 { lines.append("") }
          lines += rule.reasons.map { "  # \($0)" }
          lines += ["  rule \(rule.prefix) {", "    \(rule.method)", "  }"]
        }
        lines.append("}")
      }
    }
    text = lines.map(\.printable).joined(separator: "\n") + "\n"
  }
}

extension HostPicture {
  /// What is taken to be on the link of an interface: its prefixes without a gateway, and the /64
  /// of each of its own addresses, of which the provider may have given a part only.
  func assumedPrefixes(of index: Int32) -> [IPv6Prefix] {
    let onLink = onLinkPrefixes(of: index).filter { $0.length < 128 && !$0.isOutsideAll }
    let own = addresses(on: index).map(\.assigned.address).filter {
      !$0.isLinkLocal && !$0.isMulticast && !$0.isLoopback
    }
    var seen: Set<IPv6Prefix> = []
    let all =
      onLink.map { $0.length > 64 ? IPv6Prefix($0.address, length: 64) : $0 }
      + own.map { IPv6Prefix($0, length: 64) }
    let wide = all.filter { seen.insert($0).inserted }
    return wide.filter { one in !wide.contains { $0 != one && $0.contains(one) } }
  }
}

/// What is behind a host whose link towards the router is known.
private struct UpstreamSurvey {
  let link: DetailedLink
  let name: String
  let picture: HostPicture
  /// What is taken to be on the upstream link.
  let prefixes: [IPv6Prefix]

  init(of link: DetailedLink, named name: String, on picture: HostPicture) {
    self.link = link
    self.name = name
    self.picture = picture
    prefixes = picture.assumedPrefixes(of: link.link.index)
  }

  /// A rule to propose.
  struct Rule {
    let prefix: IPv6Prefix
    let method: String
    let reasons: [String]
    var needsHostRoutes = false
  }

  /// Why no proxy can be on the upstream interface, or none is needed; `nil` where one can.
  var obstacle: [String]? {
    let plan = InterfacePlan(
      Ruleset(proxies: [Ruleset.Proxy(interface: name, rules: [])]))
    switch plan.condition(of: name, in: HostTable(picture.links.map(\.link))) {
    case .enslaved(let master):
      return [
        "\(name) is a port of \(master), which receives its frames.",
        "Run 'ndpctl init --upstream \(master)' instead.",
      ]
    case .notEthernet, .noNeighbors:
      return [
        "\(name) has no Neighbor Discovery: on a tunnel, a modem or the loopback, packets are",
        "sent without solicitations. No proxy is needed there: what the provider routes to this",
        "host arrives, and only routes and forwarding are needed.",
      ]
    case .missing, .unmatched, .usable, .down, .taken, .failing: break
    }
    if !name.isPlainName {
      return ["A configuration cannot name it: rename it to letters and digits first."]
    }
    guard !prefixes.isEmpty else {
      return [
        "\(name) has no global address, and no route of this host shows a prefix on its link.",
        "So it is not known which addresses the router solicits there: give \(name) an address",
        "of the provider's prefix, or write the rules by hand.",
      ]
    }
    return nil
  }

  /// What is on the upstream link, and how that is known.
  var linkWords: String {
    let known = picture.onLinkPrefixes(of: link.link.index)
    let words = prefixes.map { prefix in
      known.contains(prefix) ? "\(prefix)" : "\(prefix) (assumed: the /64 of what is there)"
    }
    return "On the link of \(name): \(words.joined(separator: ", "))."
  }

  /// Interfaces that lead to the outside are no place for members.
  private var outward: Set<Int32> {
    let defaults = picture.routes.filter { $0.destination.isOutsideAll }.compactMap(\.interface)
    return Set(defaults + [link.link.index])
  }

  /// The rules for whatever of the upstream prefixes is elsewhere.
  var rules: [Rule] {
    var rules = inward + local + policies
    // A route for all of the prefix on the upstream link itself shows only by addresses elsewhere.
    if rules.isEmpty { rules = shared }
    return rules
  }

  /// Routes to other interfaces, the widest for each.
  private var inward: [Rule] {
    let candidates = picture.routes.filter { route in
      guard route.type == .unicast, let index = route.interface, !outward.contains(index) else {
        return false
      }
      return prefixes.contains { $0.contains(route.destination) } && leads(route, to: index)
    }
    let widest = candidates.filter { route in
      !candidates.contains {
        $0.interface == route.interface && $0.destination != route.destination
          && $0.destination.contains(route.destination)
      }
    }
    let byLink = Dictionary(grouping: widest, by: { $0.interface ?? 0 })
    var seen: Set<IPv6Prefix> = []
    return byLink.keys.sorted().flatMap { index -> [Rule] in
      let routes = byLink[index] ?? []
      if routes.count > Self.routesOfOneLink,
        let prefix = prefixes.first(where: { wide in
          routes.allSatisfy { wide.contains($0.destination) }
        })
      {
        guard seen.insert(prefix).inserted else { return [] }
        return [
          Rule(
            prefix: prefix, method: "auto",
            reasons: [
              "\(routes.count) routes lead to \(picture.name(of: index)); 'auto' answers for what "
                + "is routed there alone."
            ])
        ]
      }
      return routes.filter { seen.insert($0.destination).inserted }.map(rule)
    }
  }

  /// With more routes to one interface, one rule is for all of them.
  private static let routesOfOneLink = 16

  /// Whether the kernel goes by a route, as far as it was asked.
  private func leads(_ route: RouteEntry, to index: Int32) -> Bool {
    let address = route.destination.candidates.first { !picture.isOwn($0) }
    switch address.map({ picture.course(to: $0, enteringBy: link.link.index) }) {
    case .inside(let other)?: return other == index
    case .unknown?, nil:
      return !picture.onLinkPrefixes(of: link.link.index).contains(route.destination)
    default: return false
    }
  }

  private func rule(for route: RouteEntry) -> Rule {
    let name = picture.name(of: route.interface)
    let link = route.interface.flatMap { picture.link(at: $0) }
    let way = route.gateway.map { " by way of \($0)" } ?? ""
    let proof =
      route.gateway == nil && link?.link.hasNeighborDiscovery == true
      ? "members are solicited there" : "the route is enough"
    return Rule(
      prefix: route.destination, method: "auto",
      reasons: ["Routed to \(name)\(kind(of: link, name))\(way): \(proof)."])
  }

  private func kind(of link: DetailedLink?, _ name: String) -> String {
    if name.hasPrefix("zt") { return ", a ZeroTier network" }
    switch link?.kind {
    case "wireguard": return ", WireGuard"
    case "bridge": return ", a bridge"
    case "tun": return ", a tunnel"
    default: return ""
    }
  }

  /// Prefixes that are all this host's own (AnyIP).
  private var local: [Rule] {
    let routes = picture.routes.filter { route in
      route.type == .local && route.destination.length < 128
        && prefixes.contains { $0.contains(route.destination) }
    }
    return routes.map {
      Rule(
        prefix: $0.destination, method: "static",
        reasons: ["Served by this host itself: all of it is local."])
    }
  }

  /// Prefixes that IPsec policies take.
  private var policies: [Rule] {
    let found = ((try? picture.policies.get()) ?? []).filter { policy in
      policy.verdict == .transform && prefixes.contains { $0.contains(policy.destination) }
    }.map(\.destination)
    var seen: Set<IPv6Prefix> = []
    return found.filter { one in
      seen.insert(one).inserted && !found.contains { $0 != one && $0.contains(one) }
    }.map {
      Rule(
        prefix: $0, method: "static",
        reasons: ["Taken by an IPsec policy, which 'auto' does not see."])
    }
  }

  /// A prefix of the upstream link that another interface has an address of, and no route.
  private var shared: [Rule] {
    picture.links.filter { !outward.contains($0.link.index) && $0.link.name != "lo" }
      .flatMap { inner -> [Rule] in
        guard inner.link.hasNeighborDiscovery, inner.link.master == nil,
          inner.link.name.isPlainName
        else { return [] }
        let own = picture.addresses(on: inner.link.index).map(\.assigned)
        return prefixes.filter { prefix in
          own.contains { prefix.contains($0.address) && $0.prefixLength <= prefix.length }
        }.map {
          Rule(
            prefix: $0, method: "iface \(inner.link.name)",
            reasons: [
              "\(inner.link.name) has an address of the prefix: members are solicited there."
            ],
            needsHostRoutes: true)
        }
      }
  }

  /// Why nothing is proposed, and what would have to be there.
  var excuse: [String] {
    let others = picture.links.map(\.link).filter {
      !$0.goes(by: name) && $0.name != "lo" && $0.master == nil && !outward.contains($0.index)
    }.map(\.name)
    let elsewhere = picture.routes.filter { route in
      route.type == .unicast && route.destination.length > 3 && route.destination.length < 128
        && !route.destination.address.isLinkLocal && !route.destination.address.isMulticast
        && route.destination.address.bits >> 121 != 0x7e
        && others.contains(
          picture.name(of: route.interface))
    }
    var lines: [String] = []
    if let routed = elsewhere.first {
      lines += [
        "",
        "\(routed.destination) on \(picture.name(of: routed.interface)) is not in a prefix of that link: if the",
        "provider routes it to this host, no proxy is needed for it.",
      ]
    }
    lines += [
      "", "No part of that leads to another interface, so there is nothing to answer for.",
      "Other interfaces here: \(others.isEmpty ? "none" : others.listed).",
    ]
    guard let inside = others.first(where: { $0.hasPrefix("zt") }) ?? others.first,
      let base = prefixes.first(where: { $0.length == 64 }) ?? prefixes.first, base.length <= 80
    else { return lines }
    let part = IPv6Prefix(IPv6Address(bits: base.address.bits | 0xff << 48), length: 80)
    return lines + [
      "", "If the members are to have a part of it, route that part to them, such as", "",
      "  ip -6 route add \(part) dev \(inside)", "",
      "and run 'ndpctl init' again. If they have addresses of all of it, as behind a home router:",
      "", "  proxy \(name) {", "    autowire yes", "    rule \(base) {", "      iface \(inside)",
      "    }", "  }",
    ]
  }
}
