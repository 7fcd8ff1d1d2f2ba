import Simulation
import Testing

/// The simulation finds each mistake, and sees it for what it is.
struct MutantTests {
  /// How many worlds it may take; `make simulate MUTANT=answersTwice` says how many it does.
  private static let patience: UInt64 = 300

  /// Mistakes that few worlds show, and a seed before one that does.
  private static let hints: [Mutant: UInt64] = [
    .exceedsAdvertisementLimit: 350
  ]

  @Test(arguments: Mutant.allCases)
  func `a mistake is found, and its seed replays`(mutant: Mutant) throws {
    let first = Self.hints[mutant] ?? 0
    let outcome = try #require(
      (first..<first + Self.patience).lazy.map { Simulation.run(seed: $0, mutant: mutant) }
        .first { $0.violation != nil }, "in \(Self.patience) worlds")
    let violation = try #require(outcome.violation)
    #expect(mutant.violated.contains(violation.invariant), "\(outcome.report)")
    #expect(outcome.report.contains("seed \(outcome.seed)"))
    let again = Simulation.run(seed: outcome.seed, mutant: mutant)
    #expect(again.hash == outcome.hash)
    #expect(again.violation?.description == violation.description)
  }
}
