extension Check {
  static let solicitationChecks = [
    seen, offLink, ofElsewhere, snooping, byHypervisor, promiscuous,
  ]

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
        .note, "nobody has asked for a target of the rules yet", value: "0 solicitations",
        from: "the daemon",
        meaning: "ping a member from outside and look again; if there is "
          + "still none, the router does not ask, or something keeps the question back")
    ])
  }

  private static let offLink = Check(
    notChecked: "D08", "advertised prefix", .solicitations,
    reason: "whether a router advertises the prefix as on-link is heard only with its next "
      + "advertisement")

  private static let ofElsewhere = Check(
    notChecked: "D09", "routed prefix", .solicitations,
    reason: "whether the provider routes the prefix here shows only in the traffic")

  private static let snooping = Check(
    notChecked: "D24", "MLD snooping", .solicitations,
    reason: "whether a switch or a hypervisor's bridge keeps back groups that nobody here has "
      + "joined shows only in the traffic; on a bridge of this host ndpproxy hears them all")

  private static let byHypervisor = Check(
    notChecked: "D25", "hypervisor", .solicitations,
    reason: "whether a hypervisor filters what does not bear this host's own addresses shows only "
      + "in the traffic; 'promiscuous yes' is worth a try")

  private static let promiscuous = Check(
    notChecked: "D30", "promiscuous mode", .solicitations,
    reason: "who has left an interface promiscuous the kernel does not tell")
}
