extension Check {
  static let solicitationChecks = [
    seen, offLink, ofElsewhere, snooping, byHypervisor, promiscuous,
  ]

  private static let seen = Check(
    "D60", "seen", .solicitations,
    """
    The number of solicitations for targets of the rules that the daemon has received since it \
    started. If there are none, no packets are sent to the members, or the router has a route for \
    the prefix instead of treating it as on-link, or something between the router and this host \
    drops the solicitations. Read from the daemon's control socket.
    """
  ) { examination in
    guard let daemon = examination.picture.daemon else {
      return .notChecked("the daemon was not queried")
    }
    if daemon.solicitationsSeen > 0 {
      return .good("\(daemon.solicitationsSeen) for targets of the rules")
    }
    return .found([
      Finding(
        .note, "no solicitation for a target of the rules was received yet",
        value: "0 solicitations",
        from: "the daemon",
        meaning: "ping a member from outside and run the doctor again; if there is still none, the "
          + "router sends no solicitation, or something drops it")
    ])
  }

  private static let offLink = Check(
    notChecked: "D08", "advertised prefix", .solicitations,
    reason: "only the next advertisement of a router shows whether the prefix is on-link")

  private static let ofElsewhere = Check(
    notChecked: "D09", "routed prefix", .solicitations,
    reason: "only the traffic shows whether the provider routes the prefix to this host")

  private static let snooping = Check(
    notChecked: "D24", "MLD snooping", .solicitations,
    reason:
      "only the traffic shows whether a switch or a hypervisor's bridge filters groups that this "
      + "host has not joined; on a bridge of this host, ndpproxy receives all groups")

  private static let byHypervisor = Check(
    notChecked: "D25", "hypervisor", .solicitations,
    reason:
      "only the traffic shows whether a hypervisor filters frames that are not for this host's "
      + "own addresses; try 'promiscuous yes'")

  private static let promiscuous = Check(
    notChecked: "D30", "promiscuous mode", .solicitations,
    reason: "the kernel does not report which program left an interface promiscuous")
}
