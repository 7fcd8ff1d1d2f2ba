import LinuxSurvey
import NDPWire

// What to do about packet filters, in the way that lasts with whoever loads them.

extension Examination {
  /// Accepts what goes both ways of some passages that end behind one interface.
  ///
  /// Whatever is offered was tried on the chains as they are.
  func opening(for passages: [Passage], at site: DropSite, _ firewall: Firewall) -> Fix {
    guard passages.allSatisfy({ $0.inside.name.isPlainName && $0.outside.name.isPlainName }) else {
      return Fix(obstacle: Passage.nameless)
    }
    // After these, the next run shows the rest.
    let passages = Array(passages.prefix(8))
    let rules = passages.flatMap { $0.acceptances(at: site) }
    let keeper = picture.keeper(of: site.base, in: firewall.ruleset)
    if keeper == .ufw, let fix = Self.routeRules(for: passages, at: site, firewall) { return fix }
    if keeper == .firewalld, site.base.name == "filter_FORWARD" {
      return policies(for: passages, at: site, firewall)
    }
    if let fix = keeper.withIPv6 { return fix }
    var chain = site.base
    var lasting = keeper.advice(site)
    let forUsers = "DOCKER-USER"
    if keeper == .docker, firewall.opens(passages, at: site, by: rules, of: forUsers) {
      chain.name = forUsers
      lasting = ["the same at boot after Docker, which leaves DOCKER-USER alone"]
    }
    return chain.change("insert", rules.map(\.text), lasting: lasting)
  }

  /// A rule in front of all others of the chain at the hook.
  func acceptance(of match: String, at site: DropSite, _ firewall: Firewall) -> Fix {
    let keeper = picture.keeper(of: site.base, in: firewall.ruleset)
    guard !firewall.ruleset.isOwned(site.base) else { return Fix(obstacle: Self.owned) }
    return keeper.withIPv6
      ?? site.base.change("insert", ["\(match) accept"], lasting: keeper.advice(site))
  }

  private static let owned =
    "only firewalld can change its table: accept the packets in the zone of the interface"

  /// Route rules of ufw: they are there at once, after a reload, and at boot.
  ///
  /// `nil` where the packets are dropped before these rules.
  private static func routeRules(
    for passages: [Passage], at site: DropSite, _ firewall: Firewall
  ) -> Fix? {
    let rules = passages.flatMap { $0.acceptances(at: site) }
    let works = { (place: RulePlace) in
      firewall.opens(passages, at: site, by: rules, at: place, of: "ufw6-user-forward")
    }
    guard works(.front) else { return nil }
    // What a rule of the user's denies is accepted only in front of it.
    let place = works(.end) ? [] : ["prepend"]
    let actions = passages.flatMap { passage in
      let (outside, inside) = (passage.outside.name, passage.inside.name)
      let prefix = "\(passage.placed.rule.prefix)"
      return [
        ["in", "on", outside, "out", "on", inside, "to", prefix],
        ["in", "on", inside, "out", "on", outside, "from", prefix],
      ].map { Action.run(["ufw", "route"] + place + ["allow"] + $0) }
    }
    return Fix(
      actions, lasting: ["ufw keeps these rules: they stay after 'ufw reload' and a boot"],
      scope: .accept)
  }

  /// Policies of firewalld between the zones of the interfaces; rules until it loads them.
  private func policies(
    for passages: [Passage], at site: DropSite, _ firewall: Firewall
  ) -> Fix {
    var commands: [Action] = []
    var number = 0
    for passage in passages {
      guard let outer = firewall.zone(of: passage.inward[0], beside: site.base),
        let inner = firewall.zone(of: passage.outward[0], beside: site.base),
        outer.isPlainName, inner.isPlainName
      else {
        return Fix(
          obstacle: "the zones of the interfaces are not known here: add a policy of firewalld "
            + "between them")
      }
      let prefix = passage.placed.rule.prefix
      for (from, to, match) in [
        (outer, inner, "destination address=\"\(prefix)\""),
        (inner, outer, "source address=\"\(prefix)\""),
      ] {
        number = firewall.ruleset.freePolicy(after: number)
        let policy = "ndpproxy\(number)"
        commands += [
          ["--new-policy", policy], ["--policy", policy, "--add-ingress-zone", from],
          ["--policy", policy, "--add-egress-zone", to],
          ["--policy", policy, "--add-rich-rule", "rule family=\"ipv6\" \(match) accept"],
        ].map { .run(["firewall-cmd", "--permanent"] + $0) }
      }
    }
    guard !firewall.ruleset.isOwned(site.base) else {
      return Fix(
        commands + [.run(["firewall-cmd", "--reload"])],
        lasting: [
          "firewalld keeps the policies; '--reload' drops what was set without '--permanent'"
        ])
    }
    return site.base.change(
      "insert", passages.flatMap { $0.acceptances(at: site) }.map(\.text),
      lasting: commands.map { .action($0) } + [
        "firewalld uses the policies after the next 'firewall-cmd --reload' or boot"
      ])
  }
}

extension RulesetKeeper {
  /// Has ufw filter IPv6 instead of dropping all of it.
  fileprivate var withIPv6: Fix? {
    guard case .ufwWithoutIPv6(let path) = self else { return nil }
    return Fix(
      [.run(["sed", "-i", "s/^IPV6=.*/IPV6=yes/", path]), .run(["ufw", "reload"])],
      lasting: ["the edit of the file is permanent; with IPV6=no, ufw drops all IPv6 packets"])
  }

  /// Where a rule is made to last.
  fileprivate func advice(_ site: DropSite) -> [Advice] {
    switch self {
    case .ufw, .ufwWithoutIPv6:
      let isForward = site.base.hook?.number == 2
      return [
        .words(
          "ufw: a line for \(isForward ? "ufw6-before-forward" : "ufw6-before-input") in "
            + "/etc/ufw/before6.rules that accepts it")
      ]
    case .firewalld:
      return ["firewalld: a rich rule with the element accept, in the zone of the interface"]
    case .docker: return ["the same at boot: Docker leaves rules of others in this chain alone"]
    case .proxmox:
      return ["Proxmox VE: a rule that accepts it, in the firewall of the guests or of this host"]
    case .ip6tables:
      return ["iptables-nft: 'netfilter-persistent save', or where these rules are created"]
    case .sharedTable:
      return [
        .words(
          "iptables-nft: the same rule in /etc/iptables/rules.v6; do not save the whole table, in "
            + "which other programs have rules")
      ]
    case .nftables: return ["nftables: the same rule in /etc/nftables.conf"]
    }
  }
}

extension NetfilterRuleset {
  /// The next number for which firewalld has loaded no policy of ours.
  fileprivate func freePolicy(after number: Int) -> Int {
    var number = number + 1
    while chains.contains(where: { $0.name == "filter_FWD_policy_ndpproxy\(number)" }) {
      number += 1
    }
    return number
  }
}

extension NetfilterChain {
  /// Inserts or deletes rules of the chain, each in the language of nft(8).
  ///
  /// The kernel lets tables and chains have names that would be more than a name there.
  func change(_ verb: String, _ rules: [String], lasting: [Advice]) -> Fix {
    guard table.isPlainName, name.isPlainName else {
      return Fix(
        obstacle:
          "no command can be given, because nft(8) cannot name this chain: change it where the "
          + "chain is created")
    }
    return Fix(
      rules.map { .run(["nft", verb, "rule", family.name, table, name, $0]) }, lasting: lasting,
      scope: verb == "insert" ? .accept : .other)
  }
}
