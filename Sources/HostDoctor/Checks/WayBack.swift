import LinuxNet
import LinuxSurvey
import NDPWire

extension Check {
  static let wayBackChecks = [reversePath, unicastProbes, mtu, neighborCache]

  private static let reversePath = Check(
    "D13", "reverse path", .wayBack,
    """
    A reverse path filter drops packets that arrive on another interface than the one through \
    which replies would leave (fib saddr . iif oif missing drop; -m rpfilter; firewalld's \
    IPv6_rpfilter). It does no harm while the default route leaves through the proxy interface. \
    Read from rules with the expression fib in prerouting chains, by NETLINK_NETFILTER.
    """
  ) { examination in
    examination.firewallVerdict(good: "no reverse path filter drops packets from outside") {
      examination.reversePathFindings($0.ruleset)
    }
  }

  private static let unicastProbes = Check(
    "D16", "unicast probes", .wayBack,
    """
    From time to time, a router sends a unicast solicitation to check whether an address is still \
    reachable. ndpproxy answers it. But the kernel receives the solicitation as well, tries to \
    forward it, and sends the router an ICMPv6 error (beyond scope of source address). Most \
    routers ignore the error. With the kernel path of ndpproxy, the kernel does not receive these \
    solicitations. Otherwise, the fix is a rule in a table of its own at prerouting, which drops \
    them for the kernel; ndpproxy receives them before that. Solicitations for addresses of this \
    host, and for addresses that a rule excludes, are left to the kernel. Read from \
    NETLINK_NETFILTER.
    """
  ) { examination in
    examination.firewallVerdict(good: "the kernel does not answer them") {
      examination.loudProbes($0)
    }
  }

  private static let mtu = Check(
    "D29", "packet size", .wayBack,
    """
    If the MTU towards the members is smaller than the MTU outside (WireGuard 1420), this host \
    sends ICMPv6 Packet Too Big to the senders of larger packets. If that message is dropped, \
    large packets are lost. Read from IFLA_MTU; such a message is evaluated by the output chains \
    as in D10.
    """
  ) { examination in
    examination.firewallVerdict(good: "large packets pass, or their senders receive an error") {
      examination.lostErrors($0)
    }
  }

  private static let neighborCache = Check(
    "D44", "neighbor cache", .wayBack,
    """
    The kernel keeps entries for at most gc_thresh3 neighbors, of all network namespaces together. \
    At the limit, it cannot reach new neighbors. Only the initial network namespace can change the \
    limit, so in a container this is only a note. Read from RTM_GETNEIGHTBL.
    """
  ) { examination in
    guard let load = examination.picture.neighborCache else {
      return .skipped("the kernel does not report it")
    }
    guard load.entries * 10 >= load.limit * 9 else {
      return .good("\(load.entries) of \(load.limit) entries")
    }
    return .found([
      Finding(
        load.isAdjustable ? .warning : .note, "the neighbor cache is nearly full",
        value: "\(load.entries) of \(load.limit) entries", from: "RTM_GETNEIGHTBL",
        meaning: "at the limit, the kernel cannot reach new neighbors"
          + (load.isAdjustable
            ? ""
            : "; the limit is for the whole machine: raise gc_thresh3 outside of this container"),
        fix: load.isAdjustable
          ? examination.set(
            KernelVariable("net.ipv6.neigh.default.gc_thresh3"), to: "\(load.limit * 8)") : nil)
    ])
  }
}

extension Examination {
  fileprivate func reversePathFindings(_ ruleset: NetfilterRuleset) -> [Finding] {
    // The filter looks up the way back with source and destination exchanged.
    let questions = ways.filter(\.leadsSomewhere).map {
      RouteQuestion.outward($0.sample, enteringBy: nil)
    }
    let decisions = (questions.isEmpty ? [.ownOutward] : questions).compactMap {
      picture.decisions[$0]
    }
    let elsewhere = decisions.compactMap { decision -> RouteEntry? in
      guard case .route(let route) = decision, route.type == .unicast else { return nil }
      return isProxy(route.interface ?? 0) ? nil : route
    }
    guard let back = elsewhere.first else { return [] }
    let chains = ruleset.chains.filter {
      [.inet, .ip6].contains($0.family) && $0.hook?.number == 0
    }
    return chains.flatMap { chain in
      chain.rules.filter { rule in
        rule.asksForWayBack && rule.expressions.contains(.verdict(.drop))
      }.map { rule in
        Finding(
          .failure, "a reverse path filter drops packets from outside",
          value: "\(chain.words): rule with handle \(rule.handle)", from: "NETLINK_NETFILTER",
          meaning: "replies to them would leave through "
            + "\(picture.name(of: back.interface)), as the default route does",
          fix: chain.change(
            "delete", ["handle \(rule.handle)"],
            lasting: [
              "firewalld: IPv6_rpfilter=loose in /etc/firewalld/firewalld.conf",
              "nftables: remove the rule from /etc/nftables.conf",
            ]))
      }
    }
  }

