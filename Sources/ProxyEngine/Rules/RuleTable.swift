package import NDPWire
import PrefixTrie
package import ProxyModel

/// All methods given for one prefix: equal prefixes with different interfaces fan out.
package struct Rule: Sendable {
  /// The targets.
  package let prefix: IPv6Prefix
  /// Whether it only keeps a shorter rule from being about these targets.
  package fileprivate(set) var isExclusion = false
  /// Whether every target is there.
  package fileprivate(set) var isStatic = false
  /// Whether the kernel's route says where to ask.
  package fileprivate(set) var isAuto = false
  /// Whether host routes lead by way of the host that confirmed the target.
  package fileprivate(set) var routesViaNeighbor = false
  /// What must hold for it to be in force, besides what its proxy requires.
  package fileprivate(set) var conditions: [Ruleset.Condition] = []
  /// Whether all of that holds, and what its proxy requires.
  package fileprivate(set) var isEntitled = true
  /// What they are for, for people; empty if nothing is said.
  package fileprivate(set) var description = ""
  /// Positions of interface patterns.
  fileprivate var interfaces: [Int] = []
}

/// A ruleset made ready for lookups, with rule interfaces found by name whenever they change.
struct RuleTable {
  /// As the configuration has them, but for their rules.
  private(set) var proxies: [Ruleset.Proxy]
  /// For each proxy the positions of its rules, by prefix.
  private(set) var tries: [PrefixTrie]
  /// Every rule of every proxy; tries and sessions name them by position.
  private(set) var rules: [Rule] = []
  /// For each proxy the interface of its name, while there is one.
  private(set) var proxyInterfaces: [InterfaceIndex?]
  private var patterns: [InterfacePattern] = []
  private var patternPositions: [InterfacePattern: Int] = [:]
  /// For each pattern the interfaces that it means now, lowest index first.
  private var interfaceIndexes: [[InterfaceIndex]] = []
  /// For each proxy whether its own interface is among these.
  private var askedProxies: [Bool]
  /// For each proxy whether it or one of its rules has conditions.
  let conditionalProxies: [Bool]
  /// Whether any has.
  let hasConditions: Bool
  /// The proxies by the names of their interfaces.
  private let proxyPositions: [String: Int]

  /// For each proxy the position of its first rule.
  private var firstRules: [Int] = []

  /// Which rule asks on which pattern; of use only while rules are added.
  private var methods: Set<[Int]> = []

  init(_ ruleset: Ruleset) {
    proxies = ruleset.proxies.map {
      var proxy = $0
      proxy.rules = []
      return proxy
    }
    tries = ruleset.proxies.map { _ in PrefixTrie() }
    conditionalProxies = ruleset.proxies.map { $0.hasConditions }
    hasConditions = conditionalProxies.contains(true)
    proxyPositions = Dictionary(
      firstOf: ruleset.proxies.enumerated().map { ($1.interface, $0) })
    proxyInterfaces = ruleset.proxies.map { _ in nil }
    askedProxies = ruleset.proxies.map { _ in false }
    for (proxy, rules) in ruleset.proxies.map({ $0.rules }).enumerated() {
      firstRules.append(self.rules.count)
      for rule in rules { add(rule, to: proxy) }
      for prefix in rules.flatMap({ $0.excluded }) { exclude(prefix, from: proxy) }
    }
    methods = []
    _ = entitle { _ in false }
  }

  /// Goes by which conditions are met; returns the rules for which that makes a difference.
  ///
  /// Costs the number of rules, where there are conditions.
  mutating func entitle(_ isMet: (Ruleset.Condition) -> Bool) -> Set<Int> {
    guard hasConditions else { return [] }
    var changed: Set<Int> = []
    for proxy in proxies.indices where conditionalProxies[proxy] {
      let isProxyEntitled = proxies[proxy].conditions.allSatisfy(isMet)
      for position in positions(ofProxy: proxy) {
        let isEntitled = isProxyEntitled && rules[position].conditions.allSatisfy(isMet)
        guard isEntitled != rules[position].isEntitled else { continue }
        rules[position].isEntitled = isEntitled
        changed.insert(position)
      }
    }
    return changed
  }

  private mutating func add(_ rule: Ruleset.Rule, to proxy: Int) {
    let position = tries[proxy][rule.prefix] ?? rules.count
    if position == rules.count {
      rules.append(Rule(prefix: rule.prefix))
      tries[proxy][rule.prefix] = position
    }
    if rule.routesViaNeighbor { rules[position].routesViaNeighbor = true }
    for condition in rule.conditions where !rules[position].conditions.contains(condition) {
      rules[position].conditions.append(condition)
    }
    describe(position, as: rule.description)
    switch rule.method {
    case .static: rules[position].isStatic = true
    case .auto: rules[position].isAuto = true
    case .interface(let pattern):
      let interface = patternPosition(of: pattern)
      if methods.insert([position, interface]).inserted {
        rules[position].interfaces.append(interface)
      }
    }
  }

  /// Adds what another rule of the same prefix is for, as long as that is short.
  private mutating func describe(_ position: Int, as text: String) {
    let known = rules[position].description
    if known.isEmpty {
      rules[position].description = text
    } else if !text.isEmpty, known.utf8.count < Self.descriptionOctets, !known.hasSuffix(text) {
      rules[position].description = "\(known); \(text)"
    }
  }

  /// How long the descriptions of one prefix are when no more are added.
  private static let descriptionOctets = 400

  /// Puts a rule that answers nothing where no rule is.
  private mutating func exclude(_ prefix: IPv6Prefix, from proxy: Int) {
    guard tries[proxy][prefix] == nil else { return }
    tries[proxy][prefix] = rules.count
    rules.append(Rule(prefix: prefix, isExclusion: true))
  }

