package import ControlProtocol
package import LinuxNet
package import NDPWire
package import ProxyConfig
import ProxyEngine
import ProxyModel

extension Explanation {
  /// What a daemon would do that went by this configuration and had just started on this host.
  ///
  /// Throws where the kernel cannot be asked. Needs no privilege.
  package init(
    of target: IPv6Address, by configuration: Configuration
  ) throws(SystemError) {
    let ruleset = configuration.ruleset
    let plan = InterfacePlan(ruleset)
    let host = try HostTable(readFrom: HostMonitor())
    let now = Instant(nanoseconds: BootClock.nanoseconds)
    var engine = Engine(ruleset: ruleset, limits: configuration.limits)
    var actions: [Action] = []
    engine.handle(host.event, now: now, into: &actions)
    let routesOfConditions =
      ruleset.requiredRoutes.isEmpty ? [] : try RouteWatch(ruleset.requiredRoutes).routes
    let conditions = HostConditions(host: host, routes: routesOfConditions)
    for condition in ruleset.conditions {
      engine.handle(
        .condition(condition, holds: conditions.holds(condition)), now: now, into: &actions)
    }
    let explainer = Explainer(
      host: host, plan: plan, condition: { plan.condition(of: $0, in: host) },
      neighbors: try NeighborLookup())
    let kernel = try KernelLookup()
    self = try explainer.explanation(
      of: target, engine: engine, now: now, kernel: kernel.answer(to:))
    let rules = engine.ruleSummaries(from: 0, limit: ControlSocket.pageLength)
    verdict = Verdict(of: self, rules: rules.map(RuleReport.init))
  }
}
