import LinuxSurvey
import NDPWire

extension Check {
  static let forwardingChecks = [forwarding, partialForwarding, atBoot]

  private static let forwarding = Check(
    "D01", "forwarding", .forwarding,
    """
    The kernel forwards packets between interfaces only if net.ipv6.conf.all.forwarding is 1 or, \
    since Linux 6.17, if force_forwarding is set on every interface concerned. Forwarding makes \
    interfaces ignore router advertisements unless their accept_ra is 2, and deletes the default \
    routes that such advertisements made. In this case the fix sets accept_ra first. If all \
    addresses of a rule are this host's own (AnyIP), nothing is forwarded. Read from \
    RTM_GETNETCONF.
    """
  ) { examination in
    guard examination.needsForwarding else { return .good(Examination.nothingToForward) }
    let forwarding = examination.picture.forwarding
    if forwarding.all { return .good("net.ipv6.conf.all.forwarding = 1") }
    let concerned = examination.involvedLinks
    if !concerned.isEmpty, concerned.allSatisfy({ forwarding.forced.contains($0.link.index) }) {
      return .good("force_forwarding = 1: \(concerned.map(\.link.name).listed)")
    }
    return .found([
      Finding(
        .failure, "the kernel does not forward IPv6 packets",
        value: "net.ipv6.conf.all.forwarding = 0", from: "RTM_GETNETCONF",
        meaning: "packets for the members are dropped",
        fix: examination.set(Examination.forwardsAll, to: "1"))
    ])
  }

  private static let partialForwarding = Check(
    "D02", "per interface", .forwarding,
    """
    In IPv6, the variable 'forwarding' of one interface does not enable forwarding: it only makes \
    the interface behave as a router or as a host. 'default' is only copied to new interfaces. \
    Only 'all' enables forwarding. Read from RTM_GETNETCONF and IFLA_INET6_CONF.
    """
  ) { examination in
    guard examination.needsForwarding else { return .good(Examination.nothingToForward) }
    let picture = examination.picture
    let concerned = examination.involvedLinks.filter { $0.settings != nil }
    let isForced =
      !concerned.isEmpty
      && concerned.allSatisfy { picture.forwarding.forced.contains($0.link.index) }
    if isForced { return .good("force_forwarding = 1 enables forwarding") }
    let isOn = { (link: DetailedLink) in link.settings?.forwarding ?? 0 != 0 }
    if !picture.forwarding.all {
      let names = concerned.filter(isOn).map(\.link.name)
      let places = names + (picture.forwarding.default ? ["default"] : [])
      guard !places.isEmpty else { return .good("it is not set for single interfaces") }
      return .found([
        Finding(
          .warning, "forwarding is set for \(places.joined(separator: ", ")), but not for all",
          value: "\(examination.variable("forwarding", of: places[0])) = 1", from: "RTM_GETNETCONF",
          meaning: "the interface behaves as a router, but no packet is forwarded",
          fix: examination.set(Examination.forwardsAll, to: "1"))
      ])
    }
    return Verdict(
      concerned.filter { !isOn($0) }.map { examination.hostBehaviour(of: $0.link.name) },
      good: "it is set for \(concerned.map(\.link.name).listed)")
  }

  private static let atBoot = Check(
    "D46", "at boot", .forwarding,
    """
    Current settings must be made again at boot. Read from the files of sysctl.d(5) in the order \
    in which they are read, including patterns, from ufw's sysctl.conf if ufw is enabled, from \
    files of systemd-networkd and ifupdown, and from /etc/rc.local. Comments are ignored. \
    /etc/sysctl.conf counts only if a program reads it; systemd does not.
    """
  ) { examination in
    let wanted = examination.wantedAtBoot
    guard !wanted.isEmpty else { return .good("no current setting is needed at boot") }
    return Verdict(
      wanted.compactMap { examination.forgottenAtBoot($0) },
      good: wanted.compactMap { examination.placeAtBoot($0) }.listed)
  }
}

/// A kernel variable that must have a value at boot, too.
private struct BootSetting {
  let variable: KernelVariable
  let value: String
  /// Keys of systemd-networkd that set it.
  var networkdKeys: [String] = []
  /// Options of ifupdown that set it, as they are written.
  var ifupdownOptions: [String] = []

  var description: String { "\(variable.description) = \(value)" }
}

extension Examination {
  /// What makes packets pass at all.
  fileprivate static let forwardsAll = KernelVariable("net.ipv6.conf.all.forwarding")

  fileprivate static let nothingToForward =
    "not needed: the rules' addresses are this host's own"

