package import ControlProtocol
package import DaemonLog
package import EventLoop
import Inspection
package import NDPWire
package import ProxyConfig
package import ProxyModel

/// The configuration in force, where it came from, and how it is changed.
package final class CurrentConfiguration {
  /// Read again when a reload is asked for; absolute.
  package let path: String
  /// What is in force: as the file had it, without the rules that are disabled.
  package private(set) var configuration: Configuration
  /// The rules that are disabled until the next reload.
  package private(set) var disabledRules: [RuleReport] = []
  /// What the file had, where some of it is disabled.
  private var whole: Configuration?
  /// When it was taken up.
  package private(set) var taken = Moment.now
  /// Another number for each configuration that was in force.
  package private(set) var generation: UInt64 = 0
  /// Whether the last one that was to take its place was refused.
  package private(set) var isReloadRefused = false
  /// What keeps other daemons off our interfaces; `nil` where nothing does.
  private let claims: InstanceClaims?
  private let log: Log

  package init(
    _ configuration: Configuration, from path: String, claims: InstanceClaims?, log: Log
  ) {
    self.configuration = configuration
    self.path = path
    self.claims = claims
    self.log = log
  }

  /// Says to other daemons that this one runs; returns whether there are none in this network
  /// namespace.
  package func announcePresence() -> Bool { claims?.announcePresence() ?? false }

  /// What it is to answer by.
  package var ruleset: Ruleset { configuration.ruleset }

  /// Has interfaces found by alternative names like this from now on.
  package func nameInterfaces(_ primaryName: @escaping (String) -> String) {
    claims?.primaryName = primaryName
  }

  /// Reads the file again and has `change` go by it, or says why not and leaves all as it was.
  ///
  /// Everything is checked before anything changes, and the change is at once: what rules in both
  /// configurations are about is answered throughout. Everything is logged, and told the caller;
  /// `summary` says how things are then.
  package func reload<Refusal: Error & CustomStringConvertible>(
    summary: () -> String, change: (Configuration) throws(Refusal) -> Void
  ) -> ReloadReport {
    let file: ConfigurationFile
    do {
      file = try ConfigurationFile(path: path, isRegular: true)
    } catch {
      return refuse("\(error)", [])
    }
    for diagnostic in file.problems { report(diagnostic) }
    let problems = file.problems.map(ReloadReport.Problem.init)
    guard let newer = file.configuration else {
      return refuse("\(file.path) has errors", problems)
    }
    if let refusal = claimInterfaces(of: newer) { return refuse(refusal, problems) }
    do throws(Refusal) {
      try change(newer)
    } catch {
      // What is in force stays claimed, and nothing else.
      _ = claimInterfaces(of: whole ?? configuration)
      return refuse("\(error)", problems)
    }
    configuration = newer
    (whole, disabledRules) = (nil, [])
    taken = .now
    generation &+= 1
    isReloadRefused = false
    log.notice("reloaded: \(summary())")
    return ReloadReport(isInForce: true, summary: summary(), problems: problems)
  }

  /// Reads the file and says whether a reload would take it up; `preview` says what that would do.
  ///
  /// Changes nothing, and logs nothing.
  package func check(
    preview: (Configuration) -> (sessionCount: Int, lost: Int, restarts: [String])
  ) -> CheckReport {
    var problems: [ReloadReport.Problem] = []
    func refusal(_ reason: String) -> CheckReport {
      CheckReport(
        isAcceptable: false, summary: "a reload would be refused: \(reason)", problems: problems)
    }
    let file: ConfigurationFile
    do {
      file = try ConfigurationFile(path: path, isRegular: true)
    } catch {
      return refusal("\(error)")
    }
    problems = file.problems.map(ReloadReport.Problem.init)
    guard let newer = file.configuration else { return refusal("\(file.path) has errors") }
    do {
      try claims?.check(newer)
    } catch {
      return refusal("\(error)")
    }
    let change = preview(newer)
    return CheckReport(
      isAcceptable: true, summary: "\(file.path) can be loaded", problems: problems,
      sessionCount: change.sessionCount, sessionsLost: change.lost, restarts: change.restarts)
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
}

// MARK: - Rules that are disabled

extension CurrentConfiguration {
  /// Disables the rules for just this prefix until the next reload, or enables them again, and has
  /// `change` go by that.
  ///
  /// A disabled rule is as if the file did not have it. Claims stay: the interface is still ours.
  /// Throws where there is no such rule, or `change` does; then all is as it was.
  package func setRule<Refusal: Error & CustomStringConvertible>(
    _ prefix: IPv6Prefix, of proxy: String?, isEnabled: Bool,
    change: (Configuration) throws(Refusal) -> Void
  ) throws(RequestFailure) -> RuleSwitchReport {
    let whole = whole ?? configuration
    let owners = whole.proxies.filter { owner in
      (proxy == nil || owner.interface == proxy) && owner.rules.contains { $0.prefix == prefix }
    }
    guard !owners.isEmpty else {
      let place = proxy.map { " of proxy \($0)" } ?? ""
      throw RequestFailure(
        .notFound, "there is no rule \(prefix)\(place); 'ndpctl rules' lists the rules")
    }
    let names = Set(owners.map { $0.interface })
    var disabled = disabledRules.filter { $0.prefix != prefix || !names.contains($0.proxy) }
    let wasDisabled = disabledRules.count - disabled.count
    let isChanged = isEnabled ? wasDisabled > 0 : wasDisabled < owners.count
    let report = RuleSwitchReport(
      prefix: prefix, proxies: owners.map { $0.interface }, isEnabled: isEnabled,
      isChanged: isChanged)
    guard isChanged else { return report }
    if !isEnabled {
      disabled += owners.map { owner in
        RuleReport(
          disabled: owner.rules.filter { $0.prefix == prefix }, for: prefix, of: owner.interface)
      }
    }
    let newer = whole.without(disabled)
    do {
      try change(newer)
    } catch {
      throw RequestFailure(.refused, "the kernel refused: \(error); all is as it was")
    }
    configuration = newer
    disabledRules = disabled
    self.whole = disabled.isEmpty ? nil : whole
    // Parts of the text that are read in between are of another configuration.
    generation &+= 1
    let place = report.proxies.joined(separator: ", ")
    log.notice("rule \(prefix) on \(place): \(isEnabled ? "enabled" : "disabled") by ndpctl")
    return report
  }
}

extension Configuration {
  /// The same without the rules for the prefixes of these reports.
  fileprivate func without(_ disabled: [RuleReport]) -> Configuration {
    var rest = self
    for position in proxies.indices {
      let name = proxies[position].interface
      let prefixes = Set(disabled.filter { $0.proxy == name }.map { $0.prefix })
      if prefixes.isEmpty { continue }
      let isDisabled = { (rule: Ruleset.Rule) in prefixes.contains(rule.prefix) }
      rest.ruleset.proxies[position].disabledRules = proxies[position].rules.filter(isDisabled)
      rest.ruleset.proxies[position].rules.removeAll(where: isDisabled)
    }
    return rest
  }
}

extension ReloadReport.Problem {
  fileprivate init(_ diagnostic: Diagnostic) {
    self.init(
      severity: diagnostic.severity.rawValue, code: diagnostic.code, text: "\(diagnostic)")
  }
}
