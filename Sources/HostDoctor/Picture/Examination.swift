import Inspection
import LinuxNet
import LinuxSurvey
import NDPWire
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
  /// Whether the file includes others, in one of which an entry may be.
  package let includesOthers: Bool

  let plan: InterfacePlan
  let table: HostTable
  /// The rules that are compared with the host, in the order of the file.
  let rules: [PlacedRule]
  /// Every way that packets for the rules' addresses take, as far as parts of rules show.
  let ways: [RuleWay]
  /// The same by the place of the rule.
  private let waysOfRules: [[RuleWay]]

  /// Puts both side by side.
  package init(
    picture: HostPicture, configuration: Configuration, path: String, complaints: [String] = [],
    isUnusable: Bool = false, includesOthers: Bool = false
  ) {
    self.includesOthers = includesOthers
    self.picture = picture
    self.configuration = configuration
    self.path = path
    self.complaints = complaints
    self.isUnusable = isUnusable
    plan = InterfacePlan(configuration)
    table = HostTable(picture.links.map(\.link))
    rules = configuration.placedRules(limit: Self.ruleLimit)
    waysOfRules = rules.map { placed in
      let proxy = picture.link(named: placed.proxy)?.link.index
      return RuleParts(of: placed, on: picture).samples.map { part, address in
        RuleWay(
          placed: placed, part: part, sample: address,
          course: picture.course(to: address, enteringBy: proxy))
      }
    }
    ways = Array(waysOfRules.joined())
  }

  /// The same configuration on a host that is otherwise.
  func on(_ other: HostPicture) -> Examination {
    Examination(
      picture: other, configuration: configuration, path: path, complaints: complaints,
      isUnusable: isUnusable, includesOthers: includesOthers)
  }
}

/// A rule with the proxy that has it.
struct PlacedRule: Sendable {
  /// Where it stands among the rules that are looked at.
  let place: Int
  /// The name of the proxy interface.
  let proxy: String
  /// Whether the proxy has `autowire`.
  let installsHostRoutes: Bool
  let rule: Ruleset.Rule
  /// The longer rules of the same proxy inside this one, which decide about their own targets.
  var longer: [IPv6Prefix] = []

  /// `rule 2001:db8::/80 of eth0`.
  var description: String { "rule \(rule.prefix) of \(proxy)" }

  /// Whether the daemon gives the kernel a route to each member that it finds.
  var makesRoutes: Bool {
    if case .interface = rule.method { installsHostRoutes } else { false }
  }
}

extension Configuration {
  /// The first rules of it, in the order of the file.
  func placedRules(limit: Int) -> [PlacedRule] {
    let all = proxies.lazy.flatMap { proxy in proxy.rules.lazy.map { (proxy, $0) } }
    return all.prefix(limit).enumerated().map { place, entry in
      let (proxy, rule) = entry
      let longer = proxy.rules.prefix(limit).map(\.prefix).filter {
        $0.length > rule.prefix.length && rule.prefix.contains($0)
      }
      return PlacedRule(
        place: place, proxy: proxy.interface, installsHostRoutes: proxy.installsHostRoutes,
        rule: rule, longer: longer)
    }
  }
}

extension Examination {
  /// How many rules are compared with the host one by one.
  package static let ruleLimit = 256

  /// What was looked at, where that is not all there is: ` (the first 256 of 1000 rules)`.
  var extent: String {
    let count = configuration.proxies.reduce(0) { $0 + $1.rules.count }
    return count > rules.count ? " (the first \(rules.count) of \(count) rules)" : ""
  }

  /// The ways of one rule.
  func ways(of placed: PlacedRule) -> [RuleWay] { waysOfRules[placed.place] }

  /// Whether all that a rule is about are addresses of this host itself (AnyIP).
  func isServedHere(_ placed: PlacedRule) -> Bool {
    let all = ways(of: placed)
    return all.isEmpty
      ? placed.rule.prefix.length == 128 && picture.isOwn(placed.rule.prefix.address)
      : all.allSatisfy { $0.course == .own }
  }

  /// Whether there are members to forward to: no rule is about members elsewhere than on this host.
  var needsForwarding: Bool { rules.isEmpty || !rules.allSatisfy(isServedHere) }

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
  /// kernel sends packets to.
  var insideLinks: [DetailedLink] {
    let indexes = Set(ruleLinks.map(\.link.index)).union(ways.compactMap(\.inside))
    return picture.links.filter { indexes.contains($0.link.index) && !isProxy($0.link.index) }
  }

  /// The interface behind which a rule's members must be, for commands.
  ///
  /// The one that the rule names, or that has an address in its prefix, or the only one there is.
  /// `nil` where that is not certain: a route to the wrong place does harm.
  func insideName(of placed: PlacedRule) -> String? {
    if case .interface(let pattern) = placed.rule.method,
      case let name = pattern.text, table.link(named: name) != nil
    {
      return name
    }
    let candidates = insideCandidates
    let having = candidates.filter { link in
      picture.addresses(on: link.link.index).contains {
        placed.rule.prefix.contains($0.assigned.address)
      }
    }
    let found = having.isEmpty ? candidates : having
    return found.count == 1 ? found[0].link.name : nil
  }

  /// Interfaces that members can be behind.
  var insideCandidates: [DetailedLink] {
    let others = ["dummy", "vrf", "ifb", "nlmon", "bond_slave"]
    return picture.links.filter { link in
      !isProxy(link.link.index) && link.link.name != "lo" && link.link.master == nil
        && !others.contains(link.kind ?? "") && link.link.isUp
    }
  }
}

extension IPv6Prefix {
  /// Whether it takes in all that is outside: `::/0`, or what people write instead, `2000::/3`.
  var isOutsideAll: Bool { length <= 3 && contains(RouteQuestion.outside) }

  /// One address of it that is not its first, unless that is the only one.
  var sample: IPv6Address {
    length == 128 ? address : IPv6Address(bits: address.bits | (length <= 123 ? 0x11 : 1))
  }
}
