import LinuxNet
import LinuxSurvey
import NDPWire
import ProxyModel

extension Check {
  static let firewallChecks = [forwardFilter, docker, legacy, neighborDiscovery, ingress, unread]

  private static let forwardFilter = Check(
    "D10", "forward filter", .firewall,
    """
    The packet filter must accept forwarded packets in both directions. The test packets are an \
    echo request and the first packet of a TCP connection to an address of the rule, and the same \
    in the other direction. They are evaluated by the chains of nf_tables as in the kernel, \
    including those of ip6tables-nft: prerouting, forward, postrouting. If a rule has a match that \
    is not known here, such as a rate, both results are followed, and a note names the rule if the \
    result depends on it. A filter that accepts only replies from outside is not reported as a \
    failure. If the addresses of the rules are this host's own, nothing is forwarded. Read from \
    NETLINK_NETFILTER, which requires root.
    """
  ) { examination in
    examination.firewallVerdict(good: examination.passageWords) {
      examination.forwardFindings($0).filter { $0.code == "D10" }.map(\.finding)
    }
  }

  private static let docker = Check(
    "D11", "Docker", .firewall,
    """
    Docker with IPv6 lets the forward chain of ip6tables drop every packet that no rule accepts: \
    before version 27 always, since then if it enabled forwarding itself. If there is a chain \
    DOCKER-USER, it is evaluated first, and Docker does not change it: accept packets there. Read \
    as D10.
    """
  ) { examination in
    examination.firewallVerdict(good: "no chain of Docker drops packets from or to the members") {
      examination.forwardFindings($0).filter { $0.code == "D11" }.map(\.finding)
    }
  }

  private static let legacy = Check(
    "D12", "legacy tables", .firewall,
    """
    ip6tables-legacy has rules of its own beside those of nf_tables, and both must accept a \
    packet. Only the chain FORWARD of the table filter is read, and of that only the policy and \
    the number of rules: 'ip6tables-legacy-save' shows all of them. Read from \
    /proc/net/ip6_tables_names and with getsockopt(IP6T_SO_GET_ENTRIES).
    """
  ) { examination in
    switch examination.picture.hasLegacyTables {
    case nil: return .skipped("needs root")
    case false?: return .good("ip6tables-legacy has no rules")
    case true?: return .found([examination.legacyFinding])
    }
  }

  private static let neighborDiscovery = Check(
    "D14", "ICMPv6", .firewall,
    """
    The packet filter must accept Neighbor Solicitations and Advertisements (ICMPv6 types 135 and \
    136) at input and output. The kernel itself solicits the members' link-layer addresses before \
    it forwards to them, and the router solicits that of this host. Packets of ndpproxy itself do \
    not pass these chains. Four messages for each interface are evaluated by the chains as in D10.
    """
  ) { examination in
    examination.firewallVerdict(good: examination.discoveryWords) {
      examination.neighborDiscoveryFindings($0)
    }
  }

  private static let ingress = Check(
    "D15", "ingress filter", .firewall,
    """
    A chain of the family netdev at the ingress hook drops frames before ndpproxy receives them. A \
    chain at egress drops its answers. A chain of the family inet at ingress does the same. The \
    test packets are a multicast solicitation, as routers send it first, a unicast solicitation to \
    this host, as they send it to check whether a neighbor is still reachable, and an \
    advertisement. The kernel path receives frames before these chains, so they do not drop what \
    it answers. D17 names what else may drop frames there.
    """
  ) { examination in
    examination.firewallVerdict(good: "no chain of nf_tables drops frames at ingress or egress") {
      examination.ingressFindings($0)
    }
  }

  private static let unread = Check(
    "D17", "unread filters", .firewall,
    """
    Some filters may drop packets and cannot be evaluated here: filters of tc(8), XDP programs and \
    programs attached by tcx on these interfaces, chains of the family bridge, and \
    br_netfilter, which sends bridged frames through ip6tables. This check names those that exist; \
    programs of tcx only for root. eBPF programs that are attached to cgroups are not found. Read \
    from RTM_GETLINK, RTM_GETTFILTER, BPF_PROG_QUERY, NETLINK_NETFILTER and \
    net.bridge.bridge-nf-call-ip6tables.
    """
  ) { examination in
    Verdict(examination.unreadFilters, good: "there is no tc filter, eBPF program or bridge filter")
  }
}

