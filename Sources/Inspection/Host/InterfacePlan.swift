package import LinuxNet
package import NDPWire
package import ProxyConfig
import ProxyEngine
package import ProxyModel

/// What the rules want of which interfaces.
package struct InterfacePlan: Sendable {
  /// The names in the order of the configuration, each once.
  package let names: [String]
  /// Those of them that are patterns.
  package let patterns: [InterfacePattern]
  /// Those of them on which there are rules.
  package var proxyNames: [String] { names.filter { purposes[$0] != nil } }
  /// Those of them on which rules ask.
  private let askedNames: Set<String>
  /// Whether advertisements are to be heard: some rule asks, or another gateway may be there.
  package let asks: Bool
  private var purposes: [String: Purpose] = [:]
  /// The proxies by the names of their interfaces, without their rules.
  private var proxies: [String: Ruleset.Proxy] = [:]
  private var filters: [String: PacketFilter] = [:]

  /// `hearsEverything` is about solicitations for targets that no rule covers.
  package init(_ ruleset: Ruleset, hearsEverything: Bool = false) {
    var names: [String] = []
    var asked: Set<String> = []
    for proxy in ruleset.proxies {
      let prefixes = hearsEverything ? [.everything] : proxy.rules.map { $0.prefix }
      var purpose = Purpose(
        solicitedPrefixes: prefixes, isPromiscuous: proxy.isPromiscuous)
      purpose.groups = Self.groups(of: proxy.rules)
      purposes[proxy.interface] = purpose
      proxies[proxy.interface] = proxy
      proxies[proxy.interface]?.rules = []
      names.append(proxy.interface)
      for case .interface(let pattern) in proxy.rules.map({ $0.method }) {
        asked.insert(pattern.text)
        names.append(pattern.text)
      }
    }
    var seen: Set<String> = []
    self.names = names.filter { seen.insert($0).inserted }
    patterns = self.names.map { InterfacePattern($0) }.filter { !$0.isExact }
    askedNames = asked
    asks = ruleset.proxies.contains {
      $0.hasConditions || $0.rules.contains { $0.method != .static }
    }
  }

  /// What a configuration names.
  package init(_ configuration: Configuration) { self.init(configuration.ruleset) }

  /// Whether some rule asks on the interface of this name, or on those that match it.
  package func isAsked(_ name: String) -> Bool { askedNames.contains(name) }

  /// The names and patterns that mean an interface.
  ///
  /// Costs the patterns, however many names there are.
  package func names(meaning link: Link) -> [String] {
    link.names.filter { purposes[$0] != nil || askedNames.contains($0) }
      + patterns.filter { link.names.contains(where: $0.matches) }.map { $0.text }
  }

  /// The names and patterns that would mean an interface of this name, which is not there.
  package func names(matching name: String) -> [String] {
    (purposes[name] != nil || askedNames.contains(name) ? [name] : [])
      + patterns.filter { $0.matches(name) }.map { $0.text }
  }

  /// What the kernel lets through on a proxy interface.
  ///
  /// To compile it takes a quarter of a millisecond, so that it is done once.
  package mutating func filter(of name: String) -> PacketFilter {
    if let known = filters[name] { return known }
    let filter = PacketFilter(
      solicitationsFor: purposes[name]?.solicitedPrefixes ?? [], advertisements: false)
    filters[name] = filter
    return filter
  }

  /// The groups of the rules that are narrow enough, as many as an interface may have.
  private static func groups(of rules: [Ruleset.Rule]) -> [IPv6Address] {
    var groups: [IPv6Address] = []
    var seen: Set<IPv6Address> = []
    for prefix in rules.map({ $0.prefix }) where prefix.length >= narrowLength {
      for group in prefix.solicitedNodeMulticasts where seen.insert(group).inserted {
        if groups.count == MulticastGroups.limit { return groups }
        groups.append(group)
      }
    }
    return groups
  }

  /// Rules this long or longer have at most 256 groups.
  private static let narrowLength = 120

  /// What is wanted of the proxy interface of this name; `nil` if it is none.
  package func purpose(of name: String) -> Purpose? { purposes[name] }

  /// The proxy of the interface of this name, without its rules; `nil` if it is none.
  func proxy(named name: String) -> Ruleset.Proxy? { proxies[name] }

  /// Whether, and why not, the interface of this name can be used now.
  ///
  /// Of a pattern one usable interface is enough; else it is as with the first that matches.
  package func condition(of name: String, in host: HostTable) -> InterfaceCondition {
    let pattern = InterfacePattern(name)
    if !pattern.isExact {
      let conditions = host.links(matching: pattern).map { condition(of: $0, as: name, in: host) }
      return conditions.contains(.usable) ? .usable : conditions.first ?? .unmatched
    }
    guard let link = host.link(named: name) else { return .missing }
    return condition(of: link, as: name, in: host)
  }

  /// The same of an interface that the name means.
  package func condition(of link: Link, as name: String, in host: HostTable) -> InterfaceCondition {
    if let master = link.master { return .enslaved(host.links[master]?.name ?? "#\(master)") }
    if link.linkLayerAddress == nil || !link.hasNeighborDiscovery {
      return isAsked(name) ? .noNeighbors : .notEthernet
    }
    return link.isUp ? .usable : .down
  }

  /// What is wanted of a proxy interface.
  package struct Purpose: Equatable, Sendable {
    /// The prefixes of its rules.
    package var solicitedPrefixes: [IPv6Prefix] = []
    /// Whether the interface is to receive every frame of its link, for drivers that drop groups.
    package var isPromiscuous = false
    /// The groups to which questions for the targets of its narrow rules go.
    package var groups: [IPv6Address] = []
  }
}

extension IPv6Prefix {
  /// `::/0`.
  fileprivate static let everything = IPv6Prefix(.unspecified, length: 0)
}
