import LinuxSurvey
import NDPWire

extension Check {
  static let firewallChecks = [forwardFilter, docker, legacy, neighborDiscovery, ingress]

  private static let forwardFilter = Check(
    "D10", "forward filter", .firewall,
    """
    The packet filter must let pass what is forwarded, both ways. An echo request and the \
    beginning of a TCP connection to a rule's address, and the same from there outward, are \
    taken through the chains of nf_tables as the kernel would take them, those of ip6tables-nft \
    included: prerouting, forward, postrouting. A rule whose match is not known here, such as a \
    rate, is taken either way. A filter that lets only answers in is not called broken. Read \
    from NETLINK_NETFILTER, which is root's to read.
    """
  ) { examination in
    examination.firewallVerdict(good: "lets the members' traffic pass both ways") {
      examination.forwardFindings($0).filter { $0.code == "D10" }.map(\.finding)
    }
  }

  private static let docker = Check(
    "D11", "Docker", .firewall,
    """
    Since version 27 Docker has the forward chain of ip6tables drop what no rule lets pass. Its \
    chain DOCKER-USER comes first and is left alone by Docker: accept there. Read as D10.
    """
  ) { examination in
    examination.firewallVerdict(good: "Docker does not drop it") {
      examination.forwardFindings($0).filter { $0.code == "D11" }.map(\.finding)
    }
  }

  private static let legacy = Check(
    "D12", "legacy tables", .firewall,
    """
    ip6tables-legacy keeps rules beside those of nf_tables, and a packet must pass both. Of them \
    only the chain FORWARD of the table filter is read, and of that only the policy and the number \
    of rules: 'ip6tables-legacy-save' shows all. Read from /proc/net/ip6_tables_names and with \
    getsockopt(IP6T_SO_GET_ENTRIES).
    """
  ) { examination in
    switch examination.picture.hasLegacyTables {
    case nil: return .skipped("needs root")
    case false?: return .good("none")
    case true?: return .found([examination.legacyFinding])
    }
  }

  private static let neighborDiscovery = Check(
    "D14", "ICMPv6", .firewall,
    """
    Neighbor Solicitations and Advertisements (ICMPv6 types 135 and 136) must pass input and \
    output: the kernel itself asks for the members' link-layer addresses before it forwards to \
    them, and the router asks for this host's. ndpproxy's own questions and answers pass by \
    these chains. Four messages for each interface are taken through the chains as in D10.
    """
  ) { examination in
    examination.firewallVerdict(good: "lets Neighbor Discovery in and out") {
      examination.neighborDiscoveryFindings($0)
    }
  }

