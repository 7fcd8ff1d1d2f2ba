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
    ("where a target was confirmed by iface, the way of auto was forgotten", 9981, nil),
    ("two proxies that share a rule interface asked for a target together", 1, .sharing),
    ("so they did", 452, .sharing),
    ("one of them relied on questions of the other that were over", 163, .sharing),
  ]

  @Test(arguments: mended)
  func `what was found is mended`(name: String, seed: UInt64, topology: Topology?) {
    let outcome = Simulation.run(seed: seed, topology: topology)
    #expect(outcome.violation == nil, "\(name): \(outcome.report)")
  }
}
