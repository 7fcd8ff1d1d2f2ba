package import ControlProtocol
import NDPWire
package import ProxyEngine
package import ProxyModel

// Which conditions are met, as the control socket has it.

extension ConditionReport {
  /// The conditions of all proxies and rules, as many as fit a page; `nil` where there are none.
  ///
  /// `wallClock` is the time now, in milliseconds since 1970.
  package static func all(
    of engine: borrowing Engine, now: Instant, wallClock: UInt64
  ) -> [ConditionReport]? {
    let summaries = engine.conditionSummaries(limit: ControlSocket.pageLength)
    if summaries.isEmpty { return nil }
    var reports: [ConditionReport] = []
    for summary in summaries {
      reports.append(
        ConditionReport(
          summary.condition, proxy: summary.proxy,
          prefix: summary.rule.map { engine.prefix(ofRule: $0) }, isMet: summary.isMet,
          since: summary.since, heldBackUntil: summary.heldBackUntil, now: now,
          wallClock: wallClock))
    }
    return reports
  }

  init(
    _ condition: Ruleset.Condition, proxy: String, prefix: IPv6Prefix?, isMet: Bool,
    since: Instant?, heldBackUntil: Instant?, now: Instant, wallClock: UInt64? = nil
  ) {
    let age = since.map { now.milliseconds(since: $0) }
    self.init(
      condition: "\(condition)", proxy: proxy, prefix: prefix, isMet: isMet, ageMilliseconds: age,
      changedMilliseconds: wallClock.flatMap { clock in age.map { clock - min(clock, $0) } },
      heldBackMilliseconds: heldBackUntil.map { $0.milliseconds(since: now) })
  }

  /// What is wrong, for people: `address fe80::5:1 has not been met for 12 s`.
  package var sentence: String {
    if let wait = heldBackMilliseconds {
      return "'require \(condition)' holds again, and counts in \((wait + 999) / 1000) s "
        + "because it failed too often"
    }
    guard let ageMilliseconds else { return "'require \(condition)' is not met" }
    return "'require \(condition)' \(isMet ? "has been" : "has not been") met for "
      + "\(ageMilliseconds.ageText)"
  }
}

extension UInt64 {
  /// A time in milliseconds as people say it.
  fileprivate var ageText: String {
    switch self {
    case ..<10_000: "\(self / 1000).\(self / 100 % 10) s"
    case ..<120_000: "\(self / 1000) s"
    default: "\(self / 60_000) min"
    }
  }
}

extension OtherGatewayReport {
  /// `nil` where no other gateway has been heard.
  package init?(of engine: borrowing Engine, now: Instant) {
    guard let last = engine.otherGatewayHeard else { return nil }
    self.init(
      ageMilliseconds: now.milliseconds(since: last),
      settledMilliseconds: engine.entitlementBeforeHeard.map { last.milliseconds(since: $0) })
  }
}