  private static let ingress = Check(
    "D15", "ingress filter", .firewall,
    """
    A chain of the family netdev at the ingress hook drops frames before ndpproxy sees them, one \
    at egress drops its answers. A solicitation to a group, as routers ask first, one to this \
    host by unicast, as they ask whether a neighbour is still there, and an advertisement are \
    taken through these chains. Filters of tc are not looked at.
    """
  ) { examination in
    examination.firewallVerdict(good: "no frame is dropped at the interface") {
      examination.ingressFindings($0)
    }
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

  /// A host somewhere outside, and an address of each rule, with the interfaces between them.
  var passages: [Passage] {
    var seen: Set<String> = []
    return rules.compactMap { placed in
      guard let outside = picture.link(named: placed.proxy),
        let sample = samples(of: placed).first,
        let name = inside(of: placed), let inside = picture.link(named: name),
        seen.insert("\(placed.proxy) \(name) \(placed.rule.prefix)").inserted
      else { return nil }
      return Passage(placed: placed, outside: outside.link, inside: inside.link, member: sample)
    }
  }

  private func inside(of placed: PlacedRule) -> String? {
    for sample in samples(of: placed) {
      if let index = picture.lookups[sample]?.interface, picture.name(of: index) != placed.proxy {
        return picture.name(of: index)
      }
    }
    return insideName(of: placed)
  }

  /// Findings about forwarding, with the code of the check that they belong to.
  fileprivate func forwardFindings(_ firewall: Firewall) -> [(code: String, finding: Finding)] {
    var sites: Set<String> = []
    return passages.compactMap { passage in
      let inward = firewall.dropOnTheWay(passage.inward)
      let outward = firewall.dropOnTheWay(passage.outward)
      let answers = firewall.dropOnTheWay(passage.inward.map { $0.with(.established) })
      guard let site = outward ?? inward, sites.insert(site.words + passage.inside.name).inserted
      else { return nil }
      let isDocker = site.chain.isDockers(in: firewall.ruleset)
      let code = isDocker ? "D11" : "D10"
      if outward == nil, answers == nil { return (code, onlyAnswers(passage, at: site)) }
      let direction =
        outward == nil
        ? "to the members" : inward == nil ? "from the members" : "to and from the members"
      return (
        code,
        Finding(
          .failure, "the packet filter drops what is forwarded \(direction)", value: site.words,
          from: "NETLINK_NETFILTER",
          meaning: isDocker
            ? "Docker has it so since version 27; its chain DOCKER-USER is for exceptions"
            : "answers go out, but no traffic passes", fix: passage.opening(at: site, isDocker))
      )
    }
  }

  fileprivate var legacyFinding: Finding {
    guard let chain = picture.legacyForward, chain.dropsByDefault else {
      return Finding(
        .warning, "ip6tables-legacy has rules of its own", value: "not empty",
        from: "/proc/net/ip6_tables_names",
        meaning: "they are not looked at here; see 'ip6tables-legacy-save', and have one of the "
          + "two packet filters alone")
    }
    guard chain.ruleCount == 0 else {
      return Finding(
        .warning, "ip6tables-legacy drops what its rules do not accept",
        value: "FORWARD: policy DROP, \(chain.ruleCount) rules", from: "IP6T_SO_GET_ENTRIES",
        meaning: "the rules are not looked at here; see 'ip6tables-legacy -L FORWARD -v', whether "
          + "they accept the members' traffic")
    }
    return Finding(
      .failure, "ip6tables-legacy drops all that is forwarded", value: "FORWARD: policy DROP",
      from: "IP6T_SO_GET_ENTRIES", meaning: "answers go out, but no traffic passes",
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
      lasting: ["have whatever loads these rules at boot load them too, e.g. netfilter-persistent"])
  }

  private func onlyAnswers(_ passage: Passage, at site: DropSite) -> Finding {
    Finding(
      .note, "the members can be reached only by answers to what they began", value: site.words,
      from: "NETLINK_NETFILTER",
      meaning: "what they begin themselves works; it may be meant so")
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
        guard let site = fate.drop else { continue }
        let direction = isIncoming ? "coming in on" : "going out on"
        return Finding(
          .failure, "the packet filter drops \(message) \(direction) \(link.name)",
          value: site.words, from: "NETLINK_NETFILTER",
          meaning: isProxy(link.index)
            ? "the router and this host cannot find each other"
            : "the kernel cannot find the members that it is to forward to",
          fix: site.acceptance(of: "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }"))
      }
      return nil
    }
  }

  fileprivate func ingressFindings(_ firewall: Firewall) -> [Finding] {
    var sites: Set<String> = []
    return passages.flatMap { passage -> [Finding] in
      passage.frames.compactMap { what, packet, isLeaving in
        let fate = firewall.fate(
          ofFrame: packet, on: passage.outside.name, isLeaving: isLeaving)
        guard let site = fate.drop, sites.insert(site.words + what).inserted else { return nil }
        return Finding(
          .failure, "\(passage.outside.name) drops \(what)", value: site.words,
          from: "NETLINK_NETFILTER",
          meaning: isLeaving
            ? "the answers never leave" : "ndpproxy never sees them, although tcpdump does",
          fix: site.acceptance(
            of: isLeaving
              ? "icmpv6 type nd-neighbor-advert" : "icmpv6 type nd-neighbor-solicit"))
      }
    }
  }
}

extension NetfilterChain {
  /// Inserts or deletes rules of the chain, each in the language of nft(8).
  ///
  /// The kernel lets tables and chains have names that would be more than a name there.
  func change(_ verb: String, _ rules: [String], lasting: [Advice]) -> Fix {
    guard table.isPlainName, name.isPlainName else {
      return Fix(
        obstacle: "no command can be given, for nft(8) cannot name this chain: change it where the "
          + "chain is made")
    }
    return Fix(
      rules.map { .run(["nft", verb, "rule", family.name, table, name, $0]) }, lasting: lasting)
  }

  /// Whether it is in the table that Docker has taken over.
  fileprivate func isDockers(in ruleset: NetfilterRuleset) -> Bool {
    ruleset.chain("DOCKER-USER", beside: self) != nil
  }
}

extension DropSite {
  /// A rule in front of all others of the chain at the hook.
  func acceptance(of match: String) -> Fix {
    base.change("insert", ["\(match) accept"], lasting: Self.lasting)
  }

  /// Where firewalls keep what is loaded at boot.
  static let lasting: [Advice] = [
    "nftables: the same rule in /etc/nftables.conf",
    "iptables-nft: netfilter-persistent save; firewalld, ufw: in their own configuration",
  ]
}
