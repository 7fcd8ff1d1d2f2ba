/// What came of a row on a subject.
package enum Outcome: Equatable, Sendable {
  /// As required.
  case pass
  /// Not as required; what was seen.
  case differs(String)
  /// Not tried.
  case notRun(String)
}

extension Row {
  /// Tries the row on a subject that was made for its setup.
  package func attempt(on subject: any Subject) async -> Outcome {
    guard case .script(_, let body) = check else { return .notRun("not about frames") }
    let trial = Trial(on: subject, number: Self.number(of: id))
    do {
      try await body(trial)
      return .pass
    } catch {
      return .differs("\(error)")
    }
  }

  /// Tries the row without a kernel, if that is possible.
  package func attemptOnOctets() async -> Outcome {
    switch check {
    case .script(let setup, _):
      do {
        return await attempt(on: try OctetsSubject(setup))
      } catch {
        return .differs("\(error)")
      }
    case .inside(let body), .insideAndLab(let body, _):
      do {
        try body()
        return .pass
      } catch {
        return .differs("\(error)")
      }
    case .lab: return .notRun("needs kernels")
    case .notRun(let reason): return .notRun(reason)
    }
  }

  /// The row's place among all rows.
  package static func number(of id: String) -> Int { numbers[id]! }

  private static let numbers = Dictionary(
    uniqueKeysWithValues: all.enumerated().map { ($1.id, $0) })
}
