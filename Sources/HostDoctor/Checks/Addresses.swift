import Inspection
import LinuxNet
import LinuxSurvey
import NDPWire

extension Check {
  static let addressChecks = [interfaces, rightInterface, ipv6, duplicates, deprecated]

  private static let interfaces = Check(
    "D20", "interfaces", .addresses,
    """
    The interfaces that the configuration names must exist, be up and have a carrier. ndpproxy \
    waits for missing interfaces. A pattern such as zt* means every interface that matches. \
    ZeroTier creates its interface only after the network is joined and this member is authorized. \
    Read from RTM_GETLINK: the name, IFF_UP and IFF_RUNNING.
    """
  ) { examination in
    let names = examination.plan.names
    guard !names.isEmpty else { return .skipped("no rules") }
    let behind = examination.insideLinks.filter { link in
      !names.contains { link.link.goes(by: $0) }
    }
    let shown = (names + behind.map(\.link.name)).listed
    return Verdict(
      names.compactMap { examination.availability(of: $0) }
        + behind.compactMap { examination.missingCarrier(of: $0, isNamed: false) },
      good: "up: \(shown)")
  }

  private static let rightInterface = Check(
    "D28", "bridge ports", .addresses,
    """
    A port of a bridge or a bond receives no packets: its frames go to the master. The \
    configuration must name the master. Read from IFLA_MASTER in RTM_GETLINK.
    """
  ) { examination in
    Verdict(
      examination.plan.names.compactMap { examination.enslavement(of: $0) },
      good: "no interface is the port of another")
  }

  private static let ipv6 = Check(
    "D21", "link-local", .addresses,
    """
    An interface needs IPv6 and a link-local address. Without them, no solicitations can be sent \
    or answered there: an advertisement needs a source address, and the kernel's own Neighbor \
    Discovery needs a link-local one. Read from IFLA_INET6_CONF in RTM_GETLINK (disable_ipv6, \
    addr_gen_mode) and RTM_GETADDR.
    """
  ) { examination in
    let links = examination.involvedLinks.filter { $0.link.isUp && $0.link.master == nil }
    guard !links.isEmpty else { return .skipped("no interface of a rule is up") }
    return Verdict(
      links.compactMap { examination.missingIPv6(of: $0) },
      good: "IPv6 is on: \(links.map(\.link.name).listed)")
  }

  private static let duplicates = Check(
    "D22", "duplicates", .addresses,
    """
    Another host or another proxy has defended an address of this host. The kernel does not use \
    such an address. Read from IFA_F_DADFAILED in RTM_GETADDR.
    """
  ) { examination in
    let indexes = Set(examination.involvedLinks.map(\.link.index))
    let failed = examination.picture.addresses.filter {
      $0.isDuplicate && indexes.contains($0.assigned.index)
    }
    return Verdict(
      failed.map { examination.duplicate($0.assigned) },
      good: "no address failed duplicate address detection: "
        + examination.involvedLinks.map(\.link.name).listed)
  }

  private static let deprecated = Check(
    "D47", "source address", .addresses,
    """
    A deprecated address is not used for new connections. If the only global address of the proxy \
    interface is deprecated (some providers' images set preferred_lft 0), this host's own packets \
    have another source address, or cannot be sent. With 'source global', the same applies to \
    advertisements of ndpproxy. Read from IFA_F_DEPRECATED in RTM_GETADDR.
    """
  ) { examination in
    let found = examination.proxyLinks.compactMap { link -> Finding? in
      let all = examination.picture.addresses(on: link.link.index).map(\.assigned)
      let global = all.filter { !$0.address.isLinkLocal && !$0.isTentative }
      guard let first = global.first, global.allSatisfy(\.isDeprecated) else { return nil }
      let command = Action.run([
        "ip", "-6", "address", "change", "\(first.address)/\(first.prefixLength)", "dev",
        link.link.name, "preferred_lft", "forever", "valid_lft", "forever",
      ])
      return Finding(
        .warning, "\(link.link.name): \(first.address) is deprecated, and there is no other",
        value: "\(first.address)/\(first.prefixLength) deprecated", from: "RTM_GETADDR",
        meaning: "new connections do not use this address",
        fix: Fix(
          [command],
          lasting: examination.lasting(
            command, networkd: "[Address] PreferredLifetime=forever", on: link.link.name)))
    }
    return Verdict(found, good: "the proxy interfaces' addresses are preferred")
  }
}

extension Examination {
  /// Every interface that matters, once: those that the configuration names, and those that the
  /// rules' addresses are routed to.
  var involvedLinks: [DetailedLink] {
    var seen: Set<Int32> = []
    return (proxyLinks + ruleLinks + insideLinks).filter {
      seen.insert($0.link.index).inserted
    }
  }

  /// An interface whose driver says that nothing is connected.
  ///
  /// A bridge has no carrier as long as no guest runs, and a tunnel none without its program: that
  /// need not be a mistake.
  fileprivate func missingCarrier(of link: DetailedLink, isNamed: Bool) -> Finding? {
    guard link.link.isUp, !link.link.isRunning else { return nil }
    let name = link.link.name
    let isEmpty = ["bridge", "tun"].contains(link.kind ?? "") && !isProxy(link.link.index)
    return Finding(
      isEmpty ? .note : isNamed ? .failure : .warning, about: name, "no carrier",
      value: "IFF_RUNNING is not set", from: "RTM_GETLINK",
      meaning: isEmpty
        ? link.kind == "bridge"
          ? "no port of the bridge is connected yet"
          : "the program that creates the tunnel does not run"
        : "the other end of the cable, or of the veth pair, is down or missing")
  }

