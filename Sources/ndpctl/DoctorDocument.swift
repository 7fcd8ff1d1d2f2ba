import HostDoctor

/// What `ndpctl doctor --json` prints; `docs/doctor.md` describes it.
///
/// `version` changes when a field changes its meaning or goes; new fields may come without that.
struct DoctorDocument: Encodable {
  let version = 1
  let exitStatus: Int32
  let summary: String
  let checks: [Check]

  struct Check: Encodable {
    let code: String
    let title: String
    let step: String
    /// `good`, `found`, `skipped` or `not-checked`.
    let verdict: String
    /// What was seen, or why nothing was.
    let message: String?
    let findings: [Finding]
  }

  struct Finding: Encodable {
    /// `failure`, `warning` or `note`.
    let severity: String
    let summary: String
    let value: String
    let source: String
    let meaning: String
    let fix: Fix?
  }

  struct Fix: Encodable {
    let commands: [String]
    let lasting: [String]
    /// `sysctl`, `own-table` or `other`.
    let scope: String
  }

  init(_ diagnosis: Diagnosis) {
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
    value = finding.value
    source = finding.source
    meaning = finding.meaning
    fix = finding.fix.map {
      DoctorDocument.Fix(
        commands: $0.commands, lasting: $0.lasting, scope: $0.scope.rawValue)
    }
  }
}
