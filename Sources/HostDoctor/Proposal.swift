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

  /// What to read the host for, before anything is proposed: all that is on the upstream link.
  package static func question(
    upstream: String, on picture: HostPicture
  ) -> Configuration {
    var configuration = Configuration()
    let index = picture.link(named: upstream)?.link.index ?? 0
    configuration.ruleset.proxies = [
      Ruleset.Proxy(
        interface: upstream,
        rules: picture.onLinkPrefixes(of: index).map { .init(prefix: $0, method: .auto) })
    ]
    return configuration
  }

  /// Proposes a rule for each part of an on-link prefix that is routed to somewhere else.
  ///
  /// `nil` where there is no such interface. Names of others stand in comments alone, and
  /// printable: nothing of a name becomes a line of the file. The picture is to be read for
  /// `question`.
  package init?(upstream: String, picture: HostPicture) {
    guard let link = picture.link(named: upstream) else { return nil }
    let onLink = picture.onLinkPrefixes(of: link.link.index).filter { $0.length < 128 }
    let inward = upstream.isPlainName ? Self.inward(from: link, onLink, picture) : []
    ruleCount = inward.count
    var lines = [
      "# Proposed by 'ndpctl init --upstream \(upstream)' for this host as it is now.",
      "# Check it with 'ndpproxy --test-config', then 'ndpctl doctor'.", "#",
      onLink.isEmpty
        ? "# No prefix is on the link of \(upstream), as far as this host's routes say."
        : "# On the link of \(upstream): \(onLink.map(\.description).joined(separator: ", ")).",
    ]
    if !upstream.isPlainName {
      lines += ["#", "# A configuration cannot name it: rename it to letters and digits first."]
    } else if inward.isEmpty {
      lines += Self.excuse(upstream, onLink, picture)
    } else {
      lines += ["", "proxy \(upstream) {"]
      for (place, route) in inward.enumerated() {
        if place > 0 { lines.append("") }
        lines += Self.rule(for: route, picture)
      }
      lines.append("}")
    }
    text = lines.map(\.printable).joined(separator: "\n") + "\n"
  }

  /// Routes to other interfaces for a part of what is on-link, the widest for each interface.
  private static func inward(
    from upstream: DetailedLink, _ onLink: [IPv6Prefix], _ picture: HostPicture
  ) -> [RouteEntry] {
    let candidates = picture.routes.filter { route in
      guard route.type == .unicast, route.table == mainTable, let index = route.interface else {
        return false
      }
      return index != upstream.link.index
        && onLink.contains { $0.contains(route.destination) && $0 != route.destination }
    }
    let widest = candidates.filter { route in
      !candidates.contains {
        $0.interface == route.interface && $0.destination != route.destination
          && $0.destination.contains(route.destination)
      }
    }
    var seen: Set<IPv6Prefix> = []
    return widest.filter { seen.insert($0.destination).inserted }
  }

  private static func rule(for route: RouteEntry, _ picture: HostPicture) -> [String] {
    let name = picture.name(of: route.interface)
    let link = route.interface.flatMap { picture.link(at: $0) }
    let way = route.gateway.map { " by way of \($0)" } ?? ""
    let proof =
      route.gateway == nil && link?.link.hasNeighborDiscovery == true
      ? "members are asked there" : "the route is the proof"
    return [
      "  # Routed to \(name)\(kind(of: link, name))\(way): \(proof).",
      "  rule \(route.destination) {", "    auto", "  }",
    ]
  }

  private static func kind(of link: DetailedLink?, _ name: String) -> String {
    if name.hasPrefix("zt") { return ", a ZeroTier network" }
    switch link?.kind {
    case "wireguard": return ", WireGuard"
    case "bridge": return ", a bridge"
    case "tun": return ", a tunnel"
    default: return ""
    }
  }

  /// Why nothing is proposed, and what would have to be there.
  private static func excuse(
    _ upstream: String, _ onLink: [IPv6Prefix], _ picture: HostPicture
  ) -> [String] {
    let others = picture.links.map(\.link).filter { !$0.goes(by: upstream) && $0.name != "lo" }
      .map(\.name)
    let inside = others.first { $0.hasPrefix("zt") } ?? others.first ?? "zt0"
    let base = onLink.first ?? IPv6Prefix("2001:db8:1::/64")!
    let part = IPv6Prefix(
      IPv6Address(bits: base.address.bits | 0xff << 48), length: max(80, base.length))
    return [
      "#", "# No part of that is routed to another interface, so there is nothing to answer for.",
      "# Other interfaces here: \(others.isEmpty ? "none" : others.joined(separator: ", ")).",
      "# Route a part of the prefix to the members, such as", "#",
      "#   ip -6 route add \(part) dev \(inside)", "#",
      "# and run 'ndpctl init' again, or write:", "#", "#   proxy \(upstream) {",
      "#     rule \(part) {", "#       auto", "#     }", "#   }",
    ]
  }
}
