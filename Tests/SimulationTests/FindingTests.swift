import Simulation
import Testing

/// What the simulation has found in the engine, each as the mistake that it was.
///
/// A seed means another world once worlds are made differently. So each finding has worlds in which
/// the engine is right, and in which a gateway that makes that mistake is found: they are about
/// what was found, whatever they look like. `ProxyEngineTests` has each as a test of its own, too.
struct FindingTests {
  struct Finding: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let mistake: Mutant
    var topology: Topology?
    /// Where in the seeds its worlds begin, and how many they are.
    var first: UInt64 = 0
    var count: UInt64 = 60
  }

  static let mended = [
    Finding(
      testDescription: "after a route change hearsay was answered from memory",
      mistake: .believesHearsay),
    Finding(
      testDescription: "so it was below another proxy", mistake: .believesHearsay,
      topology: .chain),
    Finding(
      testDescription: "questions for a target were charged to a scanner that asked first",
      mistake: .servesScannerFirst),
    Finding(
      testDescription: "a target that moved from auto to iface was not found at once",
      mistake: .ignoresRouteChanges, first: 90),
    Finding(
      testDescription: "two proxies that share a rule interface asked for a target together",
      mistake: .asksTogether, topology: .sharing),
    Finding(
      testDescription: "the answer of a host to a question by unicast was thrown away",
      mistake: .rejectsAnswersWithoutOverride),
    Finding(
      testDescription: "a router with a link-local address of another link was not answered",
      mistake: .comparesAddressesAcrossLinks),
  ]

  @Test(arguments: mended)
  func `what was found is mended, and would be found again`(finding: Finding) {
    var isFound = false
    for seed in finding.first..<finding.first + finding.count {
      let outcome = Simulation.run(seed: seed, topology: finding.topology)
      #expect(outcome.violation == nil, "\(outcome.report)")
      guard !isFound else { continue }
      let mistaken = Simulation.run(
        seed: seed, topology: finding.topology, mutant: finding.mistake)
      isFound = mistaken.violation.map { finding.mistake.violated.contains($0.invariant) } ?? false
    }
    #expect(isFound, "the mistake \(finding.mistake) shows in none of these worlds")
  }
}
