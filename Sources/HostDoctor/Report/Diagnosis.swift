/// What all checks, or some, came to.
package struct Diagnosis: Sendable {
  /// In the order in which somebody would look.
  package let results: [CheckResult]

  /// Every check there is, in the order of the way of a packet.
  package static let checks: [Check] =
    Check.configurationChecks + Check.addressChecks + Check.forwardingChecks
    + Check.defaultRouteChecks + Check.routeChecks + Check.firewallChecks
    + Check.solicitationChecks + Check.answerChecks + Check.wayBackChecks

  /// Makes the checks with these codes, or all; no check changes anything.
  package init(of examination: Examination, only codes: Set<String> = []) {
    results = Self.checks.filter { codes.isEmpty || codes.contains($0.code) }.map {
      let needsRules = $0.step != .configuration
      let verdict =
        examination.isUnusable && needsRules
        ? Verdict.skipped("the configuration has errors") : $0.examine(examination)
      return CheckResult(check: $0, verdict: verdict)
    }
  }

  /// Everything found, the causes before what follows from them.
  package var findings: [Finding] {
    results.flatMap(\.findings)
  }

  /// How many findings are this bad.
  package func count(of severity: Severity) -> Int {
    findings.count { $0.severity == severity }
  }

  /// How many checks could not be made, though root could.
  package var skippedCount: Int {
    results.count { if case .skipped = $0.verdict { true } else { false } }
  }

  /// 0 all good, 1 a failure, 2 only warnings.
  package var exitStatus: Int32 {
    count(of: .failure) > 0 ? 1 : count(of: .warning) > 0 ? 2 : 0
  }
}

/// A check and what it came to.
package struct CheckResult: Sendable {
  /// What was looked at.
  package let check: Check
  /// What was seen.
  package let verdict: Verdict

  /// What was found, if anything.
  package var findings: [Finding] {
    guard case .found(let findings) = verdict else { return [] }
    return findings
  }
}
