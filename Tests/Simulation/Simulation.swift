/// A seeded world of links, hosts, routers and proxies, and what must hold in it.
///
/// The same seed gives the same world, to the last octet.
package enum Simulation {
  /// What became of one seed.
  package struct Outcome: Sendable {
    /// The seed, by which it can be replayed.
    package let seed: UInt64
    /// What was violated first; `nil` if nothing.
    package let violation: Violation?
    /// A hash of everything that happened.
    package let hash: UInt64
    /// Everything that happened, where that was asked for.
    package let trace: [String]
    /// How much happened.
    package let figures: Figures

    /// Seed, violation and the last lines of the trace.
    package var report: String {
      let what = violation.map { "violated: \($0)" } ?? "nothing was violated"
      return (["seed \(seed): \(what)"] + trace.suffix(20)).joined(separator: "\n  ")
    }
  }

  /// Plays one seed, about 7 ms in a release build.
  ///
  /// With `answersInKernel`, gateways answer plain questions without asking their engine.
  ///
  /// Without a `topology` the seed chooses one. With a `mutant`, gateways make that mistake.
  /// What is known of prefixes with both `auto` and `iface` (FindingTests) is overlooked. A run
  /// that fails is played again for its trace.
  package static func run(
    seed: UInt64, topology: Topology? = nil, mutant: Mutant? = nil,
    answersInKernel: Bool = false, keepsTrace: Bool = false
  ) -> Outcome {
    let world = World(
      seed: seed, topology: topology, mutant: mutant, answersInKernel: answersInKernel,
      keepsTrace: keepsTrace)
    var violation: Violation?
    do throws(Violation) { try world.run() } catch { violation = error }
    if violation != nil, !keepsTrace {
      return run(
        seed: seed, topology: topology, mutant: mutant, answersInKernel: answersInKernel,
        keepsTrace: true)
    }
    return Outcome(
      seed: seed, violation: violation, hash: world.trace.hash, trace: world.trace.lines,
      figures: world.figures)
  }
}
