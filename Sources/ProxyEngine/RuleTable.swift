import NDPWire
import PrefixTrie

/// A ruleset made ready for lookups, with rule interfaces found by name whenever they change.
struct RuleTable {
  private(set) var proxies: [Proxy]
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

  struct Proxy {
    let name: String
    fileprivate(set) var isRouter: Bool
    let isOverride: Bool
    let source: Ruleset.AdvertisementSource
    let duplicateDetection: Ruleset.DuplicateDetection
    let installsHostRoutes: Bool
    let timers: Ruleset.Timers
    /// Positions in `rules`, by prefix.
    var trie = PrefixTrie()
  }

  /// All methods given for one prefix: equal prefixes with different interfaces fan out.
  struct Rule {
    let prefix: IPv6Prefix
    /// Whether it only keeps a shorter rule from being about these targets.
    var isExclusion = false
    var isStatic = false
    var isAuto = false
    var routesViaNeighbor = false
    /// Positions of interface patterns.
    var interfaces: [Int] = []
  }

  /// For each proxy the position of its first rule.
  private var firstRules: [Int] = []

  /// Which rule asks on which pattern; of use only while rules are added.
  private var methods: Set<[Int]> = []

  init(_ ruleset: Ruleset) {
    proxies = ruleset.proxies.map {
      Proxy(
        name: $0.interface, isRouter: $0.isRouter, isOverride: $0.isOverride, source: $0.source,
        duplicateDetection: $0.duplicateDetection, installsHostRoutes: $0.installsHostRoutes,
        timers: $0.timers)
    }
    proxyInterfaces = ruleset.proxies.map { _ in nil }
    askedProxies = ruleset.proxies.map { _ in false }
    for (proxy, rules) in ruleset.proxies.map(\.rules).enumerated() {
      firstRules.append(self.rules.count)
      for rule in rules { add(rule, to: proxy) }
      for prefix in rules.flatMap(\.excluded) { exclude(prefix, from: proxy) }
    }
    methods = []
  }

  private mutating func add(_ rule: Ruleset.Rule, to proxy: Int) {
    let position = proxies[proxy].trie[rule.prefix] ?? rules.count
    if position == rules.count {
      rules.append(Rule(prefix: rule.prefix))
      proxies[proxy].trie[rule.prefix] = position
    }
    if rule.routesViaNeighbor { rules[position].routesViaNeighbor = true }
    switch rule.method {
    case .static: rules[position].isStatic = true
    case .auto: rules[position].isAuto = true
    case .interface(let name):
      let interface = patternPosition(of: InterfacePattern(name))
      if methods.insert([position, interface]).inserted {
        rules[position].interfaces.append(interface)
      }
    }
  }

  /// Puts a rule that answers nothing where no rule is.
  private mutating func exclude(_ prefix: IPv6Prefix, from proxy: Int) {
    guard proxies[proxy].trie[prefix] == nil else { return }
    proxies[proxy].trie[prefix] = rules.count
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
    Dictionary(proxies.map { ($0.name, $0.isRouter) }) { first, _ in first }
  }

  /// Gives the proxies these R flags, and returns the names of those that had another one.
  mutating func fixRouterFlags(_ flags: [String: Bool]) -> [String] {
    var contradicted: [String] = []
    for proxy in proxies.indices {
      guard let flag = flags[proxies[proxy].name], flag != proxies[proxy].isRouter else { continue }
      proxies[proxy].isRouter = flag
      contradicted.append(proxies[proxy].name)
    }
    return contradicted
  }

  /// The proxy whose rule it is; a binary search.
  func proxy(ofRule position: Int) -> Int {
    firstRules.partitionPoint { $0 <= position } - 1
  }

  /// The names and patterns of interfaces on which a rule asks.
  func patterns(of rule: Rule) -> [InterfacePattern] { rule.interfaces.map { patterns[$0] } }

  /// Finds proxy and rule interfaces by their names anew.
  mutating func resolve(in interfaces: InterfaceTable) {
    let indexes = interfaces.indexesByName
    proxyInterfaces = proxies.map { indexes[$0.name] }
    interfaceIndexes = patterns.map { pattern in
      if pattern.isExact { return indexes[pattern.text].map { [$0] } ?? [] }
      return interfaces.interfaces.filter { pattern.matches($0.name) }.map(\.index)
    }
    let asked = Set(interfaceIndexes.joined())
    askedProxies = proxyInterfaces.map { $0.map(asked.contains) ?? false }
  }

  /// The proxy of the interface, if it has one; they are few.
  func proxy(on interface: InterfaceIndex) -> Int? {
    proxyInterfaces.firstIndex(of: interface)
  }

  /// Whether a rule names the interface of a proxy as one to ask on.
  func asksWhereItAnswers(_ proxy: Int) -> Bool { askedProxies[proxy] }

  /// The position of the rule with the longest prefix that covers the target.
  func position(of proxy: Int, covering target: IPv6Address) -> Int? {
    proxies[proxy].trie.longestMatch(target)
  }

  /// The rule with the longest prefix that covers the target.
  func rule(of proxy: Int, covering target: IPv6Address) -> Rule? {
    position(of: proxy, covering: target).map { rules[$0] }
  }

  /// The interfaces on which a rule asks, those that are not there left out.
  func interfaces(of rule: Rule) -> [InterfaceIndex] {
    // The usual case, and the one in which there may be many.
    if rule.interfaces.count == 1 { return interfaceIndexes[rule.interfaces[0]] }
    var found: [InterfaceIndex] = []
    for index in rule.interfaces.flatMap({ interfaceIndexes[$0] }) where !found.contains(index) {
      found.append(index)
    }
    return found
  }
}