extension Examination {
  func firewallVerdict(good: String, _ find: (Firewall) -> [Finding]) -> Verdict {
    guard !rules.isEmpty else { return .skipped("no rules") }
    switch picture.firewall {
    case .failure(let error): return .skipped(error.skipped)
    case .success(let ruleset): return Verdict(find(Firewall(ruleset: ruleset)), good: good)
    }
  }

  /// A host somewhere outside, and a member on each way of each rule, with the interfaces between
  /// them.
  var passages: [Passage] {
    var seen: Set<String> = []
    return rules.flatMap { placed -> [Passage] in
      guard let outside = picture.link(named: placed.proxy)?.link else { return [] }
      let ways = ways(of: placed)
      let found = ways.compactMap { way -> Passage? in
        let inside =
          way.course == .transformed
          ? outside : way.inside.flatMap { picture.link(at: $0)?.link }
        return inside.map {
          Passage(
            placed: placed, outside: outside, inside: $0, member: way.sample,
            wayOut: wayOut(from: way.sample))
        }
      }
      guard found.isEmpty, !isServedHere(placed), let sample = ways.first?.sample,
        let name = insideName(of: placed), let inside = picture.link(named: name)?.link
      else {
        return found.filter {
          seen.insert("\(placed.proxy) \($0.inside.index) \(placed.rule.prefix)").inserted
        }
      }
      return [Passage(placed: placed, outside: outside, inside: inside, member: sample)]
    }
  }

  /// The interface by which this host reaches the outside for a member.
  private func wayOut(from member: IPv6Address) -> Int32 {
    guard case .route(let route)? = picture.decisions[.outward(member, enteringBy: nil)],
      route.type == .unicast
    else { return 0 }
    return route.interface ?? 0
  }

  /// On which interfaces Neighbor Discovery was taken through the packet filter.
  fileprivate var discoveryWords: String {
    let links = (proxyLinks + insideLinks).map(\.link).filter(\.hasNeighborDiscovery)
    return "Neighbor Discovery passes in and out: \(Array(Set(links.map(\.name))).sorted().listed)"
  }

  /// Which ways packets were taken through the packet filter.
  fileprivate var passageWords: String {
    let pairs = passages.map { "\($0.outside.name) and \($0.inside.name)" }
    guard !pairs.isEmpty else { return "nothing is forwarded" }
    return "passes both ways: \(Array(Set(pairs)).sorted().listed)" + extent
  }

  /// Findings about forwarding, with the code of the check that they belong to.
  ///
  /// What one place in the packet filter does to several rules is one finding.
  fileprivate func forwardFindings(_ firewall: Firewall) -> [(code: String, finding: Finding)] {
    var order: [String] = []
    var blocked: [String: (block: Blockade, passages: [Passage])] = [:]
    for passage in passages {
      guard let block = Blockade(of: passage, by: firewall) else { continue }
      let key = "\(block.site.words) \(passage.inside.name) \(block.extent)"
      if blocked[key] == nil { order.append(key) }
      blocked[key, default: (block, [])].passages.append(passage)
    }
    return order.compactMap { blocked[$0] }.map { block, passages in
      let isDocker = picture.keeper(of: block.site.base, in: firewall.ruleset) == .docker
      return (isDocker ? "D11" : "D10", finding(of: block, on: passages, firewall))
    }
  }

