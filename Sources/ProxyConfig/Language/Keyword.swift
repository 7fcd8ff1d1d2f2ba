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

  private init(file name: String, _ option: Option<Configuration>, isInEffect: Bool = true) {
    self.init(name, in: .file, .fileOption(option), isInEffect: isInEffect)
  }

  private init(proxy name: String, _ option: Option<Ruleset.Proxy>, isInEffect: Bool = true) {
    self.init(name, in: .proxy, .proxyOption(option), isInEffect: isInEffect)
  }

  private init(rule name: String, _ option: Option<Ruleset.Rule>) {
    self.init(name, in: .rule, .ruleOption(option))
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

  /// What a key's value means.
  enum Meaning: Sendable {
    /// The path of another file, or a pattern for several.
    case include

    /// `proxy <interface> { … }`
    case proxyBlock

    /// `rule <prefix> { … }`
    case ruleBlock

    /// An option outside every block.
    case fileOption(Option<Configuration>)

    /// An option of a proxy.
    case proxyOption(Option<Ruleset.Proxy>)

    /// An option of a rule.
    case ruleOption(Option<Ruleset.Rule>)

    /// A method that is chosen by its mere presence.
    case method(Ruleset.Method)

    /// The method that takes the name of an interface.
    case interfaceMethod

    /// A prefix inside the rule's that the rule is not about; may be given several times.
    case exclusion

    /// What must hold for the proxy or the rule to be in force; may be given several times.
    case condition
  }
}

extension Keyword {
  /// Every key there is, in the order in which they are printed.
  package static let all: [Keyword] = [
    Keyword("include", in: .file, .include),
    Keyword(
      file: "route-ttl", .unusedDuration({ $1(&$0.routeTTL) }, 0...TextBounds.pollMilliseconds),
      isInEffect: false),
    Keyword(
      file: "address-ttl", .unusedDuration({ $1(&$0.addressTTL) }, 0...TextBounds.pollMilliseconds),
      isInEffect: false),
    Keyword(
      file: "max-sessions",
      .count({ $1(&$0.limits.sessions) }, 1...TextBounds.sessions, unit: .limit)),
    Keyword(
      file: "max-solicitations",
      .count({ $1(&$0.limits.solicitationsPerSecond) }, 1...TextBounds.rate, unit: .limit)),
    Keyword(
      file: "max-route-lookups",
      .count({ $1(&$0.limits.routeLookupsPerSecond) }, 1...TextBounds.rate, unit: .limit)),
    Keyword(
      file: "max-advertisements",
      .optionalLimit({ $1(&$0.limits.advertisementsPerSecond) }, 1...TextBounds.rate)),
    Keyword(file: "kernel-path", .choice({ $1(&$0.kernelPath) }, "'auto', 'yes', 'xdp' or 'no'")),
    Keyword(
      file: "max-announcements",
      .count({ $1(&$0.limits.announcementsPerSecond) }, 1...TextBounds.rate, unit: .limit)),
    Keyword(
      file: "keep-targets", .path({ $1(&$0.targetsPath) }, example: "/var/lib/ndpproxy/targets")),
    Keyword("proxy", in: .file, .proxyBlock),

    Keyword(proxy: "router", .flag { $1(&$0.isRouter) }),
    Keyword(proxy: "override", .flag { $1(&$0.isOverride) }),
    Keyword(proxy: "source", .source),
    Keyword(
      proxy: "dad", .choice({ $1(&$0.duplicateDetection) }, "'ignore', 'verify' or 'defend'")),
    Keyword(proxy: "solicitors", .choice({ $1(&$0.solicitors) }, "'on-link' or 'any'")),
    Keyword(
      proxy: "timeout", .duration({ $1(&$0.timers.timeout) }, 1...TextBounds.timeoutMilliseconds)),
    Keyword(
      proxy: "retries", .count({ $1(&$0.timers.retries) }, 0...TextBounds.retries, unit: .times)),
    Keyword(proxy: "ttl", .duration({ $1(&$0.timers.ttl) }, 1...TextBounds.lifetimeMilliseconds)),
    Keyword(
      proxy: "deadtime", .duration({ $1(&$0.timers.deadtime) }, 1...TextBounds.lifetimeMilliseconds)
    ),
    Keyword(proxy: "keepalive", .flag { $1(&$0.timers.keepsAlive) }),
    Keyword(proxy: "autowire", .flag { $1(&$0.installsHostRoutes) }),
    Keyword(proxy: "promiscuous", .flag { $1(&$0.isPromiscuous) }),
    Keyword(proxy: "outgoing", .flag { $1(&$0.reactsToOutgoing) }, isInEffect: false),
    Keyword(proxy: "announce", .announcements),
    Keyword(proxy: "announce-new", .flag { $1(&$0.announcesNewTargets) }),
    Keyword(proxy: "on-take-over", .program({ $1(&$0.takeOverProgram) }, named: "on-take-over")),
    Keyword(proxy: "on-release", .program({ $1(&$0.releaseProgram) }, named: "on-release")),
    Keyword("require", in: .proxy, .condition),
    Keyword(proxy: "description", .text({ $1(&$0.description) }, example: "the uplink")),
    Keyword("rule", in: .proxy, .ruleBlock),

    Keyword("static", in: .rule, .method(.static)),
    Keyword("iface", in: .rule, .interfaceMethod),
    Keyword("auto", in: .rule, .method(.auto)),
    Keyword("exclude", in: .rule, .exclusion),
    Keyword("require", in: .rule, .condition),
    Keyword(rule: "autovia", .flag { $1(&$0.routesViaNeighbor) }),
    Keyword(rule: "description", .text({ $1(&$0.description) }, example: "members of the network")),
  ]

