import LinuxSurvey
import NDPWire

extension Check {
  static let forwardingChecks = [forwarding, partialForwarding, atBoot]

  private static let forwarding = Check(
    "D01", "forwarding", .forwarding,
    """
    The kernel passes packets from one interface to another only if net.ipv6.conf.all.forwarding \
    is 1; since Linux 6.17, or if force_forwarding is set on every interface concerned. Read \
    from RTM_GETNETCONF. Turning it on makes the interfaces ignore router advertisements: see D03.
    """
  ) { examination in
    let forwarding = examination.picture.forwarding
    if forwarding.all { return .good("net.ipv6.conf.all.forwarding = 1") }
    let concerned = examination.involvedLinks + examination.insideLinks
    if !concerned.isEmpty, concerned.allSatisfy({ forwarding.forced.contains($0.link.index) }) {
      return .good("force_forwarding = 1 on every interface concerned")
    }
    return .found([
      Finding(
        .failure, "the kernel does not forward IPv6 packets",
        value: "net.ipv6.conf.all.forwarding = 0", from: "RTM_GETNETCONF",
        meaning: "whatever arrives for the members is dropped; after the fix, look at D03",
        fix: examination.set(Examination.forwardsAll, to: "1"))
    ])
  }

  private static let partialForwarding = Check(
    "D02", "per interface", .forwarding,
    """
    In IPv6 the variable of one interface does not decide whether packets pass: it decides \
    whether the interface behaves as a router's or as a host's. 'default' is copied to \
    interfaces that come later, and does nothing else. Only 'all' makes packets pass. Read from \
    RTM_GETNETCONF and IFLA_INET6_CONF.
    """
  ) { examination in
    let picture = examination.picture
    let concerned = examination.involvedLinks.filter { $0.settings != nil }
    let isForced =
      !concerned.isEmpty
      && concerned.allSatisfy { picture.forwarding.forced.contains($0.link.index) }
    if isForced { return .good("force_forwarding = 1 makes packets pass") }
    let isOn = { (link: DetailedLink) in link.settings?.forwarding ?? 0 != 0 }
    if !picture.forwarding.all {
      let names = concerned.filter(isOn).map(\.link.name)
      let places = names + (picture.forwarding.default ? ["default"] : [])
      guard !places.isEmpty else { return .good("it is not set elsewhere") }
      return .found([
        Finding(
          .warning, "forwarding is set for \(places.joined(separator: ", ")), but not for all",
          value: "\(examination.variable("forwarding", of: places[0])) = 1", from: "RTM_GETNETCONF",
          meaning: "that makes an interface behave as a router's, but no packet passes",
          fix: examination.set(Examination.forwardsAll, to: "1"))
      ])
    }
    return Verdict(
      concerned.filter { !isOn($0) }.map { examination.hostBehaviour(of: $0.link.name) },
      good: "it is set for every interface")
  }

  private static let atBoot = Check(
    "D46", "at boot", .forwarding,
    """
    What is set now must be set again at boot. Read from the files of sysctl.d(5) in the order \
    in which they are read, from systemd-networkd's and ifupdown's files and from /etc/rc.local.
    """
  ) { examination in
    Verdict(examination.forgottenAtBoot, good: "what is set now is set at boot too")
  }
}

extension Examination {
  /// What makes packets pass at all.
  fileprivate static let forwardsAll = KernelVariable("net.ipv6.conf.all.forwarding")

  fileprivate func hostBehaviour(of name: String) -> Finding {
    Finding(
      .warning, "\(name) behaves as a host's interface",
      value: "\(variable("forwarding", of: name)) = 0", from: "IFLA_INET6_CONF in RTM_GETLINK",
      meaning: "the kernel's own advertisements there lack the router flag, so that neighbours "
        + "may stop sending packets through this host",
      fix: set(KernelVariable("forwarding", of: name), to: "1"))
  }

  fileprivate var forgottenAtBoot: [Finding] {
    var wanted: [(variable: KernelVariable, value: String, words: [String])] = []
    if picture.forwarding.all {
      wanted.append(
        (
          Self.forwardsAll, "1",
          ["IPForward=yes", "IPForward=ipv6", "IPv6Forwarding=yes", "IPForward=true"]
        ))
    }
    let fromAdvertisement = picture.defaultRoutes.filter(\.isFromRouterAdvertisement)
    for link in proxyLinks
    where link.settings?.acceptRouterAdvertisements == 2
      && fromAdvertisement.contains(where: { $0.interface == link.link.index })
      && picture.networkdFiles[link.link.index] == nil
    {
      guard let variable = KernelVariable("accept_ra", of: link.link.name) else { continue }
      wanted.append((variable, "2", ["accept_ra 2"]))
    }
    return wanted.compactMap { wish in
      let (variable, value) = (wish.variable.description, wish.value)
      let isElsewhere = picture.networkFiles.contains { file in
        (wish.words + [variable]).contains { file.text.contains($0) }
      }
      let last = picture.bootSettings.last(variable)
      if isElsewhere || last?.value == value { return nil }
      let line = "\(variable) = \(value)"
      return Finding(
        .warning, "\(line) is set now, but not at boot",
        value: last.map { "\(variable) = \($0.value)" } ?? "no file sets it",
        from: last?.place ?? picture.bootSettings.directory,
        meaning: "after the next boot it is no longer so",
        fix: wish.variable.hasPlainName
          ? Fix([.append(line: line, to: bootFile)], lasting: ["the file is what lasts"])
          : Fix(
            obstacle:
              "sysctl.d(5) cannot name this interface: rename it to letters and digits first"
          ))
    }
  }
}
