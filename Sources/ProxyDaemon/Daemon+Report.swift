import ControlProtocol
import Inspection
import LinuxNet
import ProxyEngine
import ProxyModel

// What an administrator asks a running daemon for.

extension Daemon {
  /// Logs how things are: interfaces, targets, and what was done since the start.
  func reportState() {
    log.notice("state: \(summary)")
    for name in plan.names {
      if let condition = conditions[name] {
        log.notice("state: \(condition.sentence(about: name))")
      }
    }
    let targets = engine.sessionCounts.filter { $0.count > 0 }.map { "\($0.count) \($0.state)" }
    log.notice("state: targets: \(targets.isEmpty ? "none" : targets.joined(separator: ", "))")
    countAllLosses()
    log.notice("state: \(totals)")
  }

  /// What was done and what was not since the start.
  var totals: String {
    "\(engine.counters.summary) unsent=\(unsentCount) overrun=\(overrunCount)"
  }

  /// Logs more than now, or after the most as little as possible again.
  func cycleLogLevel() {
    switch log.level {
    case .notice: setLogLevel(.info)
    case .info: setLogLevel(.debug)
    case .debug: setLogLevel(.notice)
    }
  }

  /// Logs from this level on, and listens to what no rule is about where every message is logged.
  func setLogLevel(_ level: LogLevel) {
    log.level = level
    log.notice("log level: \(level.rawValue)")
    // Whoever wants to see every message also wants to see those that no rule is about.
    plan = PortPlan(ruleset, hearsEverything: log.isDebugging)
    changePorts()
  }
}
