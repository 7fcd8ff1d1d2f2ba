import LinuxSurvey
import NDPWire
import ProxyConfig
import ProxyModel

extension Check {
  static let answerChecks = [
    otherProxies, kernelProxy, networkdProxy, contested, wideStatic, sent, conditions, ignored,
  ]

  private static let otherProxies = Check(
    "D40", "other proxies", .answers,
    """
    Another NDP proxy on this host answers the same solicitations, possibly with different \
    results: ndppd, for example, may answer for addresses that no host has, and block hosts during \
    duplicate address detection. Read from /proc/PID/exe, /proc/PID/comm and /proc/PID/fd of the \
    processes in this network namespace: the program has the name of a proxy, and a packet or raw \
    socket. The daemon ndpproxy itself does not count, even if its file has another name.
    """
  ) { examination in
    if case .failure(let error) = examination.picture.processes { return .skipped(error.skipped) }
    return Verdict(
      examination.rivals.map { examination.otherProxy($0) },
      good: "no other NDP proxy runs in this network namespace")
  }

  private static let kernelProxy = Check(
    "D41", "kernel proxy", .answers,
    """
    With 'ip -6 neighbor add proxy', the kernel itself answers for an address on interfaces with \
    proxy_ndp, after a delay of up to 0.8 s (proxy_delay), and without a check that a host has the \
    address. Read from RTM_GETNEIGH with NTF_PROXY and from IFLA_INET6_CONF.
    """
  ) { examination in
    Verdict(examination.kernelEntries, good: "the kernel answers for no address of the rules")
  }

  private static let networkdProxy = Check(
    "D42", "systemd-networkd", .answers,
    """
    With IPv6ProxyNDP= and IPv6ProxyNDPAddress=, systemd-networkd lets the kernel answer, and sets \
    or clears proxy_ndp whenever it configures the interface. Read from the .network files in \
    /etc/systemd/network and /run/systemd/network.
    """
  ) { examination in
    Verdict(examination.networkdEntries, good: "no .network file has IPv6ProxyNDP")
  }

  private static let wideStatic = Check(
    "D45", "static rules", .answers,
    """
    'static' answers for every address of the prefix, even if no host has it. If hosts on the link \
    of the proxy interface have addresses in the prefix, for example the router, ndpproxy answers \
    for these, too: the hosts lose their traffic, or treat their own address as a duplicate. \
    Compared with the prefix length, with the gateways in RTM_GETROUTE and with RTM_GETNEIGH.
    """
  ) { examination in
    let found = examination.rules.compactMap { examination.wideStatic($0) }
    return Verdict(found, good: "no static rule covers neighbors on the proxy's own link")
  }

  private static let sent = Check(
    "D61", "sent", .answers,
    """
    The number of advertisements that the daemon has sent since it started. If it receives \
    solicitations and answers none, 'ndpctl why ADDRESS' shows the reason for one address. Read \
    from the daemon's control socket.
    """
  ) { examination in
    guard let daemon = examination.picture.daemon else {
      return .notChecked("the daemon was not queried")
    }
    guard daemon.solicitationsSeen > 0, daemon.advertisementsSent == 0 else {
      return .good(
        "\(daemon.advertisementsSent) of \(daemon.solicitationsSeen) solicitations answered")
    }
    return .found([
      Finding(
        .note, "no solicitation was answered yet",
        value: "0 of \(daemon.solicitationsSeen) solicitations", from: "the daemon",
        meaning:
          "no host may have the targets; 'ndpctl why ADDRESS' shows the reason for one address")
    ])
  }

  private static let ignored = Check(
    notChecked: "D26", "ignored answers", .answers,
    reason: "only the traffic shows whether the provider accepts the advertisements; if the router "
      + "repeats its solicitations, try 'source global' or 'override yes'")

  private static let contested = Check(
    "D43", "others' answers", .answers,
    """
    Another host advertises targets for which the daemon answers. Most likely it is a second \
    gateway that is active, too. The daemon receives advertisements to the all-nodes group, as a \
    gateway sends them when it takes over, and counts them for proxies with conditions. Read from \
    the daemon's control socket. It is a problem only within the last minute, and more than 5 s \
    after a condition changed: during a switch-over, both gateways may be active for a moment. Two \
    gateways with the same link-layer address, as with use_vmac, do not receive each other's \
    advertisements: run 'ndpctl status' on both. Advertisements that others send only to the \
    router cannot be seen here: run 'ndpctl probe ADDRESS -i INTERFACE'.
    """
  ) { examination in
    guard let daemon = examination.picture.daemon, daemon.unmetConditions != nil else {
      return .notChecked(
        "to check whether others answer, too, run: ndpctl probe ADDRESS -i INTERFACE")
    }
    guard daemon.advertisementsOfOthers > 0 else {
      return .good("no other gateway has advertised targets while this one answered")
    }
    guard let last = daemon.lastOfOthers else {
      return .good("it is not known when another gateway advertised targets")
    }
    let ago = "\(last.age / 1000) s ago"
    guard last.isRecent, !last.isOfSwitchOver else {
      return .good(
        last.isOfSwitchOver
          ? "another gateway advertised targets \(ago), at a switch-over"
          : "another gateway advertised targets for the last time \(ago)")
    }
    return .found([
      Finding(
        .warning, "another gateway is active, too",
        value: "\(daemon.advertisementsOfOthers) advertisements of others since the start, the "
          + "last \(ago)",
        from: "the daemon",
        meaning: "the log names its link-layer address; see on both gateways which conditions are "
          + "met ('ndpctl status'), and whether each receives the other's messages")
    ])
  }

