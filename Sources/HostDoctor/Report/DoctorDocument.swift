package import JSONText

/// What `ndpctl doctor --json` prints; `docs/doctor.md` describes it.
///
/// `version` changes when a field changes its meaning or goes; new fields may come without that.
package struct DoctorDocument: JSONWritable, Decodable, Sendable {
  /// The version of this form: 1.
  package private(set) var version = 1
  /// 0 through 3, as the manual page has it.
  package let exitStatus: Int32
  /// All of it in one sentence.
  package let summary: String
  /// Every check, in the order of the guide.
  package let checks: [Check]

  /// One check and what came of it.
  package struct Check: JSONWritable, Decodable, Sendable {
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

    /// Writes an object; what has no value is left out.
    package func write(to json: inout JSONWriter) {
      json.object {
        $0.member("code", code)
        $0.member("title", title)
        $0.member("step", step)
        $0.member("verdict", verdict)
        $0.member("message", message)
        $0.member("findings", findings)
      }
    }
  }

  /// Something that stands in the way.
  package struct Finding: JSONWritable, Decodable, Sendable {
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

    /// Writes an object; what has no value is left out.
    package func write(to json: inout JSONWriter) {
      json.object {
        $0.member("severity", severity)
        $0.member("summary", summary)
        $0.member("subject", subject)
        $0.member("value", value)
        $0.member("source", source)
        $0.member("meaning", meaning)
        $0.member("fix", fix)
      }
    }
  }

  /// What to do about a finding.
  package struct Fix: JSONWritable, Decodable, Sendable {
    /// Commands for a shell, in this order; each gives it exactly the names that were read.
    package let commands: [String]
    /// Why there are none; left out where there are.
    package let obstacle: String?
    /// How to make it last: commands as well, or where to write what.
    package let lasting: [String]
    /// `sysctl`, `route`, `accept`, `own-table` or `other`.
    package let scope: String

    /// Writes an object; what has no value is left out.
    package func write(to json: inout JSONWriter) {
      json.object {
        $0.member("commands", commands)
        $0.member("obstacle", obstacle)
        $0.member("lasting", lasting)
        $0.member("scope", scope)
      }
    }
  }

  /// Says the same as a diagnosis.
  package init(_ diagnosis: Diagnosis) {
    exitStatus = diagnosis.exitStatus
    summary = diagnosis.summary
    checks = diagnosis.results.map(Check.init)
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("version", version)
      $0.member("exitStatus", exitStatus)
      $0.member("summary", summary)
      $0.member("checks", checks)
    }
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