  private func finding(
    of block: Blockade, on passages: [Passage], _ firewall: Firewall
  ) -> Finding {
    let rules = passages.map(\.placed.description).listed
    switch block.extent {
    case .unknown:
      return .uncertain(
        about: rules, "a rule that cannot be evaluated may drop forwarded packets",
        value: block.site.words, from: "NETLINK_NETFILTER",
        meaning: "it uses a rate, a program or another match that is not known here")
    case .onlyNew:
      return Finding(
        .note, about: rules, "the members can be reached only by replies to their own packets",
        value: block.site.words, from: "NETLINK_NETFILTER",
        meaning: "connections that they start work; this may be intended")
    case .inward, .outward, .both:
      let direction =
        switch block.extent {
        case .inward: "to the members"
        case .outward: "from the members"
        default: "to and from the members"
        }
      return Finding(
        .failure, about: rules, "the packet filter drops forwarded packets \(direction)",
        value: block.site.words, from: "NETLINK_NETFILTER",
        meaning: picture.keeper(of: block.site.base, in: firewall.ruleset) == .docker
          ? "Docker drops forwarded packets that are not for its containers"
          : "solicitations are answered, but no traffic passes",
        fix: opening(for: passages, at: block.site, firewall))
    }
  }

  /// What shows a filter.
  private func command(for filter: TrafficFilter) -> String {
    let name = picture.name(of: filter.interface)
    return switch filter.kind {
    case .ingress: "'tc filter show dev \(name) ingress'"
    case .egress: "'tc filter show dev \(name) egress'"
    case .expressDataPath, .tcxIngress, .tcxEgress: "'bpftool net'"
    }
  }

  fileprivate var unreadFilters: [Finding] {
    var found = picture.trafficFilters.map { filter in
      Finding.uncertain(
        about: picture.name(of: filter.interface), "\(filter.kind.rawValue) may drop packets",
        value: filter.kind.rawValue, from: "RTM_GETTFILTER, RTM_GETLINK, BPF_PROG_QUERY",
        meaning: "they are not evaluated here; see \(command(for: filter))")
    }
    let bridges = involvedLinks.filter { $0.kind == "bridge" }.map(\.link.name)
    guard !bridges.isEmpty else { return found }
    let ruleset = try? picture.firewall.get()
    if let chain = ruleset?.chains.first(where: { $0.family == .bridge && $0.hook != nil }) {
      found.append(
        .uncertain(
          about: bridges.listed, "chains of the family bridge may drop frames",
          value: chain.words, from: "NETLINK_NETFILTER",
          meaning: "they are not evaluated here; see 'nft list ruleset bridge'"))
    }
    if picture.filtersBridges {
      found.append(
        .uncertain(
          about: bridges.listed, "bridged frames pass through ip6tables, too",
          value: "net.bridge.bridge-nf-call-ip6tables = 1", from: "/proc/sys",
          meaning: "a rule for routed packets may drop frames between guests, "
            + "solicitations among them"))
    }
    return found
  }

  fileprivate var legacyFinding: Finding {
    guard let chain = picture.legacyForward, chain.dropsByDefault else {
      return Finding(
        .warning, "ip6tables-legacy has rules of its own", value: "not empty",
        from: "/proc/net/ip6_tables_names",
        meaning: "they are not read here; see 'ip6tables-legacy-save', and use only one of the "
          + "two packet filters")
    }
    guard chain.ruleCount == 0 else {
      return Finding(
        .warning, "ip6tables-legacy drops packets that its rules do not accept",
        value: "FORWARD: policy DROP, \(chain.ruleCount) rules", from: "IP6T_SO_GET_ENTRIES",
        meaning: "the rules are not read here; check with 'ip6tables-legacy -L FORWARD -v' that "
          + "they accept the members' traffic")
    }
    return Finding(
      .failure, "ip6tables-legacy drops all forwarded packets", value: "FORWARD: policy DROP",
      from: "IP6T_SO_GET_ENTRIES", meaning: "solicitations are answered, but no traffic passes",
      fix: legacyOpening)
  }

  /// Accepts the members' traffic in the table that drops it, both ways.
  private var legacyOpening: Fix {
    let actions = passages.flatMap { passage in
      let prefix = "\(passage.placed.rule.prefix)"
      let (outside, inside) = (passage.outside.name, passage.inside.name)
      return [
        ["-i", outside, "-o", inside, "-d", prefix], ["-i", inside, "-o", outside, "-s", prefix],
      ].map { Action.run(["ip6tables-legacy", "-I", "FORWARD"] + $0 + ["-j", "ACCEPT"]) }
    }
    return Fix(
      actions,
      lasting: [
        "add the rules to those that are loaded at boot, for example by netfilter-persistent"
      ])
  }