  private static let conditions = Check(
    "D62", "conditions", .answers,
    """
    While a condition that a proxy or a rule requires is not met, its solicitations are not \
    answered. On the backup of two gateways, this is intended. Read from the daemon's control \
    socket.
    """
  ) { examination in
    guard let unmet = examination.picture.daemon?.unmetConditions else {
      return .good("there are no conditions, or the daemon was not queried")
    }
    return Verdict(
      unmet.map {
        Finding(
          .note, "a condition is not met", value: $0, from: "the daemon",
          meaning:
            "solicitations are not answered until it is met; on a backup gateway, this is intended")
      }, good: "every condition is met")
  }
}

extension Examination {
  fileprivate func otherProxy(_ process: HostProcess) -> Finding {
    Finding(
      .warning, "\(process.name) runs too",
      value: "process \(process.identifier), \(process.executable)", from: "/proc/*/exe",
      meaning: "it answers the same solicitations, possibly with different results",
      fix: picture.hasSystemd
        ? Fix(
          [.run(["systemctl", "stop", process.name])],
          lasting: [.action(.run(["systemctl", "disable", process.name]))])
        : Fix(
          [.run(["kill", "\(process.identifier)"])],
          lasting: ["remove it from /etc/rc.local, or from where it is started"]))
  }

  fileprivate var kernelEntries: [Finding] {
    let entries = picture.proxyEntries.filter { entry in
      rules.contains { placed in
        placed.rule.prefix.contains(entry.address)
          && picture.link(named: placed.proxy)?.link.index == entry.interface
      }
    }
    return Dictionary(grouping: entries, by: \.interface).sorted { $0.key < $1.key }.map {
      let name = picture.name(of: $0.key)
      let addresses = $0.value.map(\.address)
      let isOn = picture.link(at: $0.key)?.settings?.proxyNDP != 0
      return Finding(
        isOn ? .warning : .note,
        "the kernel answers on \(name) for \(addresses.count) of the "
          + "rules' addresses" + (isOn ? "" : " once proxy_ndp is set"),
        value: addresses.prefix(3).map(\.description).joined(separator: ", "),
        from: "RTM_GETNEIGH, NTF_PROXY",
        meaning: "without a check that a host has them, and with a delay",
        fix: Fix(
          addresses.prefix(Self.commandLimit).map {
            .run(["ip", "-6", "neighbor", "del", "proxy", "\($0)", "dev", name])
          }, lasting: ["remove the entries where they are created"]))
    }
  }

  /// How many commands a fix has at most; after them the next run shows the rest.
  private static let commandLimit = 16

  fileprivate var networkdEntries: [Finding] {
    picture.networkFiles.flatMap { file -> [Finding] in
      let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      let found = lines.filter { $0.element.hasPrefix("IPv6ProxyNDP") }
      guard let first = found.first else { return [] }
      return [
        Finding(
          .warning, "systemd-networkd is an NDP proxy too", value: String(first.element),
          from: "\(file.path):\(first.offset + 1)",
          meaning:
            "the kernel answers for the addresses that it names, and proxy_ndp is set or cleared "
            + "whenever the interface is configured",
          fix: Fix(
            [.run(["sed", "-i", "/^IPv6ProxyNDP/d", file.path])]
              + (picture.hasSystemd ? [.run(["networkctl", "reload"])] : []),
            lasting: ["the edit of the file is permanent"]))
      ]
    }
  }

  fileprivate func wideStatic(_ placed: PlacedRule) -> Finding? {
    guard placed.rule.method == .static, let link = picture.link(named: placed.proxy) else {
      return nil
    }
    let isExcluded = { (address: IPv6Address) in
      placed.rule.excluded.contains { $0.contains(address) }
    }
    let gateways = picture.defaultRoutes.compactMap(\.gateway)
    let known = picture.neighbors.filter {
      $0.interface == link.link.index && $0.linkLayerAddress != nil && !$0.isUnanswered
    }.map(\.address)
    let victim = (gateways + known).first {
      placed.rule.prefix.contains($0) && !isExcluded($0)
    }
    // What this host itself serves is answered for in nobody's place, unless somebody is seen
    // there.
    guard victim != nil || placed.rule.prefix.length <= 64 && !isServedHere(placed) else {
      return nil
    }
    let value = victim.map { "\($0) is on \(placed.proxy)" } ?? "\(placed.rule.prefix)"
    return Finding(
      .warning, about: placed.description, "'static' answers for neighbors too", value: value,
      from: victim == nil ? path : "RTM_GETROUTE, RTM_GETNEIGH",
      meaning: "they lose their traffic, or treat their own address as a duplicate",
      fix: edit(Sed.methodChange(of: placed.rule.prefix, to: "auto")))
  }
}
