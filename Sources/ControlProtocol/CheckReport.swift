package import JSONText

/// What a reload would do, as far as only the daemon can tell; nothing has changed.
package struct CheckReport: ReplyPart, Equatable, Sendable {
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

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("isAcceptable", isAcceptable)
      $0.member("summary", summary)
      $0.member("problems", problems)
      $0.member("sessionCount", sessionCount)
      $0.member("sessionsLost", sessionsLost)
      $0.member("restarts", restarts)
    }
  }
}
