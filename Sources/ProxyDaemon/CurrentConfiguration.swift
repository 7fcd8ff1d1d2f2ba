import ControlProtocol
import Inspection
import LinuxNet
import ProxyConfig
import ProxyModel

/// The configuration in force, where it came from, and how it is changed.
final class CurrentConfiguration {
  /// Read again when a reload is asked for; absolute.
  let path: String
  private(set) var configuration: Configuration
  /// When it was taken up.
  private(set) var taken = Moment.now
  /// Whether the last one that was to take its place was refused.
  private(set) var isReloadRefused = false
  /// What keeps other daemons off our interfaces; `nil` where nothing does.
  private let claims: InstanceClaims?
  private let log: Log

  init(_ configuration: Configuration, from path: String, claims: InstanceClaims?, log: Log) {
    self.configuration = configuration
    self.path = path
    self.claims = claims
    self.log = log
  }

  var ruleset: Ruleset { configuration.ruleset }

  /// Has interfaces found by alternative names like this from now on.
  func nameInterfaces(_ primaryName: @escaping (String) -> String) {
    claims?.primaryName = primaryName
  }

  /// Reads the file again and has `change` go by it, or says why not and leaves all as it was.
  ///
  /// Everything is checked before anything changes, and the change is at once: what rules in both
  /// configurations are about is answered throughout. Everything is logged, and told the caller;
  /// `summary` says how things are then.
  func reload(
    summary: () -> String, change: (Configuration) throws(SystemError) -> Void
  ) -> ReloadReport {
    var problems: [ReloadReport.Problem] = []
    do {
      let file = try ConfigurationFile(path: path, isRegular: true)
      for diagnostic in file.problems { report(diagnostic) }
      problems = file.problems.map(ReloadReport.Problem.init)
      guard let newer = file.configuration else {
        return refuse("\(file.path) has errors", problems)
      }
      if let refusal = claimInterfaces(of: newer) { return refuse(refusal, problems) }
      do throws(SystemError) {
        try change(newer)
      } catch {
        // What is in force stays claimed, and nothing else.
        _ = claimInterfaces(of: configuration)
        throw error
      }
      configuration = newer
      taken = .now
      isReloadRefused = false
      log.notice("reloaded: \(summary())")
      return ReloadReport(isInForce: true, summary: summary(), problems: problems)
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
}

extension ReloadReport.Problem {
  fileprivate init(_ diagnostic: Diagnostic) {
    self.init(
      severity: diagnostic.severity.rawValue, code: diagnostic.code, text: "\(diagnostic)")
  }
}