  fileprivate func neighborDiscoveryFindings(_ firewall: Firewall) -> [Finding] {
    var seen: Set<String> = []
    let links = (proxyLinks + insideLinks).map(\.link).filter(\.hasNeighborDiscovery)
    return links.filter { seen.insert($0.name).inserted }.compactMap { link in
      let exchange = NeighborExchange(
        link, addresses: picture.addresses(on: link.index).map(\.assigned.address))
      for (message, packet, isIncoming) in exchange.messages {
        let fate =
          isIncoming
          ? firewall.fate(of: packet, at: .prerouting, .input)
          : firewall.fate(of: packet, at: .output, .postrouting)
        if let site = fate.doubt { return uncertain(message, on: link.name, at: site) }
        guard let site = fate.drop else { continue }
        let direction = isIncoming ? "coming in on" : "going out on"
        return Finding(
          .failure, "the packet filter drops \(message) \(direction) \(link.name)",
          value: site.words, from: "NETLINK_NETFILTER",
          meaning: isProxy(link.index)
            ? "the router and this host cannot resolve each other's address"
            : "the kernel cannot resolve the members' addresses to forward packets to them",
          fix: acceptance(
            of: "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }", at: site, firewall))
      }
      return nil
    }
  }

  private func uncertain(_ message: String, on name: String, at site: DropSite) -> Finding {
    .uncertain(
      about: name, "a rule that cannot be evaluated may drop \(message)",
      value: site.words, from: "NETLINK_NETFILTER",
      meaning: "it uses a rate, a program or another match that is not known here")
  }

  fileprivate func ingressFindings(_ firewall: Firewall) -> [Finding] {
    var sites: Set<String> = []
    let hasKernelPath = picture.daemon?.kernelPathInterfaces ?? []
    return passages.flatMap { passage -> [Finding] in
      passage.frames.compactMap { what, packet, isLeaving in
        let fate = firewall.fate(of: packet, at: isLeaving ? .egress : .ingress)
        if let site = fate.doubt, sites.insert(site.words + what).inserted {
          return uncertain(what, on: passage.outside.name, at: site)
        }
        guard let site = fate.drop, sites.insert(site.words + what).inserted else { return nil }
        let isKernels = hasKernelPath.contains(passage.outside.name)
        let isAllKernels = isKernels && (isLeaving || isStatic(passage.outside))
        return Finding(
          isAllKernels ? .warning : .failure, "\(passage.outside.name) drops \(what)",
          value: site.words, from: "NETLINK_NETFILTER",
          meaning: isLeaving
            ? isKernels
              ? "the answers of the kernel path are sent, but not those of ndpproxy"
              : "the answers are not sent"
            : isKernels
              ? "the kernel path answers before this chain; ndpproxy does not receive the others"
              : "ndpproxy does not receive them, although tcpdump shows them",
          fix: acceptance(
            of: isLeaving
              ? "icmpv6 type nd-neighbor-advert" : "icmpv6 type nd-neighbor-solicit", at: site,
            firewall))
      }
    }
  }
}

extension Examination {
  /// Whether all answers on an interface are given without a look at what is behind it.
  private func isStatic(_ outside: Link) -> Bool {
    rules.filter { picture.link(named: $0.proxy)?.link.index == outside.index }.allSatisfy {
      if case .static = $0.rule.method { true } else { false }
    }
  }
}

extension Finding {
  /// A note that something is there which is not judged here.
  fileprivate static func uncertain(
    about subject: String, _ gist: String, value: String, from source: String, meaning: String
  ) -> Finding {
    var finding = Finding(
      .note, about: subject, gist, value: value, from: source, meaning: meaning)
    finding.isUncertain = true
    return finding
  }
}
