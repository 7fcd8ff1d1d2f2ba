/// What `ndpctl doctor --json` prints; `docs/doctor.md` describes it.
///
/// `version` changes when a field changes its meaning or goes; new fields may come without that.
package struct DoctorDocument: Codable, Sendable {
  /// The version of this form: 1.
  package private(set) var version = 1
  /// 0 through 3, as the manual page has it.
  package let exitStatus: Int32
  /// All of it in one sentence.
  package let summary: String
  /// Every check, in the order of the guide.
  package let checks: [Check]

  /// One check and what came of it.
  package struct Check: Codable, Sendable {
    /// `D01` and so on.
    package let code: String
    /// What is checked.
    package let title: String
    /// Which step of the guide it belongs to.
    package let step: String
    /// `good`, `found`, `skipped` or `not-checked`.
    package let verdict: String
    /// What was seen, or why nothing was.
    package let message: String?
    /// What was found.
    package let findings: [Finding]
  }

  /// Something that stands in the way.
  package struct Finding: Codable, Sendable {
    /// `failure`, `warning` or `note`.
    package let severity: String
    /// What is the matter.
    package let summary: String
    /// What it is about, such as a rule or an interface; left out where `summary` alone says it.
    package let subject: String?
    /// The value that was read.
    package let value: String
    /// Where it was read.
    package let source: String
    /// What follows from it.
    package let meaning: String
    /// What to do, if anything helps on this host.
    package let fix: Fix?
  }

  /// What to do about a finding.
  package struct Fix: Codable, Sendable {
    /// Commands for a shell, in this order; each gives it exactly the names that were read.
    package let commands: [String]
    /// Why there are none; left out where there are.
    package let obstacle: String?
    /// How to make it last: commands as well, or where to write what.
    package let lasting: [String]
    /// `sysctl`, `route`, `accept`, `own-table` or `other`.
    package let scope: String
  }

  /// Says the same as a diagnosis.
  package init(_ diagnosis: Diagnosis) {
    exitStatus = diagnosis.exitStatus
    summary = diagnosis.summary
    checks = diagnosis.results.map(Check.init)
  }
}

extension DoctorDocument.Check {
  fileprivate init(_ result: CheckResult) {
    code = result.check.code
    title = result.check.title
    step = result.check.step.rawValue
    findings = result.findings.map(DoctorDocument.Finding.init)
    switch result.verdict {
    case .good(let words): (verdict, message) = ("good", words)
    case .found: (verdict, message) = ("found", nil)
    case .skipped(let reason): (verdict, message) = ("skipped", reason)
    case .notChecked(let reason): (verdict, message) = ("not-checked", reason)
    }
  }
}

extension DoctorDocument.Finding {
  fileprivate init(_ finding: Finding) {
    severity = finding.severity.rawValue
    summary = finding.summary
    subject = finding.subject
    value = finding.value
    source = finding.source
    meaning = finding.meaning
    fix = finding.fix.map {
      DoctorDocument.Fix(
        commands: $0.commands, obstacle: $0.obstacle, lasting: $0.lasting.map(\.text),
        scope: $0.scope.rawValue)
    }
  }
}