  fileprivate func loudProbes(_ firewall: Firewall) -> [Finding] {
    let quiet = picture.daemon?.kernelPathInterfaces ?? []
    let loud = passages.filter {
      if quiet.contains($0.outside.name) {
        false
      } else if case .passes = firewall.fate(of: $0.unicastSolicitation, at: .prerouting) {
        true
      } else {
        false
      }
    }
    guard let first = loud.first else { return [] }
    let isThere = firewall.ruleset.chains.contains { $0.table == "ndpproxy" && $0.family == .ip6 }
    return [
      Finding(
        .note, "the kernel also answers the router's unicast solicitations, with an error",
        value: "no rule drops them at prerouting on \(first.outside.name)",
        from: "NETLINK_NETFILTER", meaning: "most routers ignore the error",
        fix: quietening(of: loud, isThere))
    ]
  }

  /// Rules of our own that drop the router's unicast probes before the kernel sees them.
  private func quietening(of loud: [Passage], _ hasTable: Bool) -> Fix {
    let table: [Action] = [
      .run(["nft", "add", "table", "ip6", "ndpproxy"]),
      .run([
        "nft", "add", "chain", "ip6", "ndpproxy", "pre",
        "{ type filter hook prerouting priority raw; }",
      ]),
    ]
    let rules = loud.filter(\.outside.name.isPlainName).prefix(16).map { passage in
      let rule = passage.placed.rule
      let excluded =
        rule.excluded.isEmpty
        ? "" : " ip6 daddr != { \(rule.excluded.map(\.description).joined(separator: ", ")) }"
      // What the routing table takes for this host's own, the kernel has to answer for; it asks
      // about link-local addresses on one link alone.
      return Action.run([
        "nft", "add", "rule", "ip6", "ndpproxy", "pre",
        "iifname \"\(passage.outside.name)\" ip6 daddr \(rule.prefix)\(excluded) "
          + "ip6 daddr != fe80::/10 fib daddr type unicast icmpv6 type nd-neighbor-solicit drop",
      ])
    }
    guard !rules.isEmpty else { return Fix(obstacle: Passage.nameless) }
    return Fix(
      (hasTable ? [] : table) + rules.uniqued, lasting: ["add the same to /etc/nftables.conf"],
      scope: .ownTable)
  }

  fileprivate func lostErrors(_ firewall: Firewall) -> [Finding] {
    var seen: Set<String> = []
    return passages.compactMap { passage in
      guard let outer = picture.link(at: passage.outside.index),
        let inner = picture.link(at: passage.inside.index), inner.mtu < outer.mtu,
        seen.insert(inner.link.name).inserted
      else { return nil }
      let source = picture.addresses(on: outer.link.index).map(\.assigned.address)
        .first { !$0.isLinkLocal }
      let error = TestPacket(
        type: ICMPv6.packetTooBig, from: source ?? passage.member,
        to: RouteQuestion.outside
      ).leaving(outer.link.name, outer.link.index).with(.new)
      guard let site = firewall.fate(of: error, at: .output, .postrouting).drop else { return nil }
      return Finding(
        .warning, "large packets to \(inner.link.name) are lost",
        value: "MTU \(inner.mtu) behind \(outer.mtu); \(site.words)",
        from: "IFLA_MTU, NETLINK_NETFILTER",
        meaning: "the packet filter drops the error messages for their senders",
        fix: acceptance(of: "icmpv6 type packet-too-big", at: site, firewall))
    }
  }
}

extension NetfilterRule {
  /// Whether it looks up a route for a packet's source.
  fileprivate var asksForWayBack: Bool {
    expressions.contains {
      switch $0 {
      case .routeLookup, .wayBack: true
      default: false
      }
    }
  }
}

extension [Action] {
  /// Each once, in their order.
  fileprivate var uniqued: [Action] {
    var seen: Set<Action> = []
    return filter { seen.insert($0).inserted }
  }
}
