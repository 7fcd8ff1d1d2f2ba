import LinuxNet
import NDPWire
import ProxyConfig
import ProxyModel

/// Finds rules that take something away from the hosts on the proxy interface's own link.
///
/// A `static` rule answers for every address, whoever has it. An `iface` rule with `autowire` sends
/// this host's own packets to whoever claims an address behind it. Neither may be about addresses
/// of neighbors on the link towards the router. `auto` rules are silent about these by themselves.
struct LinkCheck {
  private let proxy: Ruleset.Proxy
  private let surroundings: Surroundings
  private let index: Int32
  private let matches: RuleMatches

  /// Looks at one proxy, whose interface has this index.
  init(_ proxy: Ruleset.Proxy, on index: Int32, in surroundings: Surroundings) {
    self.proxy = proxy
    self.index = index
    self.surroundings = surroundings
    matches = RuleMatches(proxy)
  }

  /// Whether a proxy has rules that can take something away at all.
  static func concerns(_ proxy: Ruleset.Proxy) -> Bool {
    proxy.rules.contains { isDangerous($0, in: proxy) }
  }

  private static func isDangerous(
    _ rule: Ruleset.Rule, in proxy: Ruleset.Proxy
  ) -> Bool {
    switch rule.method {
    case .static: true
    case .interface: proxy.installsHostRoutes
    case .auto: false
    }
  }

  /// Adds a warning for each rule that does.
  func report(into result: inout ParseResult) {
    var exposures: [Ruleset.Rule: Exposure] = [:]
    for prefix in surroundings.onLink[index] ?? [] where !isLocal(prefix) {
      for rule in rules(over: prefix) {
        exposures[rule, default: Exposure()].prefixes.append(prefix)
      }
    }
    for router in surroundings.routers[index] ?? [] {
      guard let rule = dangerousRule(over: router) else { continue }
      exposures[rule, default: Exposure()].routers.append(router)
    }
    for neighbor in surroundings.neighbors[index] ?? [] {
      guard let rule = dangerousRule(over: neighbor),
        exposures[rule]?.routers.contains(neighbor) != true
      else { continue }
      exposures[rule, default: Exposure()].neighbors.append(neighbor)
    }
    guard !exposures.isEmpty else { return }
    for rule in proxy.rules {
      guard let exposure = exposures.removeValue(forKey: rule) else { continue }
      let (code, message) = exposure.message(about: rule, on: proxy.interface)
      result.report(
        code, about: rule, of: proxy.interface, message, suggestion: exposure.suggestion)
    }
  }

  /// The dangerous rule that decides about an address.
  private func dangerousRule(over address: IPv6Address) -> Ruleset.Rule? {
    matches.rule(over: IPv6Prefix(address, length: 128)).flatMap {
      Self.isDangerous($0, in: proxy) ? $0 : nil
    }
  }

  /// The dangerous rules over the whole of an on-link prefix, or over a large part of it.
  ///
  /// A part is large if it is a sixteenth. Smaller parts are what people set aside on purpose:
  /// there, only neighbors that are known count.
  private func rules(over prefix: IPv6Prefix) -> [Ruleset.Rule] {
    let whole = matches.rule(over: prefix).map { [$0] } ?? []
    let parts = proxy.rules.filter {
      prefix.length + 1...prefix.length + Self.largePart ~= $0.prefix.length
        && prefix.contains($0.prefix) && !leadsElsewhere($0.prefix) && !isLocal($0.prefix)
    }
    return (whole + parts).filter { Self.isDangerous($0, in: proxy) }
  }

  /// How many bits a large part of a prefix has more than that.
  private static let largePart = 4

  private func isLocal(_ prefix: IPv6Prefix) -> Bool {
    surroundings.local.contains { $0.contains(prefix) }
  }

  private func leadsElsewhere(_ prefix: IPv6Prefix) -> Bool {
    surroundings.elsewhere.contains { $0.contains(prefix) }
  }
}

/// What of its own link a rule is about.
private struct Exposure {
  /// Prefixes that are on-link at the proxy interface.
  var prefixes: [IPv6Prefix] = []
  /// Routers there.
  var routers: [IPv6Address] = []
  /// Other neighbors there that are known.
  var neighbors: [IPv6Address] = []

  /// What is wrong with the rule.
  func message(
    about rule: Ruleset.Rule, on interface: String
  ) -> (Diagnostic.Code, String) {
    let harm: String
    let code: Diagnostic.Code
    switch rule.method {
    case .interface(let pattern):
      harm = "with 'autowire', a host behind \(pattern.text) can take over"
      code = .autowiresLink
    case .static, .auto:
      harm = "this 'static' rule answers in place of"
      code = prefixes.isEmpty ? routers.isEmpty ? .coversNeighbor : .coversRouter : .coversLink
    }
    return (code, "\(harm) \(victims(of: rule, on: interface))")
  }

  private func victims(of rule: Ruleset.Rule, on interface: String) -> String {
    guard !prefixes.isEmpty else {
      return routers.isEmpty
        ? "\(someOf(neighbors)), a neighbor on \(interface)"
        : "\(someOf(routers)), a router of this host on \(interface)"
    }
    let extent = prefixes.allSatisfy(rule.prefix.contains) ? "all" : "many"
    let known = someOf(routers + neighbors)
    return "\(extent) neighbors in \(someOf(prefixes)), which is on-link at \(interface)"
      + (known.isEmpty ? "" : ", \(known) included")
  }

  /// What to do about it.
  var suggestion: String {
    let excluded = (routers + neighbors).prefix(shownAddresses).map { "'exclude \($0)'" }
    let exclusion = excluded.joined(separator: " and ")
    guard prefixes.isEmpty else {
      return "write a longer prefix that no neighbor is in"
        + (excluded.isEmpty ? "" : ", or at least \(exclusion)")
    }
    return "add \(exclusion) to the rule, or write a longer prefix"
  }
}

/// The first of them, and how many more there are.
private func someOf(_ values: [some CustomStringConvertible]) -> String {
  let shown = values.prefix(shownAddresses).map { $0.description }.joined(separator: " and ")
  let rest = values.count - shownAddresses
  return rest > 0 ? "\(shown) and \(rest) more" : shown
}

private let shownAddresses = 2

/// Which rule of a proxy decides about addresses: the one with the longest prefix, unless an
/// exclusion has a longer one.
private struct RuleMatches {
  /// `nil` stands for an exclusion.
  private var rules: [IPv6Prefix: Ruleset.Rule?] = [:]
  private var lengths: [Int] = []

  init(_ proxy: Ruleset.Proxy) {
    for rule in proxy.rules {
      for excluded in rule.excluded { rules[excluded] = .some(nil) }
    }
    // A rule with the prefix of an exclusion counts, and of two the 'static' one.
    for rule in proxy.rules where rule.method == .static || (rules[rule.prefix] ?? nil) == nil {
      rules[rule.prefix] = .some(rule)
    }
    lengths = Set(rules.keys.map { $0.length }).sorted(by: >)
  }

  /// The rule that decides about a whole prefix, as far as no longer ones are inside it.
  func rule(over prefix: IPv6Prefix) -> Ruleset.Rule? {
    for length in lengths where length <= prefix.length {
      if let found = rules[IPv6Prefix(prefix.address, length: length)] { return found }
    }
    return nil
  }
}
