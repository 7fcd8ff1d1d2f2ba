import ControlProtocol
import Inspection
import LinuxNet
import ProxyConfig
import ProxyEngine
import ProxyModel

// A changed configuration is taken up.

extension Daemon {
  /// Reads the configuration file again and goes by it, or says why not and goes on as before.
  ///
  /// Everything is checked before anything changes, and the change is at once: what rules in both
  /// configurations are about is answered throughout. Everything is logged, and told the caller.
  @discardableResult
  func reload() -> ReloadReport {
    // systemd compares the time with that of the reload it asked for (sd_notify(3)).
    tellManager("RELOADING=1", ServiceManager.reloadTime)
    defer { tellManager("READY=1") }
    defer { Heap.trim() }
    var problems: [ReloadReport.Problem] = []
    do {
      let file = try ConfigurationFile(path: configurationPath, isRegular: true)
      for diagnostic in file.problems { report(diagnostic) }
      problems = file.problems.map(ReloadReport.Problem.init)
      guard let configuration = file.configuration else {
        return refuse("\(file.path) has errors", problems)
      }
      if let refusal = claimInterfaces(of: configuration) { return refuse(refusal, problems) }
      try take(configuration)
      isReloadRefused = false
      log.notice("reloaded: \(summary)")
      return ReloadReport(isInForce: true, summary: summary, problems: problems)
    } catch {
      return refuse("\(error)", problems)
    }
  }

  /// Makes sure that no other daemon serves an interface of a new configuration; returns who does.
  private func claimInterfaces(of configuration: Configuration) -> String? {
    guard let claims else { return nil }
    do {
      for warning in try claims.update(to: configuration) { log.warning("\(warning)") }
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func refuse(_ reason: String, _ problems: [ReloadReport.Problem]) -> ReloadReport {
    isReloadRefused = true
    let sentence = "\(reason); the old configuration stays in force"
    log.error("not reloaded: \(sentence)")
    return ReloadReport(isInForce: false, summary: sentence, problems: problems)
  }

  private func report(_ diagnostic: Diagnostic) {
    switch diagnostic.severity {
    case .error: log.error("\(diagnostic)")
    case .warning: log.warning("\(diagnostic)")
    case .note: log.info("\(diagnostic)")
    }
  }

  private func take(_ configuration: Configuration) throws(SystemError) {
    let newRuleset = configuration.ruleset
    if newRuleset.installsHostRoutes {
      try openHostRoutes()
      if !Privileges.has(.netAdmin) {
        log.warning(
          "autowire needs CAP_NET_ADMIN, which was given up at the start: it takes a restart")
      }
    }
    let fixed = engine.replace(
      newRuleset, limits: configuration.limits, into: &actions)
    performActions()
    for name in fixed {
      log.warning(
        """
        \(name): 'router' stays as it was until a restart: hosts that see it change may lose their \
        default route
        """)
    }
    ruleset = newRuleset
    self.configuration = configuration
    configured = .now
    plan = PortPlan(ruleset, hearsEverything: log.isDebugging)
    try watchKernel()
    changePorts()
  }
}

extension ReloadReport.Problem {
  fileprivate init(_ diagnostic: Diagnostic) {
    self.init(
      severity: diagnostic.severity.rawValue, code: diagnostic.code, text: "\(diagnostic)")
  }
}