  private mutating func patternPosition(of pattern: InterfacePattern) -> Int {
    if let known = patternPositions[pattern] { return known }
    patternPositions[pattern] = patterns.count
    patterns.append(pattern)
    interfaceIndexes.append([])
    return patterns.count - 1
  }

  /// The R flag of each proxy by the name of its interface.
  var routerFlags: [String: Bool] {
    Dictionary(firstOf: proxies.map { ($0.interface, $0.isRouter) })
  }

  /// Gives the proxies these R flags, and returns the names of those that had another one.
  mutating func fixRouterFlags(_ flags: [String: Bool]) -> [String] {
    var contradicted: [String] = []
    for proxy in proxies.indices {
      guard let flag = flags[proxies[proxy].interface], flag != proxies[proxy].isRouter else {
        continue
      }
      proxies[proxy].isRouter = flag
      contradicted.append(proxies[proxy].interface)
    }
    return contradicted
  }

  /// The proxy whose rule it is; a binary search.
  func proxy(ofRule position: Int) -> Int {
    firstRules.partitionPoint { $0 <= position } - 1
  }

  /// The names and patterns of interfaces on which a rule asks.
  func patterns(of rule: Rule) -> [InterfacePattern] { rule.interfaces.map { patterns[$0] } }

  /// Finds the proxy and rule interfaces among these by their names.
  mutating func resolve(in interfaces: InterfaceTable) {
    for interface in interfaces.interfaces {
      rename(interface.index, from: [], to: interface.names)
    }
  }

  /// Takes up that an interface goes by other names, or by none because it is gone.
  ///
  /// Costs the patterns, however many interfaces there are.
  mutating func rename(_ index: InterfaceIndex, from old: [String], to new: [String]) {
    for name in old {
      // Another interface may have taken the name over.
      if let proxy = proxyPositions[name], proxyInterfaces[proxy] == index {
        proxyInterfaces[proxy] = nil
      }
    }
    for name in new { if let proxy = proxyPositions[name] { proxyInterfaces[proxy] = index } }
    for pattern in patterns.indices {
      // It may have come again without having been seen to go.
      if old.isEmpty || old.contains(where: patterns[pattern].matches) {
        remove(index, fromPattern: pattern)
      }
      if new.contains(where: patterns[pattern].matches) { add(index, toPattern: pattern) }
    }
    for proxy in proxyInterfaces.indices where proxyInterfaces[proxy] == index {
      askedProxies[proxy] = patterns.indices.contains { pattern(at: $0, means: index) }
    }
  }

  private mutating func add(_ index: InterfaceIndex, toPattern pattern: Int) {
    let place = interfaceIndexes[pattern].partitionPoint { $0 < index }
    interfaceIndexes[pattern].insert(index, at: place)
  }

  private mutating func remove(_ index: InterfaceIndex, fromPattern pattern: Int) {
    guard self.pattern(at: pattern, means: index) else { return }
    interfaceIndexes[pattern].remove(at: interfaceIndexes[pattern].partitionPoint { $0 < index })
  }

  private func pattern(at position: Int, means index: InterfaceIndex) -> Bool {
    let place = interfaceIndexes[position].partitionPoint { $0 < index }
    return place < interfaceIndexes[position].count && interfaceIndexes[position][place] == index
  }

  /// The proxy of the interface, if it has one; they are few.
  func proxy(on interface: InterfaceIndex) -> Int? {
    proxyInterfaces.firstIndex(of: interface)
  }

  /// The positions of a proxy's rules.
  func positions(ofProxy proxy: Int) -> Range<Int> {
    firstRules[proxy]..<(proxy + 1 < firstRules.count ? firstRules[proxy + 1] : rules.count)
  }

  /// Whether a rule names the interface of a proxy as one to ask on.
  func asksWhereItAnswers(_ proxy: Int) -> Bool { askedProxies[proxy] }

  /// The position of the rule with the longest prefix that covers the target.
  func position(of proxy: Int, covering target: IPv6Address) -> Int? {
    tries[proxy].longestMatch(target)
  }

  /// The rule with the longest prefix that covers the target.
  func rule(of proxy: Int, covering target: IPv6Address) -> Rule? {
    position(of: proxy, covering: target).map { rules[$0] }
  }

  /// Whether a rule asks on an interface; a binary search for each of its patterns.
  func names(_ rule: Rule, _ index: InterfaceIndex) -> Bool {
    rule.interfaces.contains { pattern(at: $0, means: index) }
  }

  /// On how many interfaces a rule asks; one that two patterns match counts twice.
  func interfaceCount(of rule: Rule) -> Int {
    rule.interfaces.reduce(0) { $0 + interfaceIndexes[$1].count }
  }

  /// The interface at a place among those of a rule; `nil` where it is at an earlier one as well.
  func interface(at place: Int, of rule: Rule) -> InterfaceIndex? {
    var rest = place
    for (position, pattern) in rule.interfaces.enumerated() {
      guard rest >= interfaceIndexes[pattern].count else {
        let index = interfaceIndexes[pattern][rest]
        let earlier = rule.interfaces[..<position]
        return earlier.contains { self.pattern(at: $0, means: index) } ? nil : index
      }
      rest -= interfaceIndexes[pattern].count
    }
    return nil
  }

  /// The interfaces on which a rule asks, those that are not there left out.
  func interfaces(of rule: Rule) -> [InterfaceIndex] {
    (0..<interfaceCount(of: rule)).compactMap { interface(at: $0, of: rule) }
  }
}
