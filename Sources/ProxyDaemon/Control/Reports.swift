import ConfigurationInForce
import ControlProtocol
import DaemonLog
import EventLoop
import Inspection
import InterfaceSockets
import KernelAnswering
import KernelTables
import LinuxNet
import NDPWire
import ProxyConfig
import ProxyEngine
import ProxyModel

// How things are, for who asks by the control socket.

extension Control {
  var status: Status {
    path.takeUpCounts()
    let now = Instant.now
    var status = Status()
    status.summary = attachments.summary
    status.programVersion = Release.version
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
    status.disabledRuleCount = current.disabledRules.isEmpty ? nil : current.disabledRules.count
    status.rules = rulePage(from: 0).rules
    status.kernelPath = kernelPath
    status.conditions = ConditionReport.all(
      of: path.engine, now: now, wallClock: WallClock.nanoseconds / 1_000_000)
    status.rememberedCount = path.engine.rememberedCount
    status.otherGateway = OtherGatewayReport(of: path.engine, now: now)
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

  private var kernelPath: KernelPathStatus {
    let kernel = path.kernel
    let reason: String? = if case .off(let reason) = kernel.condition { reason } else { nil }
    return KernelPathStatus(
      isOn: kernel.isOn, reason: reason, interfaces: kernel.interfaces.map(host.name(of:)),
      refusals: kernel.refusals.map { .init(interface: host.name(of: $0.key), reason: $0.value) }
        .sorted { $0.interface < $1.interface },
      driverInterfaces: kernel.early.interfaces.map(host.name(of:)),
      driverRefusals: kernel.early.refusals.map {
        .init(interface: host.name(of: $0.index), reason: $0.reason)
      })
  }

  /// The rules in force, and behind them those that are disabled.
  func rulePage(from start: Int) -> RulePage {
    let start = max(0, start)
    let page = RulePage(of: path.engine, from: start)
    let disabled = current.disabledRules
    guard page.next == nil, !disabled.isEmpty else { return page }
    let count = path.engine.ruleCount
    let first = max(0, start - count)
    let more = disabled.dropFirst(first).prefix(ControlSocket.pageLength - page.rules.count)
    return RulePage(
      rules: page.rules + more,
      next: first + more.count < disabled.count ? count + first + more.count : nil)
  }

  /// What is known of the targets that were solicited last.
  func recentTargets(limit: Int) -> SessionPage {
    let now = Instant.now
    let limit = min(max(0, limit), ControlSocket.pageLength)
    for recent in path.recent.solicitedTargets.prefix(limit) { path.takeUpUsage(of: recent.target) }
    let sessions = path.recent.solicitedTargets.lazy.compactMap { [path, host] in
      path.engine.sessionSummary(of: $0.target, solicitedOn: $0.interface).map {
        SessionReport($0, now: now, name: host.name(of:))
      }
    }
    return SessionPage(sessions: Array(sessions.prefix(limit)), next: nil)
  }

  /// Why no message is seen on an interface of this name; `nil` where one may be.
  func trouble(onInterface name: String) -> MonitorReport.Trouble? {
    let plan = attachments.plan
    let link = host.table.link(named: name)
    let names = link.map { plan.names(meaning: $0) } ?? plan.names(matching: name)
    guard let first = names.first else {
      if link == nil {
        return .init(isTemporary: false, sentence: "there is no interface '\(name)'")
      }
      if link?.hasNeighborDiscovery == false {
        return .init(isTemporary: false, sentence: "'\(name)' has no neighbor discovery")
      }
      // Where a route says on which interface to ask, that may be any.
      guard !current.ruleset.asksForRoutes else { return nil }
      return .init(isTemporary: false, sentence: "no rule is about the interface '\(name)'")
    }
    let conditions = names.map { attachments.condition(of: $0) }
    if conditions.contains(.usable) { return nil }
    return .init(isTemporary: true, sentence: conditions[0].sentence(about: first))
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
      generation: current.generation)
  }

  var counterReport: CounterReport {
    path.takeUpCounts()
    var report = CounterReport(of: path.engine.counters, latency: path.latency)
    report.unsent = path.unsentCount
    report.overrun = path.overrunCount
    return report
  }

  /// What becomes of a question for one target.
  func explanation(of target: IPv6Address) -> Reply {
    let now = Instant.now
    path.takeUpUsage(of: target)
    path.takeUpCounts()
    let recent = path.recent
    do {
      var explanation = try Explainer(
        host: host.table, plan: attachments.plan, condition: attachments.condition(of:),
        neighbors: NeighborLookup()
      ).explanation(
        of: target, engine: path.engine, now: now,
        solicitor: { recent.solicitor(on: $0, for: target) },
        kernel: routes.look(_:))
      explanation.isLive = true
      explanation.messages = recent.entries(about: target, limit: Self.shownMessages).map {
        RecentMessage(
          ageMilliseconds: now.milliseconds(since: $0.at), interface: host.name(of: $0.interface),
          kind: $0.solicitor != nil ? .solicitation : .advertisement, source: $0.source,
          decision: $0.outcome.code, reason: $0.outcome.sentence)
      }
      explanation.verdict = Explanation.Verdict(
        of: explanation, rules: RulePage(of: path.engine, from: 0).rules,
        disabled: current.disabledRules)
      return .why(explanation)
    } catch {
      return .error(RequestFailure(.notFound, "the kernel cannot be queried: \(error)"))
    }
  }

  /// How many messages about one target are told.
  private static let shownMessages = 8
}
