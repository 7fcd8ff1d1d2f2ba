import ControlProtocol
import Inspection
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

// How things are, for who asks by the control socket.

extension Daemon {
  var status: Status {
    countAllLosses()
    let warnings = log.warnings
    var status = Status()
    status.summary = summary
    status.process = CurrentProcess.number
    status.startedMilliseconds = started.milliseconds
    status.uptimeMilliseconds = now.milliseconds(since: started.instant)
    status.configurationPath = configurationPath
    status.configuredMilliseconds = configured.milliseconds
    status.configurationAgeMilliseconds = now.milliseconds(since: configured.instant)
    status.isReloadRefused = isReloadRefused
    status.logLevel = log.level
    status.interfaces = interfacePage(from: 0).interfaces
    status.interfaceCount = plan.names.count
    status.ruleCount = engine.ruleCount
    status.rules = rulePage(from: 0).rules
    status.sessions = NamedCounts(
      engine.sessionCounts.map { (name: $0.state.rawValue, count: UInt64($0.count)) })
    status.limits = limitUses
    status.warningCount = warnings.count
    status.warnings = warnings.latest.map {
      Warning(
        ageMilliseconds: now.milliseconds(since: Instant(nanoseconds: $0.nanoseconds)),
        severity: $0.severity, text: $0.text)
    }
    return status
  }

  func interfaceStatus(of name: String) -> InterfaceStatus {
    plan.status(of: name, conditions[name] ?? plan.condition(of: name, in: host))
  }

  private var limitUses: [LimitUse] {
    let limits = engine.limits
    let counters = engine.counters
    // What has no limit is left out.
    let advertisements = limits.advertisementsPerSecond.map {
      LimitUse(
        name: "max-advertisements", limit: $0, used: nil, reached: counters[.advertisementLimit])
    }
    return [
      LimitUse(
        name: "max-sessions", limit: limits.sessions, used: engine.sessionCount,
        reached: counters.sessionsEvicted),
      LimitUse(
        name: "max-solicitations", limit: limits.solicitationsPerSecond, used: nil,
        reached: counters[.solicitationLimit]),
      LimitUse(
        name: "max-route-lookups", limit: limits.routeLookupsPerSecond, used: nil,
        reached: counters[.routeLookupLimit]),
    ] + (advertisements.map { [$0] } ?? [])
  }

  func interfacePage(from start: Int) -> InterfacePage {
    let names = plan.names.dropFirst(max(0, start)).prefix(ControlSocket.pageLength)
    return InterfacePage(
      interfaces: names.map { interfaceStatus(of: $0) },
      next: names.endIndex < plan.names.count ? names.endIndex : nil)
  }

  func rulePage(from start: Int) -> RulePage {
    let summaries = engine.ruleSummaries(
      from: max(0, start), limit: ControlSocket.pageLength)
    let end = max(0, start) + summaries.count
    return RulePage(
      rules: summaries.map(RuleReport.init), next: end < engine.ruleCount ? end : nil)
  }

  func sessionPage(from start: Int) -> SessionPage {
    let page = engine.sessionSummaries(from: max(0, start), limit: ControlSocket.pageLength)
    let now = now
    return SessionPage(
      sessions: page.sessions.map { SessionReport($0, now: now, name: name(of:)) },
      next: page.next)
  }

  var counterReport: CounterReport {
    countAllLosses()
    let counters = engine.counters
    var report = CounterReport()
    report.total = CounterSet(counters.total)
    report.interfaces = counters.interfaces.map {
      CounterReport.Named(name: $0.name, counters: CounterSet($0.tally))
    }
    report.sessionsEvicted = counters.sessionsEvicted
    report.askersEvicted = counters.askersEvicted
    report.unsent = unsentCount
    report.overrun = overrunCount
    var times = latency
    times.add(counters.waits)
    report.latency.boundsNanoseconds = LatencyHistogram.bounds
    report.latency.counts = times.counts
    report.latency.sumNanoseconds = times.sum
    return report
  }
}
