import Console
import ControlProtocol
import LinuxNet
import LinuxSurvey

/// How the daemon is, in lines.
struct StatusText {
  let status: Status
  /// Milliseconds since 1970.
  var now = WallClock.nanoseconds / 1_000_000

  /// The state in one line.
  var headline: String {
    let reachable = status.sessions["reachable"] + status.sessions["probing"]
    let parts = [
      "\(status.summary) \(runTime)", counted(status.ruleCount, "rule"),
      "\(counted(reachable, "target")) reachable",
    ]
    let warnings = recentWarnings == 0 ? [] : [counted(recentWarnings, "warning")]
    return (parts + warnings).joined(separator: ", ")
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
    recentWarnings == 0 && !status.isReloadRefused && status.interfaces.allSatisfy(\.isUsable)
  }

  /// Of the last hour.
  private var recentWarnings: Int { status.warnings.count { $0.ageMilliseconds < 3_600_000 } }

  /// Everything else.
  var details: [String] {
    let refused = status.isReloadRefused ? "; its last change was refused (ndpctl reload)" : ""
    var lines = [
      "configuration \(status.configurationPath), read "
        + "\(duration(status.configurationAgeMilliseconds)) ago\(refused)",
      "process \(status.process), logging \(status.logLevel.rawValue)",
    ]
    for interface in status.interfaces {
      lines += ["", interface.text]
      lines += rules(on: interface.name)
    }
    lines += limits + warnings
    return lines
  }

  private func rules(on proxy: String) -> [String] {
    let rules = status.rules.filter { $0.proxy == proxy }
    guard !rules.isEmpty else { return [] }
    return RuleTable(rules: Array(rules.prefix(Self.shownRules))).lines(indent: 2)
      + (rules.count > Self.shownRules || status.ruleCount > status.rules.count
        ? ["  and more: ndpctl rules"] : [])
  }

  /// How many rules of one interface are shown.
  private static let shownRules = 20

  private var limits: [String] {
    let shown = status.limits.filter { $0.isNear || $0.reached > 0 }
    guard !shown.isEmpty else { return [] }
    let lines = shown.map { limit in
      let used = limit.used.map { "\($0) of \(limit.limit) in use" } ?? "\(limit.limit) a second"
      let reached = limit.reached == 0 ? "" : "; in the way \(counted(limit.reached, "time"))"
      return "  \(limit.name): \(used)\(reached)"
    }
    return ["", "limits"] + lines
  }

  private var warnings: [String] {
    guard !status.warnings.isEmpty else { return [] }
    let lines = status.warnings.suffix(Self.shownWarnings).map {
      "  \(duration($0.ageMilliseconds)) ago: \($0.text)"
    }
    return ["", "the last of \(counted(status.warningCount, "warning"))"] + lines
  }

  /// How many warnings are shown.
  private static let shownWarnings = 5
}

/// Rules of one proxy interface, with what was counted of each.
struct RuleTable {
  let rules: [RuleReport]

  func lines(indent: Int) -> [String] {
    let rows = rules.map {
      ["\($0.prefix)", $0.text, short($0.questions), short($0.answers)]
    }
    return Table(
      header: ["RULE", "METHOD", "ASKED", "ANSWERED"], rows: rows, rightAligned: [2, 3],
      flexible: 1
    ).lines(indent: indent)
  }
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