  /// The key of this name, letter case included; that of the block where several have one.
  package static func named(_ name: String, in block: Block? = nil) -> Keyword? {
    all.first { $0.name == name && $0.block == block } ?? all.first { $0.name == name }
  }

  /// The keys that may stand in a block.
  package static func all(in block: Block) -> [Keyword] { all.filter { $0.block == block } }

  /// Whether the key is followed by `{ … }`.
  var opensBlock: Bool {
    switch meaning {
    case .proxyBlock, .ruleBlock: true
    default: false
    }
  }

  /// Whether the key's value is a path.
  var takesPath: Bool {
    if case .include = meaning { true } else { false }
  }

  /// Whether the key needs no value.
  var standsAlone: Bool {
    if case .method = meaning { true } else { false }
  }

  /// Which words belong to its value besides the first.
  var furtherWords: FurtherWords {
    switch meaning {
    case .condition: .ofCondition
    case .proxyOption(let option):
      option.takesLine ? .all : option.wordWithAnother.map { .one(behind: $0) } ?? .none
    default: .none
    }
  }

  /// Which words belong to a value besides the first.
  enum FurtherWords: Equatable {
    case none
    /// One, if the first is this.
    case one(behind: String)
    /// All up to the end of the line.
    case all
    /// What is required; of a route also `via` and `proto` with what they name.
    case ofCondition
  }

  /// Whether its value may stand in quotes and hold octets that other values may not.
  var takesText: Bool {
    switch meaning {
    case .include, .condition: true
    case .fileOption(let option): option.takesText
    case .proxyOption(let option): option.takesText
    case .ruleOption(let option): option.takesText
    default: false
    }
  }

  /// The word that stands for no limit, where the key's number may be left open.
  var wordForNoLimit: String? {
    switch meaning {
    case .fileOption(let option): option.wordForNoLimit
    case .proxyOption(let option): option.wordForNoLimit
    case .ruleOption(let option): option.wordForNoLimit
    default: nil
    }
  }

  /// Whether the key is one of the methods.
  var isMethod: Bool {
    switch meaning {
    case .method, .interfaceMethod: true
    default: false
    }
  }
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
