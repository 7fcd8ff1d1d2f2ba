package import ControlProtocol
package import LinuxNet
package import NDPWire
package import ProxyEngine
package import ProxyModel

/// Puts together what engine, host and kernel say of one target.
package struct Explainer {
  private let host: HostTable
  private let plan: InterfacePlan
  /// How things are with an interface that rules name.
  private let condition: (String) -> InterfaceCondition
  private let neighbors: NeighborLookup

  package init(
    host: HostTable, plan: InterfacePlan, condition: @escaping (String) -> InterfaceCondition,
    neighbors: NeighborLookup
  ) {
    self.host = host
    self.plan = plan
    self.condition = condition
    self.neighbors = neighbors
  }

  /// Everything but what only a running daemon knows, with a verdict.
  ///
  /// `kernel` answers the engine's questions for the kernel, and `solicitor` is whoever asked last
  /// on an interface. Throws where the kernel cannot be asked.
  package func explanation(
    of target: IPv6Address, engine: borrowing Engine, now: Instant,
    solicitor: (InterfaceIndex) -> Solicitor? = { _ in nil }, kernel: (Action) -> Event?
  ) throws(SystemError) -> Explanation {
    var explanation = Explanation()
    explanation.target = target
    let owners = host.owners(of: target)
    // Where proxies answer, the kernel's own answer is one for their link.
    let proxyLinks = Set(plan.proxyNames.compactMap { host.link(named: $0)?.name })
    explanation.owner = owners.first(where: proxyLinks.contains) ?? owners.first
    explanation.isOwnerProxy = explanation.owner.map(proxyLinks.contains)
    var seen: Set<Int32> = []
    let all = engine.explanations(of: target, now: now, solicitor: solicitor, kernel: kernel)
    // Of several proxies, the route from the first is told.
    let inside = all.first?.proxy ?? plan.proxyNames.first
    let index = inside.flatMap(host.link(named:)).map { InterfaceIndex($0.index) }
    var route = Route.unreachable
    if let index,
      case .route(let known?, _, _)? = kernel(.lookUpRoute(target, from: index))
    {
      route = known
    }
    explanation.route = report(of: route)
    for found in all {
      explanation.proxies.append(report(of: found, route: route, now: now))
      let asked = found.ruleInterfaces + (found.session?.interfaces ?? []) + route.interfaces
      for index in asked.prefix(Self.shownInterfaces) where seen.insert(index.rawValue).inserted {
        guard let entry = try neighbors.entry(for: target, on: index.rawValue) else { continue }
        explanation.neighbors.append(
          NeighborReport(
            interface: name(of: index), linkLayerAddress: entry.linkLayerAddress,
            state: entry.state.rawValue))
      }
    }
    for link in plan.proxyNames.prefix(Self.shownProxies).compactMap(host.link(named:)) {
      if try neighbors.isProxied(target, on: link.index) {
        explanation.kernelProxies.append(link.name)
      }
    }
    return explanation
  }

  /// On how many interfaces of one rule the neighbor cache is looked at.
  private static let shownInterfaces = 8

  /// On how many proxy interfaces is looked for entries of the kernel's own proxy.
  private static let shownProxies = 8

  private func name(of index: InterfaceIndex) -> String {
    host.links[index.rawValue]?.name ?? "interface \(index.rawValue)"
  }

  private func report(of route: Route) -> RouteReport {
    var report = RouteReport()
    switch route {
    case .onLink: report.kind = "on-link"
    case .gateway: report.kind = "gateway"
    case .local: report.kind = "local"
    case .anycast: report.kind = "anycast"
    case .unreachable: report.kind = "none"
    }
    report.interface = route.interfaces.first.map(name(of:))
    return report
  }

  private func report(
    of found: TargetExplanation, route: Route, now: Instant
  ) -> ProxyExplanation {
    var report = ProxyExplanation()
    report.proxy = found.proxy
    report.interface = plan.status(of: found.proxy, condition(found.proxy))
    report.rule = found.rules.first.map(RuleReport.init)
    report.others = found.rules.dropFirst().map(RuleReport.init)
    let proxy = host.link(named: found.proxy).map { InterfaceIndex($0.index) }
    report.ruleInterfaces = ruleInterfaces(of: found.rules.first, route: route, from: proxy)
    report.session = found.session.map { SessionReport($0, now: now, name: name(of:)) }
    report.sinceFailedMilliseconds = found.failed.map { now.milliseconds(since: $0) }
    report.failure = found.failureReason?.name
    report.unmet = found.unmet.map {
      ConditionReport(
        $0.condition, proxy: found.proxy, prefix: found.rules.first?.rule.prefix, isMet: false,
        since: $0.since, heldBackUntil: $0.heldBackUntil, now: now)
    }
    guard let outcome = found.outcome else {
      report.decision = InterfaceCondition.missing.code
      report.reason = "there is no interface \(found.proxy)"
      return report
    }
    report.decision = outcome.code
    report.askedOn = outcome == .asked ? found.askedOn.map(name(of:)) : []
    report.reason =
      switch outcome {
      case .answered: "ndpproxy answers"
      case .asked:
        "ndpproxy sends a solicitation for the target on \(report.askedOn.joined(separator: ", "))"
      case .waiting: "ndpproxy waits for the target to reply to a solicitation"
      default: outcome.sentence
      }
    report.advertisement = found.advertisement.map {
      AdvertisementReport(
        source: $0.source, isRouter: $0.isRouter, isSolicited: $0.isSolicited,
        isOverride: $0.isOverride, targetLinkLayerAddress: $0.targetLinkLayerAddress)
    }
    return report
  }

  /// The interfaces that a rule names, or to which the route of an `auto` rule leads: where that
  /// leads back out of the proxy interface, nobody is asked.
  private func ruleInterfaces(
    of summary: RuleSummary?, route: Route, from proxy: InterfaceIndex?
  ) -> [InterfaceStatus] {
    guard let summary, !summary.rule.isExclusion else { return [] }
    var names = Array(summary.interfaces.prefix(ControlSocket.pageLength))
    if summary.rule.isAuto {
      names += route.interfaces.filter { $0 != proxy }.map(name(of:))
    }
    return names.map { name in
      let condition = condition(name)
      // No rule names it, so that a route leads there.
      guard condition == .notEthernet, plan.purpose(of: name) == nil else {
        return plan.status(of: name, condition)
      }
      return InterfaceStatus(
        name: name, isProxy: false, isRule: false, condition: "usable",
        sentence: "\(name): no neighbor discovery there; the route is enough")
    }
  }
}

extension Route {
  /// The interface it leads out of.
  fileprivate var interfaces: [InterfaceIndex] {
    switch self {
    case .onLink(let index), .gateway(let index): [index]
    case .local, .anycast, .unreachable: []
    }
  }
}

extension HostTable {
  /// The names of the interfaces that have this address.
  fileprivate func owners(of address: IPv6Address) -> [String] {
    links.values.filter { has(address, onLinkNamed: $0.name) }.sorted { $0.index < $1.index }
      .map { $0.name }
  }
}
