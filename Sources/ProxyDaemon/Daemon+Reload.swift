import LinuxNet
import ProxyConfig
import ProxyEngine

// A changed configuration is taken up.

extension Daemon {
  /// Reads the configuration file again and goes by it, or says why not and goes on as before.
  ///
  /// Everything is checked before anything changes, and the change is at once: what rules in both
  /// configurations are about is answered throughout.
  func reload() {
    // systemd compares the time with that of the reload it asked for (sd_notify(3)).
    tellManager("RELOADING=1", "MONOTONIC_USEC=\(now.nanoseconds / 1000)")
    defer { tellManager("READY=1") }
    do {
      let file = try ConfigurationFile(path: configurationPath, isRegular: true)
      for diagnostic in file.problems { report(diagnostic) }
      guard let configuration = file.configuration else {
        return logger.error(
          "not reloaded: \(file.path) has errors; the old configuration stays in force")
      }
      try take(configuration)
      logger.notice("reloaded: \(summary)")
    } catch {
      logger.error("not reloaded: \(error); the old configuration stays in force")
    }
  }

  private func report(_ diagnostic: Diagnostic) {
    switch diagnostic.severity {
    case .error: logger.error("\(diagnostic)")
    case .warning: logger.warning("\(diagnostic)")
    case .note: logger.info("\(diagnostic)")
    }
  }

  private func take(_ configuration: Configuration) throws(SystemError) {
    let newRuleset = Ruleset(configuration)
    if newRuleset.asksForRoutes { try watchRoutes() }
    if newRuleset.installsHostRoutes {
      try openHostRoutes()
      if !Privileges.has(.netAdmin) {
        logger.warning(
          "autowire needs CAP_NET_ADMIN, which was given up at the start: it takes a restart")
      }
    }
    let fixed = engine.replace(
      newRuleset, limits: ProxyEngine.Limits(configuration), into: &actions)
    performActions()
    for name in fixed {
      logger.warning(
        """
        \(name): 'router' stays as it was until a restart: hosts that see it change may lose their \
        default route
        """)
    }
    ruleset = newRuleset
    plan = PortPlan(ruleset, hearsEverything: logger.logLevel <= .debug)
    changePorts()
  }
}
