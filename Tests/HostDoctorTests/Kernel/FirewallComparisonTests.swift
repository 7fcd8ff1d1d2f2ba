import LinuxNet
import LinuxSurvey
import NetworkLab
import Testing

@testable import HostDoctor

/// The walk through nf_tables against the kernel itself: random rulesets, a packet sent through
/// each,
/// and the fate that the doctor foretold.
///
/// NDPPROXY_RULESETS says how many, and NDPPROXY_FIRST_RULESET the first seed, as `make
/// compare-firewall` does.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(30)))
struct FirewallComparisonTests {
  private static let count =
    CurrentProcess.environment("NDPPROXY_RULESETS").flatMap { UInt64($0) }
    ?? 60
  private static let first =
    CurrentProcess.environment("NDPPROXY_FIRST_RULESET").flatMap { UInt64($0) } ?? 1

  /// What came of all rulesets.
  private struct Score {
    var rulesets = 0
    var refused = 0
    var passed = 0
    var dropped = 0
    var undecided = 0
    var differences: [String] = []

    var packets: Int { passed + dropped + undecided }
  }

  @Test func `the kernel does with each packet what the doctor foretells`() async throws {
    var lab = try await FirewallLab()
    var score = Score()
    for seed in Self.first..<Self.first + Self.count {
      let ruleset = RandomRuleset(seed: seed)
      try await lab.network.gateway.run("nft", "-f", "-", input: FirewallLab.tracking)
      try lab.establish()
      let loaded = try await lab.network.gateway.result(
        of: ["nft", "-f", "-"], input: ruleset.text)
      guard loaded.status == .exited(0) else {
        score.refused += 1
        print("seed \(seed): nft refuses: \(loaded.standardError.prefix(300))")
        continue
      }
      score.rulesets += 1
      let read = try lab.network.gateway.namespace.run { try NetfilterRuleset.read() }
      let firewall = Firewall(ruleset: read)
      let known = score.differences.count
      for journey in lab.journeys() { try compare(journey, seed, firewall, &lab, &score) }
      if score.differences.count > known { print("seed \(seed):\n\(ruleset.text)") }
    }
    print(
      "\(score.rulesets) rulesets, \(score.refused) refused by nft, \(score.packets) packets: "
        + "\(score.passed) passed, \(score.dropped) dropped, \(score.undecided) not foretold, "
        + "\(score.differences.count) differences")
    for difference in score.differences.prefix(20) { print(difference) }
    #expect(score.differences.isEmpty)
    #expect(score.refused * 50 <= score.rulesets, "rulesets that nft refuses show nothing")
    #expect(score.passed * 5 > score.packets && score.dropped * 5 > score.packets)
    #expect(score.undecided * 3 < score.packets, "a fate that is not foretold shows nothing")
  }

  private func compare(
    _ journey: FirewallLab.Journey, _ seed: UInt64, _ firewall: Firewall,
    _ lab: inout FirewallLab, _ score: inout Score
  ) throws {
    guard let foretold = journey.predictedToPass(by: firewall) else {
      score.undecided += 1
      return
    }
    // What is foretold to be dropped has to stay away for some time; what passes is there at once.
    let passes = try lab.passes(
      journey, patience: foretold ? .milliseconds(500) : .milliseconds(4))
    if passes { score.passed += 1 } else { score.dropped += 1 }
    if passes != foretold {
      score.differences.append(
        "seed \(seed): \(journey.name) \(passes ? "passes" : "is dropped")")
    }
  }
}
