public import NDPWire

/// What to answer for: the proxies with their rules, defaults filled in.
///
/// `ProxyConfig` produces it, `ProxyEngine` consumes it. Each property names its key in the
/// configuration file, and its default is the key's.
public struct Ruleset: Equatable, Sendable {
  /// One per interface, in the order of the file.
  public var proxies: [Proxy]

  /// No two proxies are of the same interface.
  public init(proxies: [Proxy] = []) {
    self.proxies = proxies
  }
}

extension Ruleset {
  /// One `proxy` block: an interface on which solicitations are answered, and how.
  public struct Proxy: Equatable, Sendable {
    /// The proxy interface; it need not exist yet.
    public var interface: String

    /// `router`: whether advertisements carry the R flag (RFC 4861 §4.4).
    ///
    /// The engine never changes it while it lives.
    public var isRouter = true

    /// `override`: whether advertisements carry the O flag, so that they displace a real owner's.
    ///
    /// "SHOULD NOT" for a proxy (RFC 4861 §7.2.8), but some providers ignore others.
    public var isOverride = false

    /// `source`: which address advertisements come from.
    public var source = AdvertisementSource.auto

    /// `dad`: what hosts get that detect duplicates.
    public var duplicateDetection = DuplicateDetection.verify

    /// `solicitors`: whose solicitations are answered.
    public var solicitors = Solicitors.any

    /// How long things take and last.
    public var timers = Timers()

    /// `autowire`: whether the kernel gets a host route to each confirmed target.
    public var installsHostRoutes = false

    /// `promiscuous`: whether the interface shall receive every frame of its link.
    public var isPromiscuous = false

    /// `outgoing`, of the domosekai fork: react to our own solicitations; not yet in effect.
    public var reactsToOutgoing = false

    /// `announce`: when unsolicited advertisements are sent.
    public var announcements = Announcements.auto

    /// `announce-new`: whether a target is announced when it is confirmed for the first time
    /// (RFC 9131).
    public var announcesNewTargets = false

    /// `on-take-over`: the program to run when it comes into force, its path first; empty for none.
    public var takeOverProgram: [String] = []

    /// `on-release`: the program to run when it is not in force any more.
    public var releaseProgram: [String] = []

    /// `require`: what must hold for its rules to be in force; all of it.
    public var conditions: [Condition] = []

    /// `description`: what it is for, for people; empty if nothing is said.
    public var description = ""

    /// The rules in the order of the file, without exact duplicates.
    ///
    /// Of those that cover a target the one with the longest prefix counts.
    public var rules: [Rule]

    /// Rules that an administrator has disabled for now; they answer nothing, but what was
    /// solicited of them is remembered.
    public var disabledRules: [Rule] = []

    /// Makes a proxy whose other options all have their defaults.
    public init(
      interface: String, isRouter: Bool = true, timers: Timers = Timers(), rules: [Rule] = []
    ) {
      self.interface = interface
      self.isRouter = isRouter
      self.timers = timers
      self.rules = rules
    }
  }

  /// How long each state of a target lasts, and how often it is asked for.
  public struct Timers: Equatable, Sendable {
    /// `timeout`: how long one solicitation waits.
    ///
    /// RetransTimer of RFC 4861 §10; ndppd waits 500 ms.
    public var timeout = Duration.milliseconds(1000)

    /// `retries`: solicitations after the first; with it 3, MAX_MULTICAST_SOLICIT of RFC 4861 §10.
    public var retries = 2

    /// `ttl`: how long a confirmed target is answered for without asking again.
    public var ttl = Duration.milliseconds(30_000)

    /// `deadtime`: how long a failed target is left alone.
    ///
    /// Deliberately not `ttl` as in ndppd: a host that boots after a probe would wait 30 s.
    public var deadtime = Duration.milliseconds(3000)

    /// `keepalive`: whether a target asked for since it was confirmed is asked again before its
    /// `ttl` runs out.
    public var keepsAlive = true

    /// How many solicitations there are before a target counts as failed.
    public var solicitations: Int { 1 + retries }

