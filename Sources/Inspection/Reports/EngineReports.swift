package import ControlProtocol
import NDPWire
package import ProxyEngine
package import ProxyModel

// What the engine has done and knows, as the control socket has it.

extension RulePage {
  /// The rules from a place on, as many as fit a page.
  package init(of engine: borrowing Engine, from start: Int) {
    let summaries = engine.ruleSummaries(
      from: max(0, start), limit: ControlSocket.pageLength)
    let end = max(0, start) + summaries.count
    self.init(
      rules: summaries.map(RuleReport.init), next: end < engine.ruleCount ? end : nil)
  }
}

extension SessionPage {
  /// The targets from a place on, as many as fit a page; `name` is of an interface.
  package init(
    of engine: borrowing Engine, from start: Int, now: Instant, name: (InterfaceIndex) -> String
  ) {
    let page = engine.sessionSummaries(from: max(0, start), limit: ControlSocket.pageLength)
    self.init(
      sessions: page.sessions.map { SessionReport($0, now: now, name: name) }, next: page.next)
  }
}

extension NamedCounts {
  /// How many targets are in which state.
  package init(sessionsOf engine: borrowing Engine) {
    self.init(engine.sessionCounts.map { (name: $0.state.rawValue, count: UInt64($0.count)) })
  }
}

extension LimitUse {
  /// How the engine stands to its limits; what has none is left out.
  package static func all(of engine: borrowing Engine) -> [LimitUse] {
    let limits = engine.limits
    let counters = engine.counters
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
}

extension CounterReport {
  /// What was done and what was not; `latency` is of those who did not have to wait for a target.
  package init(of counters: Counters, latency: LatencyHistogram) {
    self.init()
    total = CounterSet(counters.total)
    interfaces = counters.interfaces.map {
      CounterReport.Named(name: $0.name, counters: CounterSet($0.tally))
    }
    sessionsEvicted = counters.sessionsEvicted
    askersEvicted = counters.askersEvicted
    announcementRounds = counters.announcementRounds
    var times = latency
    times.add(counters.waits)
    self.latency.boundsNanoseconds = LatencyHistogram.bounds
    self.latency.counts = times.counts
    self.latency.sumNanoseconds = times.sum
  }
}

extension CounterSet {
  fileprivate init(_ tally: Tally) {
    self.init()
    solicitationsReceived = tally.solicitationsReceived
    advertisementsReceived = tally.advertisementsReceived
    answered = tally.advertised
    answeredInKernel = tally.advertisedElsewhere
    announced = tally.announced
    asked = tally.solicited
    malformed = NamedCounts(DropReason.allCases.map { (name: $0.name, count: tally[$0]) })
    ignored = NamedCounts(DiscardReason.allCases.map { (name: $0.name, count: tally[$0]) })
  }
}
