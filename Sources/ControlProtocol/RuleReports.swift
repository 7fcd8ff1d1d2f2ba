package import NDPWire

/// What a reload would do, as far as only the daemon can tell; nothing has changed.
package struct CheckReport: Codable, Equatable, Sendable {
  /// Whether a reload would succeed.
  package let isAcceptable: Bool
  /// Why it would not, or that it would.
  package let summary: String
  /// What is wrong with the file.
  package let problems: [ReloadReport.Problem]
  /// How many targets are known now.
  package let sessionCount: Int
  /// How many of them would be forgotten, because their rules or the limit on sessions change.
  package let sessionsLost: Int
  /// What would change only with a restart, a sentence each.
  package let restarts: [String]

  package init(
    isAcceptable: Bool, summary: String, problems: [ReloadReport.Problem], sessionCount: Int = 0,
    sessionsLost: Int = 0, restarts: [String] = []
  ) {
    self.isAcceptable = isAcceptable
    self.summary = summary
    self.problems = problems
    self.sessionCount = sessionCount
    self.sessionsLost = sessionsLost
    self.restarts = restarts
  }
}

/// What came of disabling or enabling a rule.
package struct RuleSwitchReport: Codable, Equatable, Sendable {
  /// The rule's targets.
  package let prefix: IPv6Prefix
  /// The proxies that have a rule for just this prefix.
  package let proxies: [String]
  /// Whether it is in force now.
  package let isEnabled: Bool
  /// Whether it was otherwise before.
  package let isChanged: Bool

  package init(prefix: IPv6Prefix, proxies: [String], isEnabled: Bool, isChanged: Bool) {
    self.prefix = prefix
    self.proxies = proxies
    self.isEnabled = isEnabled
    self.isChanged = isChanged
  }
}
