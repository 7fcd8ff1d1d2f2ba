/// One thing that can stand in the way, and how to see whether it does.
package struct Check: Sendable {
  /// Names it for good: `D03`.
  package let code: String
  /// Two or three words: `default route`.
  package let title: String
  /// Where it stands on the way of a packet.
  package let step: Step
  /// What it is about, how it is read and what to do, in plain sentences; for `--explain`.
  package let explanation: String
  let examine: @Sendable (Examination) -> Verdict

  init(
    _ code: String, _ title: String, _ step: Step, _ explanation: String,
    examine: @escaping @Sendable (Examination) -> Verdict
  ) {
    self.code = code
    self.title = title
    self.step = step
    self.explanation = explanation
    self.examine = examine
  }

  /// One that nothing on this host can decide; `reason` says what would.
  init(notChecked code: String, _ title: String, _ step: Step, reason: String) {
    self.init(code, title, step, "Not checked: \(reason)") { _ in .notChecked(reason) }
  }
}

/// The order in which somebody would look: that of the guide which the proxy was made for.
package enum Step: String, CaseIterable, Sendable {
  case configuration, addresses, forwarding
  case defaultRoute = "default route"
  case route = "route to the rule"
  case firewall
  case solicitations = "solicitations seen"
  case answers = "answers sent"
  case wayBack = "traffic back"
}

/// What a check came to.
package enum Verdict: Equatable, Sendable {
  /// Nothing stands in the way, as can be seen from this.
  case good(String)
  /// What stands in the way; at least one.
  case found([Finding])
  /// This could not be looked at, for this reason.
  case skipped(String)
  /// This program does not look at it; what would.
  case notChecked(String)

  /// `good` unless there are findings.
  init(_ findings: [Finding], good: String) {
    self = findings.isEmpty ? .good(good) : .found(findings)
  }
}

/// How bad it is; the worst last.
package enum Severity: String, Comparable, CaseIterable, Sendable {
  /// Good to know; nothing needs to be done.
  case note
  /// Something breaks later, or partly.
  case warning
  /// Traffic cannot pass.
  case failure

  package static func < (one: Severity, other: Severity) -> Bool {
    allCases.firstIndex(of: one)! < allCases.firstIndex(of: other)!
  }
}

/// One thing that stands in the way.
package struct Finding: Equatable, Sendable {
  /// How bad it is.
  package let severity: Severity
  /// What it is about, such as a rule; `nil` where `gist` says that, too.
  package let subject: String?
  /// What is the matter, in one sentence without a full stop.
  package let gist: String
  /// The value that was read.
  package let value: String
  /// Where it was read.
  package let source: String
  /// What follows from it.
  package let meaning: String
  /// What to do; `nil` where nothing on this host helps, and `meaning` says what does.
  package var fix: Fix?
  /// Whether it says that something cannot be judged, and nothing more.
  package var isUncertain = false

  /// Both in one sentence.
  package var summary: String { subject.map { "\($0): \(gist)" } ?? gist }

  init(
    _ severity: Severity, about subject: String? = nil, _ gist: String, value: String,
    from source: String, meaning: String, fix: Fix? = nil
  ) {
    self.severity = severity
    self.subject = subject
    self.gist = gist
    self.value = value
    self.source = source
    self.meaning = meaning
    self.fix = fix
  }
}
