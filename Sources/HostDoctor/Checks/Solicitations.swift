import LinuxNet
import NDPWire

extension Check {
  static let solicitationChecks = [snooping, seen, ofElsewhere, byHypervisor]

  private static let snooping = Check(
    "D24", "bridge snooping", .solicitations,
    """
    A bridge that snoops on MLD passes solicitations only to who has joined their groups, as \
    soon as somebody on it asks who has. If the proxy interface is such a bridge of this host, \
    the solicitations for the members do not reach it: nobody here has joined. mcast_router 2 \
    has the bridge's own host receive every group. Rules of /120 and longer join theirs. Read \
    from IFLA_BR_MCAST_SNOOPING, IFLA_BR_MCAST_QUERIER_STATE and IFLA_BR_MCAST_ROUTER. A switch \
    or a hypervisor's bridge that does the same cannot be seen from here.
    """
  ) { examination in
    let deaf = examination.proxyLinks.filter { link in
      guard let snooping = link.snooping else { return false }
      return snooping.isOn && snooping.hasQuerier && snooping.router != 2
        && !link.link.hasOnlyNarrowRules(in: examination)
    }
    return Verdict(
      deaf.map { examination.deafBridge($0.link.name) },
      good: "no proxy interface is a bridge that keeps groups back")
  }

  private static let seen = Check(
    "D60", "seen", .solicitations,
    """
    How many solicitations for targets of the rules the daemon has seen since it started. None \
    means that nobody asks: nobody sends anything to the members, the router has a route for \
    the prefix instead of taking it for on-link, or something before this host keeps them back. \
    The daemon is asked through its control socket.
    """
  ) { examination in
    guard let daemon = examination.picture.daemon else {
      return .notChecked("the daemon was not asked")
    }
    if daemon.solicitationsSeen > 0 {
      return .good("\(daemon.solicitationsSeen) for targets of the rules")
    }
    return .found([
      Finding(
        .warning, "nobody has asked for a target of the rules", value: "0 solicitations",
        from: "the daemon", meaning: "ping a member from outside and look again; if there is "
          + "still none, the router does not ask, or something keeps the question back")
    ])
  }

  private static let ofElsewhere = Check(
    notChecked: "D09", "routed prefix", .solicitations,
    reason: "whether the provider routes the prefix here shows only in the traffic")

  private static let byHypervisor = Check(
    notChecked: "D25", "hypervisor", .solicitations,
    reason: "whether a hypervisor or switch keeps groups back shows only in the traffic")
}

extension Link {
  /// Whether the daemon joins the groups of all rules here (Linux lets a socket join 64).
  fileprivate func hasOnlyNarrowRules(in examination: Examination) -> Bool {
    let rules = examination.rules.filter { $0.proxy == name }
    return !rules.isEmpty && rules.allSatisfy { $0.rule.prefix.length >= 120 }
  }
}

extension Examination {
  fileprivate func deafBridge(_ name: String) -> Finding {
    let command = "ip link set dev \(name) type bridge mcast_router 2"
    return Finding(
      .failure, "the bridge \(name) keeps back solicitations for the members",
      value: "mcast_snooping 1, a querier is there, mcast_router is not 2",
      from: "IFLA_LINKINFO in RTM_GETLINK",
      meaning: "only groups that somebody on this host has joined reach it",
      fix: Fix([command], lasting: ["ifupdown: 'post-up \(command)' below 'iface \(name)'"]))
  }
}
