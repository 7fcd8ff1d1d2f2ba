import ProxyModel

/// One key of the language: where it may stand, and what its value sets.
///
/// The parser, the printer, the corrections and the tests all read the one table, `Keyword.all`.
package struct Keyword: Sendable {
  /// As it is written in the file.
  package let name: String

  /// The block whose key it is.
  package let block: Block

  /// What its value means.
  let meaning: Meaning

  /// Whether the daemon acts on it already.
  let isInEffect: Bool

  private init(_ name: String, in block: Block, _ meaning: Meaning, isInEffect: Bool = true) {
    self.name = name
    self.block = block
    self.meaning = meaning
    self.isInEffect = isInEffect
  }
}

extension Keyword {
  /// Where a key may stand.
  package enum Block: Equatable, Sendable {
    /// Outside every block.
    case file

    /// In a `proxy` block.
    case proxy

    /// In a `rule` block.
    case rule
  }

  /// What a key's value means, with the range of numbers and the place in the model.
  enum Meaning: Sendable {
    /// The path of another file, or a pattern for several.
    case include

    /// `proxy <interface> { … }`
    case proxyBlock

    /// `rule <prefix> { … }`
    case ruleBlock

    /// A poll interval in milliseconds that ndppd needed and we do not.
    case pollInterval(any Path<Configuration, Duration?>)

    /// A number of milliseconds; it has a default.
    case duration(any Path<Ruleset.Proxy, Duration>, ClosedRange<Int>)

    /// A plain number; it has a default.
    case count(any Path<Ruleset.Proxy, Int>, ClosedRange<Int>)

    /// `yes` or `no` for a proxy; it has a default.
    case proxySwitch(any Path<Ruleset.Proxy, Bool>)

    /// A limit for all proxies together; it has a default.
    case limit(any Path<Configuration, Int>, ClosedRange<Int>)

    /// A limit for all proxies together that need not be; without one it is `unlimited`.
    case optionalLimit(any Path<Configuration, Int?>, ClosedRange<Int>)

    /// Which address advertisements come from; it has a default.
    case source(any Path<Ruleset.Proxy, Ruleset.AdvertisementSource>)

    /// What hosts get that detect duplicates; it has a default.
    case duplicateDetection(any Path<Ruleset.Proxy, Ruleset.DuplicateDetection>)

    /// Whose solicitations are answered; it has a default.
    case solicitors(any Path<Ruleset.Proxy, Ruleset.Solicitors>)

    /// `yes` or `no` for a rule; the default is no.
    case ruleSwitch(any Path<Ruleset.Rule, Bool>)

    /// A method that is chosen by its mere presence.
    case method(Ruleset.Method)

    /// The method that takes the name of an interface.
    case interfaceMethod

    /// A prefix inside the rule's that the rule is not about; may be given several times.
    case exclusion
  }

  /// A place in the model that a value is written to.
  typealias Path<Root, Value> = WritableKeyPath<Root, Value> & Sendable
}

extension Keyword {
  /// Every key there is, in the order in which they are printed.
  package static let all = [
    Keyword("include", in: .file, .include),
    Keyword("route-ttl", in: .file, .pollInterval(\.routeTTL), isInEffect: false),
    Keyword("address-ttl", in: .file, .pollInterval(\.addressTTL), isInEffect: false),
    Keyword("max-sessions", in: .file, .limit(\.limits.sessions, 1...TextBounds.sessions)),
    Keyword(
      "max-solicitations", in: .file, .limit(\.limits.solicitationsPerSecond, 1...TextBounds.rate)),
    Keyword(
      "max-route-lookups", in: .file, .limit(\.limits.routeLookupsPerSecond, 1...TextBounds.rate)),
    Keyword(
      "max-advertisements", in: .file,
      .optionalLimit(\.limits.advertisementsPerSecond, 1...TextBounds.rate)),
    Keyword("proxy", in: .file, .proxyBlock),

    Keyword("router", in: .proxy, .proxySwitch(\.isRouter)),
    Keyword("override", in: .proxy, .proxySwitch(\.isOverride)),
    Keyword("source", in: .proxy, .source(\.source)),
    Keyword("dad", in: .proxy, .duplicateDetection(\.duplicateDetection)),
    Keyword("solicitors", in: .proxy, .solicitors(\.solicitors)),
    Keyword("timeout", in: .proxy, .duration(\.timers.timeout, 1...TextBounds.timeoutMilliseconds)),
    Keyword("retries", in: .proxy, .count(\.timers.retries, 0...TextBounds.retries)),
    Keyword("ttl", in: .proxy, .duration(\.timers.ttl, 1...TextBounds.lifetimeMilliseconds)),
    Keyword(
      "deadtime", in: .proxy, .duration(\.timers.deadtime, 1...TextBounds.lifetimeMilliseconds)),
    Keyword("keepalive", in: .proxy, .proxySwitch(\.timers.keepsAlive)),
    Keyword("autowire", in: .proxy, .proxySwitch(\.installsHostRoutes)),
    Keyword("promiscuous", in: .proxy, .proxySwitch(\.isPromiscuous)),
    Keyword("outgoing", in: .proxy, .proxySwitch(\.reactsToOutgoing), isInEffect: false),
    Keyword("rule", in: .proxy, .ruleBlock),

    Keyword("static", in: .rule, .method(.static)),
    Keyword("iface", in: .rule, .interfaceMethod),
    Keyword("auto", in: .rule, .method(.auto)),
    Keyword("exclude", in: .rule, .exclusion),
    Keyword("autovia", in: .rule, .ruleSwitch(\.routesViaNeighbor)),
  ]

  /// The key of this name, letter case included.
  package static func named(_ name: String) -> Keyword? { byName[name] }

  /// The keys that may stand in a block.
  package static func all(in block: Block) -> [Keyword] { all.filter { $0.block == block } }

  /// Whether the key is followed by `{ … }`.
  var opensBlock: Bool {
    switch meaning {
    case .proxyBlock, .ruleBlock: true
    default: false
    }
  }

  /// Whether the key's value is a path, which may hold octets that other values may not.
  var takesPath: Bool {
    if case .include = meaning { true } else { false }
  }

  /// Whether the key needs no value.
  var standsAlone: Bool {
    if case .method = meaning { true } else { false }
  }

  /// The word that stands for no limit, where the key's number may be left open.
  var wordForNoLimit: String? {
    if case .optionalLimit = meaning { "unlimited" } else { nil }
  }

  /// Whether the key is one of the methods.
  var isMethod: Bool {
    switch meaning {
    case .method, .interfaceMethod: true
    default: false
    }
  }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension Keyword.Block: CustomStringConvertible {
  /// Where that is, as messages put it.
  package var description: String {
    switch self {
    case .file: "outside every block"
    case .proxy: "in a 'proxy' block"
    case .rule: "in a 'rule' block"
    }
  }
}
