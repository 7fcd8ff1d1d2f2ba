import LinuxSurvey

/// The program that loads the chains of a packet filter, and loads them anew when it is told to.
enum RulesetKeeper: Equatable {
  case ufw
  /// ufw with `IPV6=no`, which drops all of IPv6, in this file.
  case ufwWithoutIPv6(path: String)
  case firewalld
  case docker
  case proxmox
  /// Rules of ip6tables-nft that somebody else loads.
  case ip6tables
  /// The same, in a table in which other programs have chains of their own.
  case sharedTable
  case nftables
}

extension HostPicture {
  /// Whether ufw(8) is started at boot.
  var enablesUFW: Bool {
    networkFiles.contains {
      $0.path.hasSuffix("/etc/ufw/ufw.conf") && $0.has(key: "ENABLED", oneOf: ["yes"])
    }
  }

  /// Who loads the chain at a hook.
  func keeper(of base: NetfilterChain, in ruleset: NetfilterRuleset) -> RulesetKeeper {
    if base.table == "firewalld" { return .firewalld }
    if base.mentions("ufw6-") { return .ufw }
    let neighbors = ruleset.chains.filter { $0.family == base.family && $0.table == base.table }
    let has = { (beginnings: [String]) in
      neighbors.contains { chain in beginnings.contains { chain.name.hasPrefix($0) } }
    }
    let isDocker = neighbors.contains { ["DOCKER", "DOCKER-USER"].contains($0.name) }
    if isDocker { return .docker }
    if base.mentions("PVEFW") { return .proxmox }
    guard base.family == .ip6, ["FORWARD", "INPUT", "OUTPUT"].contains(base.name) else {
      return .nftables
    }
    let setting = networkFiles.first { $0.path.hasSuffix("/etc/default/ufw") }
    if enablesUFW, let setting, setting.has(key: "IPV6", oneOf: ["no"]), !has(["ufw6-"]) {
      return .ufwWithoutIPv6(path: setting.path)
    }
    return has(["LIBVIRT_", "KUBE-", "CNI-", "f2b-"]) ? .sharedTable : .ip6tables
  }
}

extension NetfilterChain {
  /// Whether a rule of it jumps to a chain whose name begins so.
  func mentions(_ beginning: String) -> Bool {
    rules.contains { rule in
      rule.expressions.contains { expression in
        switch expression {
        case .verdict(.jump(let name)), .verdict(.goTo(let name)): name.hasPrefix(beginning)
        default: false
        }
      }
    }
  }
}

extension Firewall {
  /// The zone that firewalld counts a forwarded packet to, by where it comes from.
  ///
  /// `nil` where it cannot be told from the chains.
  func zone(of packet: TestPacket, beside base: NetfilterChain) -> String? {
    // Before version 2.0, and since then.
    let names = ["filter_FORWARD_ZONES", "filter_FORWARD_POLICIES"]
    guard let chain = names.lazy.compactMap({ ruleset.chain($0, beside: base) }).first else {
      return nil
    }
    for rule in chain.rules {
      guard case .yes(let verdict) = match(rule, packet.seen(at: .forward), in: chain) else {
        continue
      }
      switch verdict {
      case .jump(let name), .goTo(let name):
        let beginning = "filter_FWD_"
        if name.hasPrefix(beginning), !name.hasPrefix(beginning + "policy_") {
          return String(name.dropFirst(beginning.count))
        }
      default: continue
      }
    }
    return nil
  }
}
