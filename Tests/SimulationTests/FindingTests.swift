import Simulation
import Testing

/// What the simulation has found in the engine, each by the seed that showed it.
///
/// The seeds mean other worlds once those are made differently; `ProxyEngineTests` has each finding
/// as a test of its own where it was mended.
struct FindingTests {
  static let mended: [(String, UInt64, Topology?)] = [
    ("after a route change hearsay was answered from memory", 1389, nil),
    ("so it was below another proxy", 63, .chain),
    ("questions for a target were charged to a scanner that asked first", 1123, nil),
    ("a target that moved from auto to iface was not found at once", 3730, nil),
  ]

  @Test(arguments: mended)
  func `what was found is mended`(name: String, seed: UInt64, topology: Topology?) {
    let outcome = Simulation.run(seed: seed, topology: topology)
    #expect(outcome.violation == nil, "\(name): \(outcome.report)")
  }

  @Test func `where a target is confirmed by iface, the way of auto is forgotten`() {
    withKnownIssue("interfacesToAskAgain knows only where it was confirmed") {
      let outcome = Simulation.run(seed: 9981, overlooksKnown: false)
      #expect(outcome.violation == nil, "\(outcome.report)")
    }
  }

  @Test func `two proxies that share a rule interface ask for a target together`() {
    withKnownIssue("sessions of different proxies know nothing of each other") {
      for seed in [1, 452] as [UInt64] {
        let outcome = Simulation.run(seed: seed, topology: .sharing)
        #expect(outcome.violation == nil, "\(outcome.report)")
      }
    }
  }
}
