import Inspection
import LinuxNet
import LinuxSurvey
package import NDPWire
package import ProxyConfig
import ProxyModel

/// A host and the configuration that it is to serve, side by side.
package struct Examination: Sendable {
  /// How the host is.
  package let picture: HostPicture
  /// What the proxy is to do; empty where the file has errors.
  package let configuration: Configuration
  /// Where the configuration was read.
  package let path: String
  /// Errors and warnings of the file, a line each.
  package let complaints: [String]
  /// Whether any of these is an error, so that there is nothing to compare the host with.
  package let isUnusable: Bool

  let plan: PortPlan
  let table: HostTable

  /// Puts both side by side.
  package init(
    picture: HostPicture, configuration: Configuration, path: String, complaints: [String] = [],
    isUnusable: Bool = false
  ) {
    self.picture = picture
    self.configuration = configuration
    self.path = path
    self.complaints = complaints
    self.isUnusable = isUnusable
    plan = PortPlan(configuration)
    table = HostTable(picture.links.map(\.link))
  }
}

/// A rule with the proxy that has it.
struct PlacedRule: Sendable {
  /// The name of the proxy interface.
  let proxy: String
  let rule: Ruleset.Rule

  /// `rule 2001:db8::/80 of eth0`.
  var description: String { "rule \(rule.prefix) of \(proxy)" }
}

extension Examination {
  /// How many rules are compared with the host one by one; a file with more has them alike.
  package static let ruleLimit = 256

  /// The rules that are compared with the host, in the order of the file.
  var rules: [PlacedRule] {
    let all = configuration.proxies.lazy.flatMap { proxy in
      proxy.rules.lazy.map { PlacedRule(proxy: proxy.interface, rule: $0) }
    }
    return Array(all.prefix(Self.ruleLimit))
  }

  /// The interfaces on which solicitations are answered, as far as they are there.
  var proxyLinks: [DetailedLink] {
    configuration.proxies.compactMap { picture.link(named: $0.interface) }
  }

  /// The interfaces that rules name to ask on, as far as they are there; patterns are expanded.
  var ruleLinks: [DetailedLink] {
    let names = configuration.proxies.flatMap(\.rules).compactMap { rule in
      if case .interface(let pattern) = rule.method { pattern.text } else { nil as String? }
    }
    let indexes = Set(names).flatMap { table.links(matching: $0).map(\.index) }
    return picture.links.filter { indexes.contains($0.link.index) }
  }

  func isProxy(_ index: Int32) -> Bool { proxyLinks.contains { $0.link.index == index } }

  /// The interfaces behind which the members are: those that rules name, and those that the
  /// rules' prefixes are routed to.
  var insideLinks: [DetailedLink] {
    var indexes = Set(ruleLinks.map(\.link.index))
    for placed in rules {
      for sample in samples(of: placed) {
        if let index = picture.lookups[sample]?.interface, !isProxy(index) { indexes.insert(index) }
      }
    }
    return picture.links.filter { indexes.contains($0.link.index) }
  }

  /// Some addresses that stand for a rule: none of this host's, none that is excluded.
  func samples(of placed: PlacedRule) -> [IPv6Address] {
    let refusals = picture.routes.filter {
      $0.type.isRefusal && placed.rule.prefix.contains($0.destination)
    }
    return (placed.rule.samples + refusals.map { $0.destination.sample }).filter { address in
      !picture.isOwn(address) && !placed.rule.excluded.contains { $0.contains(address) }
    }
  }

  /// What an interface is called whose members a rule is about, for commands.
  ///
  /// The one that the rule names; else the likeliest of those that are no proxy's.
  func insideName(of placed: PlacedRule) -> String? {
    if case .interface(let pattern) = placed.rule.method,
      case let name = pattern.text, table.link(named: name) != nil
    {
      return name
    }
    let candidates = picture.links.filter { link in
      !isProxy(link.link.index) && link.link.name != "lo" && link.link.master == nil
    }
    return candidates.max { likelihood($0, placed) < likelihood($1, placed) }?.link.name
  }

  private func likelihood(_ link: DetailedLink, _ placed: PlacedRule) -> Int {
    let hasAddress = picture.addresses(on: link.link.index).contains {
      placed.rule.prefix.contains($0.assigned.address)
    }
    let isTunnel = link.link.name.hasPrefix("zt") || link.kind == "wireguard" || link.kind == "tun"
    return (hasAddress ? 8 : 0) + (isTunnel ? 4 : 0) + (link.kind == "bridge" ? 2 : 0)
      + (link.link.isUp ? 1 : 0)
  }
}

extension Ruleset.Rule {
  /// Three addresses of its prefix, or the one that there is.
  package var samples: [IPv6Address] {
    let size = UInt128(1) << (128 - max(1, prefix.length))
    let offsets = size > 16 ? [16 as UInt128, size / 2 + 1, size - 2] : [size - 1]
    return offsets.map { IPv6Address(bits: prefix.address.bits | $0) }
  }
}

extension IPv6Prefix {
  /// One address of it that is not its first, unless that is the only one.
  var sample: IPv6Address {
    length == 128 ? address : IPv6Address(bits: address.bits | (length <= 123 ? 0x11 : 1))
  }
}

extension RouteResult {
  /// The interface that it leads to.
  var interface: Int32? {
    switch self {
    case .onLink(let index), .gateway(let index): index
    case .local, .anycast, .unreachable: nil
    }
  }
}
