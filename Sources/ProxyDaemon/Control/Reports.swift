import ControlProtocol
import EventLoop
import Inspection
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

// How things are, for who asks by the control socket.

extension Control {
  var status: Status {
    path.countLosses()
    let now = Instant.now
    var status = Status()
    status.summary = attachments.summary
    status.process = CurrentProcess.number
    status.startedMilliseconds = started.milliseconds
    status.uptimeMilliseconds = now.milliseconds(since: started.instant)
    status.configurationPath = current.path
    status.configuredMilliseconds = current.taken.milliseconds
    status.configurationAgeMilliseconds = now.milliseconds(since: current.taken.instant)
    status.isReloadRefused = current.isReloadRefused
    status.logLevel = log.level
    status.interfaces = interfacePage(from: 0).interfaces
    status.interfaceCount = attachments.plan.names.count
    status.ruleCount = path.engine.ruleCount
    status.rules = RulePage(of: path.engine, from: 0).rules
    status.sessions = NamedCounts(sessionsOf: path.engine)
    status.limits = LimitUse.all(of: path.engine)
    status.warningCount = log.warnings.count
    status.warnings = log.warnings.latest.map {
      Warning(
        ageMilliseconds: now.milliseconds(since: Instant(nanoseconds: $0.nanoseconds)),
        severity: $0.severity, text: $0.text)
    }
    return status
  }

  func interfacePage(from start: Int) -> InterfacePage {
    let plan = attachments.plan
    let names = plan.names.dropFirst(max(0, start)).prefix(ControlSocket.pageLength)
    return InterfacePage(
      interfaces: names.map { plan.status(of: $0, attachments.condition(of: $0)) },
      next: names.endIndex < plan.names.count ? names.endIndex : nil)
  }

  func configurationReport(from start: Int) -> ConfigurationReport {
    let part = current.configuration.text(from: start, limit: ControlSocket.pageLength)
    return ConfigurationReport(
      path: current.path, text: part.text, next: part.next,
      generation: current.taken.instant.nanoseconds)
  }

  var counterReport: CounterReport {
    path.countLosses()
    var report = CounterReport(of: path.engine.counters, latency: path.latency)
    report.unsent = path.unsentCount
    report.overrun = path.overrunCount
    return report
  }

  /// What becomes of a question for one target.
  func explanation(of target: IPv6Address) -> Reply {
    let now = Instant.now
    let recent = path.recent
    do {
      var explanation = try Explainer(
        host: host.table, plan: attachments.plan, condition: attachments.condition(of:),
        neighbors: NeighborLookup()
      ).explanation(
        of: target, engine: path.engine, now: now,
        solicitor: { recent.solicitor(on: $0, for: target) },
        route: { routes.route(to: target, from: $0) })
      explanation.isLive = true
      explanation.messages = recent.entries(about: target, limit: Self.shownMessages).map {
        RecentMessage(
          ageMilliseconds: now.milliseconds(since: $0.at), interface: host.name(of: $0.interface),
          kind: $0.solicitor != nil ? .solicitation : .advertisement, source: $0.source,
          reason: $0.outcome.sentence)
      }
      explanation.verdict = Explanation.Verdict(
        of: explanation, rules: RulePage(of: path.engine, from: 0).rules)
      return .why(explanation)
    } catch {
      return .error(RequestFailure(.notFound, "the kernel cannot be asked: \(error)"))
    }
  }

  /// How many messages about one target are told.
  private static let shownMessages = 8
}