  fileprivate func availability(of name: String) -> Finding? {
    let condition = plan.condition(of: name, in: table)
    let summary = "\(name): \(condition.trouble)"
    let isProxy = configuration.proxies.contains { $0.interface == name }
    switch condition {
    case .usable:
      return picture.link(named: name).flatMap { missingCarrier(of: $0, isNamed: true) }
    case .enslaved, .noNeighbors, .taken, .failing: return nil
    case .missing:
      return Finding(
        .failure, summary, value: "there are \(interfaceNames)", from: "RTM_GETLINK",
        meaning: condition.remedy(for: name), fix: isProxy ? renaming(of: name) : nil)
    case .unmatched:
      return Finding(
        .warning, summary, value: "there are \(interfaceNames)", from: "RTM_GETLINK",
        meaning: condition.remedy(for: name)
          + (name.hasPrefix("zt")
            ? "; is the ZeroTier network joined, and this member authorized?" : ""))
    case .down:
      return Finding(
        .failure, summary, value: "IFF_UP is not set", from: "RTM_GETLINK",
        meaning: condition.remedy(for: name),
        fix: Fix(
          [.run(["ip", "link", "set", "dev", name, "up"])],
          lasting: [
            "systemd-networkd: a .network file that matches \(name)",
            "ifupdown: 'auto \(name)' in /etc/network/interfaces",
          ]))
    case .notEthernet:
      return Finding(
        .failure, summary, value: "no Ethernet, or NOARP, or POINTOPOINT", from: "RTM_GETLINK",
        meaning: condition.remedy(for: name))
    }
  }

  /// The interface that the default route leaves by is what was meant.
  private func renaming(of name: String) -> Fix? {
    guard let index = picture.defaultRoutes.first?.interface, !isProxy(index),
      let link = picture.link(at: index)
    else { return nil }
    return rename(name, after: "proxy", to: link.link.name)
  }

  private var interfaceNames: String {
    let names = picture.links.map(\.link.name)
    return names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and more" : "")
  }

  fileprivate func enslavement(of name: String) -> Finding? {
    guard case .enslaved(let master) = plan.condition(of: name, in: table) else { return nil }
    return Finding(
      .failure, "\(name) is a port of \(master)", value: "master \(master)",
      from: "IFLA_MASTER in RTM_GETLINK",
      meaning: "\(name) receives no packets; name \(master) instead",
      fix: rename(name, after: "proxy\\|iface", to: master))
  }

  fileprivate func missingIPv6(of link: DetailedLink) -> Finding? {
    let name = link.link.name
    if link.settings?.isDisabled != false {
      return Finding(
        .failure, "\(name): IPv6 is disabled", value: "\(variable("disable_ipv6", of: name)) = 1",
        from: "RTM_GETLINK",
        meaning: "no IPv6 packets pass, and the IPv6 addresses are removed; they return when the "
          + "interface is configured again",
        fix: set(KernelVariable("disable_ipv6", of: name), to: "0"))
    }
    let hasLinkLocal = picture.addresses(on: link.link.index).contains {
      $0.assigned.address.isLinkLocal && !$0.isDuplicate
    }
    guard link.link.hasNeighborDiscovery, !hasLinkLocal else { return nil }
    return Finding(
      .failure, "\(name): no link-local address", value: "no address of fe80::/10",
      from: "RTM_GETADDR", meaning: "no solicitations can be sent or answered there",
      fix: linkLocalFix(for: link))
  }

  private func linkLocalFix(for link: DetailedLink) -> Fix? {
    let name = link.link.name
    if link.settings?.addressGenerationMode == 1 {
      return set(KernelVariable("addr_gen_mode", of: name), to: "0")
    }
    guard let address = link.link.linkLayerAddress else { return nil }
    let command = Action.run([
      "ip", "-6", "address", "add", "\(IPv6Address(linkLocalOf: address))/64", "dev", name,
    ])
    return Fix(
      [command], lasting: lasting(command, networkd: "[Network] LinkLocalAddressing=ipv6", on: name)
    )
  }

  fileprivate func duplicate(_ address: LinkAddress) -> Finding {
    let name = picture.name(of: address.index)
    let isOnly = !picture.addresses(on: address.index).contains {
      !$0.isDuplicate && $0.assigned.address.isLinkLocal == address.address.isLinkLocal
    }
    return Finding(
      isOnly ? .failure : .warning, "\(name): another host has \(address.address)",
      value: "\(address.address)/\(address.prefixLength) dadfailed", from: "RTM_GETADDR",
      meaning: "the kernel does not use the address; find the other host, or use another address",
      fix: Fix(
        [
          .run([
            "ip", "-6", "address", "del", "\(address.address)/\(address.prefixLength)", "dev",
            name,
          ])
        ],
        lasting: ["remove the address from the configuration of \(name)"]))
  }
}

extension IPv6Address {
  /// `fe80::` and the modified EUI-64 of a link-layer address (RFC 4291 appendix A).
  init(linkLocalOf address: MACAddress) {
    let upper = UInt128(address.bits >> 24) << 40
    let lower = UInt128(address.bits & 0xff_ffff)
    self.init(bits: 0xfe80 << 112 | (upper | 0xfffe << 24 | lower) ^ 0x0200 << 48)
  }
}

extension [String] {
  /// The first few with commas, and how many more there are.
  var listed: String {
    let shown = prefix(6).joined(separator: ", ")
    return count > 6 ? "\(shown) and \(count - 6) more" : shown
  }
}
