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
      return CheckResult(check: $0, verdict: verdict.tried(on: examination))
    }
  }

  private init(_ results: [CheckResult]) { self.results = results }

  /// What the checks with these codes came to, or all.
  package func only(_ codes: Set<String>) -> Diagnosis {
    codes.isEmpty ? self : Diagnosis(results.filter { codes.contains($0.check.code) })
  }

  /// Remedies of which one would take back or defeat what another does.
  package var contradictions: [Contradiction] {
    var targets: [String: [(code: String, fix: Fix, end: String)]] = [:]
    for result in results {
      for fix in result.findings.compactMap(\.fix) {
        for action in fix.actions {
          guard let (target, end) = action.effect else { continue }
          targets[target, default: []].append((result.check.code, fix, end))
        }
      }
    }
    return targets.keys.sorted().compactMap { target in
      let all = targets[target] ?? []
      guard let first = all.first, let other = all.first(where: { $0.end != first.end }) else {
        return nil
      }
      return Contradiction(codes: [first.code, other.code], fixes: [first.fix, other.fix])
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

extension Verdict {
  /// Each remedy is tried against the other checks before it is offered.
  ///
  /// Of many findings of one check only the first few are tried, and the others get no command.
  fileprivate func tried(on examination: Examination) -> Verdict {
    guard case .found(var findings) = self else { return self }
    for place in findings.indices {
      guard let fix = findings[place].fix else { continue }
      findings[place].fix =
        place < Self.trialLimit
        ? examination.tried(fix)
        : Self.laterFix
    }
    return .found(findings)
  }

  /// How many remedies of one check are tried and offered at once.
  static let trialLimit = 8

  /// What there is instead beyond that.
  static let laterFix = Fix(
    obstacle: "as for the others of its kind: fix those first, then run the doctor again")
}

/// Two remedies that cannot both be.
package struct Contradiction: Sendable {
  /// The codes of their checks.
  package let codes: [String]
  /// The remedies.
  package let fixes: [Fix]
}

extension Action {
  /// What an action is about, and what it makes of that; `nil` where others do not matter.
  fileprivate var effect: (target: String, end: String)? {
    switch self {
    case .set(let variable, let value): return (variable.path, value)
    case .run(let words) where words.starts(with: ["ip", "-6", "route", "add"]) && words.count > 5:
      let table = words.firstIndex(of: "table").map { words[$0...].joined(separator: " ") } ?? ""
      let device = words.firstIndex(of: "dev").map { words[($0 + 1)...].first ?? "" } ?? ""
      return ("route \(words[4]) \(table)", device)
    case .run, .append, .write: return nil
    }
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