  fileprivate func hostBehaviour(of name: String) -> Finding {
    Finding(
      .warning, "\(name) behaves as the interface of a host",
      value: "\(variable("forwarding", of: name)) = 0", from: "IFLA_INET6_CONF in RTM_GETLINK",
      meaning: "the kernel's own advertisements there lack the router flag, so neighbors may "
        + "stop sending packets through this host",
      fix: set(KernelVariable("forwarding", of: name), to: "1"))
  }

  fileprivate var wantedAtBoot: [BootSetting] {
    var wanted: [BootSetting] = []
    if picture.forwarding.all, needsForwarding {
      wanted.append(
        BootSetting(
          variable: Self.forwardsAll, value: "1", networkdKeys: ["IPForward", "IPv6Forwarding"]))
    }
    let fromAdvertisement = picture.defaultRoutes.filter(\.isFromRouterAdvertisement)
    for link in proxyLinks
    where link.settings?.acceptRouterAdvertisements == 2
      && fromAdvertisement.contains(where: { $0.interface == link.link.index })
      && picture.networkdFiles[link.link.index] == nil
    {
      guard let variable = KernelVariable("accept_ra", of: link.link.name) else { continue }
      wanted.append(BootSetting(variable: variable, value: "2", ifupdownOptions: ["accept_ra 2"]))
    }
    return wanted
  }

  /// Where a variable gets its value at boot; `nil` where nothing gives it that.
  fileprivate func placeAtBoot(_ wish: BootSetting) -> String? {
    let name = wish.variable.description
    // ufw sets its own when it starts, which is after all others.
    if picture.enablesUFW {
      let files = picture.networkFiles.filter { $0.path.hasSuffix("/etc/ufw/sysctl.conf") }
      let set = SysctlFiles(files).last(name)
      if let set { return set.value == wish.value ? "\(wish.description) in \(set.place)" : nil }
    }
    if let last = picture.bootSettings.last(name), last.value == wish.value {
      return "\(wish.description) in \(last.place)"
    }
    let file = picture.networkFiles.first { file in
      if file.path.contains("/ufw") { return false }
      if file.path.contains("/systemd/") {
        return wish.networkdKeys.contains {
          file.has(key: $0, oneOf: ["yes", "true", "on", "1", "ipv6"])
        }
      }
      return file.sets(wish.variable, to: wish.value)
        || wish.ifupdownOptions.contains { file.codeLines.contains(Substring($0)) }
    }
    return file.map { "\(wish.description) by \($0.path)" }
  }

  fileprivate func forgottenAtBoot(_ wish: BootSetting) -> Finding? {
    guard placeAtBoot(wish) == nil else { return nil }
    let name = wish.variable.description
    let last = picture.bootSettings.last(name)
    return Finding(
      .warning, "\(wish.description) is set now, but not at boot",
      value: last.map { "\(name) = \($0.value)" } ?? "no file sets it",
      from: last?.place ?? picture.bootSettings.directory,
      meaning: "the setting is lost at the next boot",
      fix: bootFix(for: wish.variable, to: wish.value))
  }
}

extension TextFile {
  /// Its lines without comments and the blanks around them.
  fileprivate var codeLines: [Substring] {
    text.split(whereSeparator: \.isNewline).map(\.trimmed).filter { line in
      line.first != "#" && line.first != ";"
    }
  }

  /// Whether a line is `KEY=VALUE` with one of these values, in whatever case.
  func has(key: String, oneOf values: [String]) -> Bool {
    codeLines.contains { line in
      let parts = line.split(separator: "=", maxSplits: 1).map(\.trimmed)
      return parts.count == 2 && parts[0] == key && values.contains(parts[1].lowercased())
    }
  }

  /// Whether a line of a script or of /etc/network/interfaces gives a variable a value.
  fileprivate func sets(_ variable: KernelVariable, to value: String) -> Bool {
    let assignments = [
      "\(variable.description)=\(value)", "\(variable.path.dropFirst("/proc/sys/".count))=\(value)",
    ]
    return codeLines.contains { line in
      // What stands behind a comment sign does nothing.
      let code = line.split(separator: " ").prefix { !$0.hasPrefix("#") }.map(String.init)
      let words = code.map { $0.filter { !"\"';".contains($0) } }
      if words.contains(where: assignments.contains) { return true }
      guard let target = words.firstIndex(where: { $0.hasSuffix(variable.path) }) else {
        return false
      }
      return words.first == "echo" && words.dropFirst().first == value && target > 1
    }
  }
}
