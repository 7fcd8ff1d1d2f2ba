package import NDPWire

/// What to answer for: the proxies with their rules, as the configuration says.
package struct Ruleset: Equatable, Sendable {
  /// The proxies; no two of the same interface.
  package var proxies: [Proxy]

  package init(proxies: [Proxy]) {
    self.proxies = proxies
  }

  /// One proxy interface: where solicitations are answered, and how.
  package struct Proxy: Equatable, Sendable {
    /// The name of the interface on which to answer.
    package var interface: String
    /// The R flag of every advertisement; it never changes while the engine lives.
    package var isRouter: Bool
    /// The O flag of every advertisement; a real owner wins only where it is clear.
    package var isOverride = false
    /// Which address advertisements come from.
    package var source = AdvertisementSource.automatic
    /// Whether solicitations from addresses that are not on the link are answered.
    package var answersOffLink = true
    /// What hosts get that detect duplicates.
    package var duplicateDetection = DuplicateDetection.verify
    /// Whether the interface is to receive every frame of its link; the engine does not care.
    package var isPromiscuous = false
    /// Whether the kernel gets a route to each confirmed target.
    package var installsHostRoutes = false
    /// How long things take and last.
    package var timers: Timers
    /// The rules; of those that cover a target the one with the longest prefix counts.
    package var rules: [Rule]

    package init(interface: String, isRouter: Bool, timers: Timers, rules: [Rule]) {
      self.interface = interface
      self.isRouter = isRouter
      self.timers = timers
      self.rules = rules
    }
  }

  /// One prefix, and how to find out whether a target inside it is there.
  package struct Rule: Equatable, Sendable {
    /// The targets.
    package var prefix: IPv6Prefix
    /// How to find out about one of them.
    package var method: Method
    /// Prefixes inside `prefix` whose targets are not answered for, unless another rule is about
    /// just such a prefix or a longer one.
    package var excluded: [IPv6Prefix]
    /// Whether host routes lead by way of the host that confirmed the target.
    package var routesViaNeighbor = false

    package init(prefix: IPv6Prefix, method: Method, excluded: [IPv6Prefix] = []) {
      self.prefix = prefix
      self.method = method
      self.excluded = excluded
    }
  }

  /// How to find out whether a target is there.
  package enum Method: Equatable, Sendable {
    /// Every target is there.
    case `static`
    /// A target is there when it answers on the rule interface of this name, or on any that
    /// matches this pattern.
    case interface(String)
    /// The kernel's route to the target says where to ask, or is the proof itself.
    case auto
  }

  /// Which address advertisements come from (RFC 4861 §4.4).
  package enum AdvertisementSource: Equatable, Sendable {
    /// The best of the interface's addresses for each asker.
    case automatic
    /// A link-local address of the interface.
    case linkLocal
    /// Another address of the interface, the best for each asker.
    case global
    /// The target's own address.
    case target
    /// This address, where the interface has it.
    case address(IPv6Address)
  }

  /// What a host gets that detects duplicates (RFC 4862 §5.4).
  package enum DuplicateDetection: Equatable, Sendable {
    /// Nothing.
    case ignore
    /// An answer where the owner has just confirmed, or a static rule is about one address.
    case verify
    /// An answer for every target of a static rule as well.
    case defend
  }

  /// How long each state of a session lasts.
  package struct Timers: Equatable, Sendable {
    /// Between two solicitations for one target: RetransTimer (RFC 4861 §10), `timeout` in ndppd.
    package var retransmission: Duration = .seconds(1)
    /// Solicitations for one target before it counts as failed: MAX_MULTICAST_SOLICIT (§10).
    package var solicitations = 3
    /// How long a confirmed target is believed: `ttl` in ndppd.
    package var reachable: Duration = .seconds(30)
    /// How long a silent target is not asked again: `deadtime` in ndppd.
    package var failed: Duration = .seconds(3)
    /// Whether a target asked for since it was confirmed is asked again before it is forgotten.
    package var keepsAlive = true

    package init() {}
  }
}
