import Console
import ControlProtocol
import LinuxNet
import LinuxSurvey
import ProxyModel

/// The status of the daemon, in lines.
struct StatusText {
  let status: Status
  /// Milliseconds since 1970.
  var now = WallClock.nanoseconds / 1_000_000

  /// The state in one line.
  var headline: String {
    let reachable = status.reachableCount
    let parts = [
      "\(status.summary) \(runTime)", counted(status.ruleCount, "rule"),
      "\(counted(reachable, "target")) reachable",
    ]
    let disabled = status.disabledRuleCount.map { ["\(counted($0, "rule")) disabled"] } ?? []
    let warnings = recentWarnings == 0 ? [] : [counted(recentWarnings, "warning")]
    return (parts + disabled + warnings).joined(separator: ", ")
  }

  /// Since when it runs; for how long, where the clock was set meanwhile.
  private var runTime: String {
    let start = status.started(now: now)
    let end = start + status.uptimeMilliseconds
    guard max(end, now) - min(end, now) < Self.clockTolerance else {
      return "for \(duration(status.uptimeMilliseconds))"
    }
    return "since "
      + WallClock.text(seconds: Int(start / 1000), format: "%Y-%m-%d %H:%M:%S")
  }

  /// How far the clock may be from where it should be, in milliseconds.
  private static let clockTolerance: UInt64 = 60_000

  /// Whether something wants attention.
  var isWell: Bool {
    recentWarnings == 0 && !status.isReloadRefused && status.disabledRuleCount == nil
      && status.interfaces.allSatisfy(\.isUsable)
  }

  /// Of the last hour.
  private var recentWarnings: Int { status.warnings.count { $0.ageMilliseconds < 3_600_000 } }

  /// Everything else.
  var details: [String] {
    let refused =
      status.isReloadRefused ? "; the last reload was refused (see ndpctl reload --check)" : ""
    var lines = [
      "configuration \(status.configurationPath), loaded "
        + "\(duration(status.configurationAgeMilliseconds)) ago\(refused)",
      (status.programVersion.map { "version \($0), " } ?? "")
        + "process \(status.process), log level \(status.logLevel.rawValue)",
    ]
    lines += status.kernelPath?.lines ?? []
    let rulesByProxy = Dictionary(grouping: status.rules, by: \.proxy)
    for interface in status.interfaces {
      lines += ["", interface.text]
      lines += Self.lines(of: rulesByProxy[interface.name] ?? [], isPartial: isPartial)
    }
    lines += conditions + limits + warnings
    return lines
  }

  /// Whether there are more rules than the daemon has told.
  private var isPartial: Bool {
    status.ruleCount + (status.disabledRuleCount ?? 0) > status.rules.count
  }

  private static func lines(of rules: [RuleReport], isPartial: Bool) -> [String] {
    guard !rules.isEmpty else { return [] }
    return RuleTable(rules: Array(rules.prefix(shownRules))).lines(indent: 2)
      + (rules.count > shownRules || isPartial ? ["  ... (ndpctl rules shows all)"] : [])
  }

  /// How many rules of one interface are shown.
  private static let shownRules = 20

  private var conditions: [String] {
    guard let conditions = status.conditions else { return [] }
    let lines = conditions.prefix(Self.shownRules).map { condition in
      let place = condition.prefix.map { "\(condition.proxy), rule \($0)" } ?? condition.proxy
      let state =
        condition.heldBackMilliseconds.map {
          "held back for \(duration($0)), because it failed too often"
        } ?? (condition.isMet ? "met" : "not met")
      let age = condition.ageMilliseconds.map { " for \(duration($0))" } ?? ""
      return "  \(condition.condition) (\(place)): \(state)"
        + (condition.heldBackMilliseconds == nil ? age : "")
    }
    let more = conditions.count > Self.shownRules ? ["  ... (ndpctl --json status shows more)"] : []
    let known = status.rememberedCount.map { ["  \(counted($0, "solicited target")) remembered"] }
    return ["", "conditions"] + lines + more + (known ?? [])
  }

  private var limits: [String] {
    let shown = status.limits.filter { $0.isNear || $0.reached > 0 }
    guard !shown.isEmpty else { return [] }
    let lines = shown.map { limit in
      let used = limit.used.map { "\($0) of \(limit.limit) in use" } ?? "\(limit.limit) per second"
      let reached = limit.reached == 0 ? "" : ", reached \(counted(limit.reached, "time"))"
      return "  \(limit.name): \(used)\(reached)"
    }
    return ["", "limits"] + lines
  }

  private var warnings: [String] {
    guard !status.warnings.isEmpty else { return [] }
    let lines = status.warnings.suffix(Self.shownWarnings).map {
      "  \(duration($0.ageMilliseconds)) ago: \($0.text)"
    }
    return ["", "last warnings of \(status.warningCount)"] + lines
  }

  /// How many warnings are shown.
  private static let shownWarnings = 5
}

extension Status {
  /// When the daemon became ready, in milliseconds since 1970: the same number each time.
  ///
  /// Only a daemon of another version does not say it.
  func started(now: UInt64) -> UInt64 {
    startedMilliseconds ?? now - min(now, uptimeMilliseconds)
  }

  /// When its configuration was taken up.
  func configured(now: UInt64) -> UInt64 {
    configuredMilliseconds ?? now - min(now, configurationAgeMilliseconds)
  }
}

extension Status {
  /// How many targets are answered for at once.
  var reachableCount: UInt64 {
    sessions[TargetState.reachable.rawValue] + sessions[TargetState.probing.rawValue]
  }
}
