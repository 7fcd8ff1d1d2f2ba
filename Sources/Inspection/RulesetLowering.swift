package import ProxyConfig
package import ProxyEngine

extension Ruleset {
  /// What the engine is to do for a configuration; keys not yet in effect are left out.
  package init(_ configuration: Configuration) {
    self.init(proxies: configuration.proxies.map(Proxy.init))
  }
}

extension Ruleset {
  /// Whether any proxy wants the kernel to have routes to its targets.
  package var installsHostRoutes: Bool { proxies.contains { $0.installsHostRoutes } }

  /// Whether any rule goes by the kernel's routes.
  package var asksForRoutes: Bool {
    proxies.contains { $0.rules.contains { $0.method == .auto } }
  }
}

extension Ruleset.Proxy {
  fileprivate init(_ proxy: Configuration.Proxy) {
    var timers = Ruleset.Timers()
    timers.retransmission = proxy.timeout
    timers.solicitations = 1 + proxy.retries
    timers.reachable = proxy.ttl
    timers.failed = proxy.deadtime
    timers.keepsAlive = proxy.keepalive
    self.init(
      interface: proxy.interface, isRouter: proxy.isRouter, timers: timers,
      rules: proxy.rules.map(Ruleset.Rule.init))
    installsHostRoutes = proxy.autowire
    isPromiscuous = proxy.promiscuous
    isOverride = proxy.isOverride
    source = Ruleset.AdvertisementSource(proxy.source)
    duplicateDetection = Ruleset.DuplicateDetection(proxy.dad)
    answersOffLink = proxy.solicitors == .any
  }
}

extension Ruleset.Rule {
  fileprivate init(_ rule: Configuration.Rule) {
    self.init(prefix: rule.prefix, method: .init(rule.method), excluded: rule.excluded)
    routesViaNeighbor = rule.autovia
  }
}

extension ProxyEngine.Limits {
  /// The limits that the configuration sets; the others keep their defaults.
  package init(_ configuration: Configuration) {
    self.init()
    sessions = configuration.maxSessions
    solicitationsPerSecond = configuration.maxSolicitations
    routeLookupsPerSecond = configuration.maxRouteLookups
    advertisementsPerSecond = configuration.maxAdvertisements
  }
}

extension Ruleset.AdvertisementSource {
  fileprivate init(_ source: Configuration.AdvertisementSource) {
    switch source {
    case .auto: self = .automatic
    case .linkLocal: self = .linkLocal
    case .global: self = .global
    case .target: self = .target
    case .address(let address): self = .address(address)
    }
  }
}

extension Ruleset.DuplicateDetection {
  fileprivate init(_ detection: Configuration.DuplicateDetection) {
    switch detection {
    case .ignore: self = .ignore
    case .verify: self = .verify
    case .defend: self = .defend
    }
  }
}

extension Ruleset.Method {
  fileprivate init(_ method: Configuration.Method) {
    switch method {
    case .static: self = .static
    case .auto: self = .auto
    case .interface(let name): self = .interface(name)
    }
  }
}