    /// Makes timers that all have their defaults.
    public init() {}
  }

  /// One `rule` block: the targets it is about, and how their presence is established.
  public struct Rule: Hashable, Sendable {
    /// The targets.
    public var prefix: IPv6Prefix

    /// How a target's presence is established.
    public var method: Method

    /// `exclude`: prefixes inside `prefix` whose targets the rule is not about after all, unless
    /// another rule is about just such a prefix or a longer one.
    public var excluded: [IPv6Prefix]

    /// `autovia`: whether host routes lead by way of the host that confirmed the target.
    public var routesViaNeighbor: Bool

    /// `require`: what must hold for it to be in force, besides what its proxy requires.
    ///
    /// All rules of a proxy for one prefix have the same.
    public var conditions: [Condition] = []

    /// `description`: what it is for, for people; empty if nothing is said.
    public var description = ""

    /// Makes a rule.
    public init(
      prefix: IPv6Prefix, method: Method, excluded: [IPv6Prefix] = [],
      routesViaNeighbor: Bool = false
    ) {
      self.prefix = prefix
      self.method = method
      self.excluded = excluded
      self.routesViaNeighbor = routesViaNeighbor
    }
  }

  /// How a rule establishes whether a target is there.
  public enum Method: Hashable, Sendable {
    /// Always there: answer at once.
    case `static`

    /// `iface`: there when it answers on this interface, or on any that matches the pattern.
    case interface(InterfacePattern)

    /// The kernel's route to the target says where to ask, or is the proof itself.
    case auto
  }
}

extension Ruleset {
  /// Which address of the proxy interface advertisements come from (RFC 4861 §4.4).
  public enum AdvertisementSource: Hashable, Sendable {
    /// Link-local for a link-local solicitor, otherwise global, preferably of its prefix.
    case auto

    /// Always a link-local address.
    case linkLocal

    /// Always a global one; some providers drop what comes from link-local addresses.
    case global

    /// The target itself, although the interface does not have it; some providers want that.
    case target

    /// This one, if the interface has it.
    case address(IPv6Address)
  }

  /// What a host gets that checks whether its new address is a duplicate (RFC 4862 §5.4).
  public enum DuplicateDetection: String, CaseIterable, Sendable {
    /// Nothing, ever.
    case ignore

    /// An answer if the owner confirms just then, or if a static rule is about that one address.
    case verify

    /// An answer for every target of a static rule too.
    case defend
  }

  /// Whose solicitations are answered, by the address they come from.
  public enum Solicitors: String, CaseIterable, Sendable {
    /// Whoever has a link-local address, or none yet, or one of a prefix of the proxy interface.
    case onLink = "on-link"

    /// Everybody.
    case any
  }
}

extension Ruleset {
  /// Whether any proxy wants the kernel to have routes to its targets.
  public var installsHostRoutes: Bool { proxies.contains { $0.installsHostRoutes } }

  /// Whether any rule goes by the kernel's routes.
  public var asksForRoutes: Bool {
    proxies.contains { $0.rules.contains { $0.method == .auto } }
  }
}

extension Ruleset.Method: CustomStringConvertible {
  /// As it is written in the file.
  public var description: String {
    switch self {
    case .static: "static"
    case .interface(let pattern): "iface \(pattern.text)"
    case .auto: "auto"
    }
  }
}

extension Ruleset.AdvertisementSource: LosslessStringConvertible {
  /// Reads one of the words, or a unicast address; `nil` for anything else.
  public init?(_ text: String) {
    switch text {
    case "auto": self = .auto
    case "link-local": self = .linkLocal
    case "global": self = .global
    case "target": self = .target
    default:
      guard let address = IPv6Address(text) else { return nil }
      let isSource = !address.isMulticast && !address.isUnspecified && !address.isLoopback
      guard isSource else { return nil }
      self = .address(address)
    }
  }

  /// As it is written in the file.
  public var description: String {
    switch self {
    case .auto: "auto"
    case .linkLocal: "link-local"
    case .global: "global"
    case .target: "target"
    case .address(let address): "\(address)"
    }
  }
}
