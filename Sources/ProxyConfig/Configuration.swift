package import NDPWire

/// What one configuration file asks for, defaults filled in and every value within its range.
package struct Configuration: Equatable, Sendable {
  /// One per interface, in the order of the file.
  package var proxies: [Proxy] = []

  /// `route-ttl` where it was given: without effect, kept so that printing loses nothing.
  package var routeTTL: Duration?

  /// `address-ttl` where it was given: without effect, kept so that printing loses nothing.
  package var addressTTL: Duration?

  /// `max-sessions`: targets known at once.
  package var maxSessions = 8192

  /// `max-solicitations`: questions per second for targets that have never answered.
  package var maxSolicitations = 400

  /// `max-route-lookups`: routes looked up per second.
  package var maxRouteLookups = 5000

  /// `max-advertisements`: answers per second; `nil` for as many as are asked for.
  ///
  /// An answer costs as much as its question, so that a limit would protect nobody.
  package var maxAdvertisements: Int?

  /// Makes a configuration that asks for nothing.
  package init() {}
}

extension Configuration {
  /// One `proxy` block: an interface on which solicitations are answered, and how.
  package struct Proxy: Equatable, Sendable {
    /// The proxy interface; it need not exist yet.
    package var interface: String

    /// `router`: whether advertisements carry the R flag (RFC 4861 §4.4).
    package var isRouter = true

    /// `override`: whether advertisements carry the O flag, so that they displace a real owner's.
    ///
    /// "SHOULD NOT" for a proxy (RFC 4861 §7.2.8), but some providers ignore others.
    package var isOverride = false

    /// `source`: which address advertisements come from.
    package var source = AdvertisementSource.auto

    /// `dad`: what hosts get that detect duplicates.
    package var dad = DuplicateDetection.verify

    /// `solicitors`: whose solicitations are answered.
    package var solicitors = Solicitors.any

    /// `timeout`: how long one solicitation waits.
    ///
    /// RetransTimer of RFC 4861 §10; ndppd waits 500 ms.
    package var timeout = Duration.milliseconds(1000)

    /// `retries`: solicitations after the first; with it 3, MAX_MULTICAST_SOLICIT of RFC 4861 §10.
    package var retries = 2

    /// `ttl`: how long a confirmed target is answered for without asking again.
    package var ttl = Duration.milliseconds(30_000)

    /// `deadtime`: how long a failed target is left alone.
    ///
    /// Deliberately not `ttl` as in ndppd: a host that boots after a probe would wait 30 s.
    package var deadtime = Duration.milliseconds(3000)

    /// `keepalive`: whether a confirmed target is asked again before its `ttl` runs out.
    package var keepalive = true

    /// `autowire`: whether the kernel gets a host route to each confirmed target.
    package var autowire = false

    /// `promiscuous`: whether the interface shall receive every frame of its link.
    package var promiscuous = false

    /// `outgoing`, of the domosekai fork: react to our own solicitations; not yet in effect.
    package var outgoing = false

    /// The rules in the order of the file, without exact duplicates.
    package var rules: [Rule]

    /// Makes a proxy whose options all have their defaults.
    package init(interface: String, rules: [Rule] = []) {
      self.interface = interface
      self.rules = rules
    }
  }

  /// One `rule` block: the targets it is about, and how their presence is established.
  package struct Rule: Hashable, Sendable {
    /// The targets; host bits of the file are dropped, and without a length it is one address.
    package var prefix: IPv6Prefix

    /// How a target's presence is established.
    package var method: Method

    /// `exclude`: targets inside `prefix` that the rule is not about after all.
    package var excluded: [IPv6Prefix]

    /// `autovia`: host routes lead via the confirming host rather than on-link.
    package var autovia: Bool

    /// Makes a rule.
    package init(
      prefix: IPv6Prefix, method: Method, excluded: [IPv6Prefix] = [], autovia: Bool = false
    ) {
      self.prefix = prefix
      self.method = method
      self.excluded = excluded
      self.autovia = autovia
    }
  }

  /// How a rule establishes whether a target is there.
  package enum Method: Hashable, Sendable {
    /// Always there: answer at once.
    case `static`

    /// `iface`: ask on this interface, or on all that match a pattern.
    case interface(String)

    /// Ask where the kernel's route for the target points.
    case auto
  }
}
