import HostDoctor
import LinuxNet
import LinuxSurvey
import NetworkLab
import Testing

/// The doctor is never wrong about a whole host: not one that works is called broken, and not one
/// that is broken is called good.
///
/// `make doctor-labs` prints the table of docs/doctor-labs.md.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(10)))
struct SituationTests {
  /// How many are played at once; most of the time they wait.
  private static let width = 4

  private func playAll() async throws -> [Situation.Outcome] {
    let only = CurrentProcess.environment("NDPPROXY_LABS")
    let all = Situation.all.filter { situation in
      only.map { situation.name.contains($0) } ?? true
    }
    return try await withThrowingTaskGroup(of: (Int, Situation.Outcome).self) { group in
      var outcomes: [Int: Situation.Outcome] = [:]
      for (place, situation) in all.enumerated() {
        if place >= Self.width, let done = try await group.next() { outcomes[done.0] = done.1 }
        group.addTask { (place, try await situation.play()) }
      }
      for try await done in group { outcomes[done.0] = done.1 }
      return all.indices.compactMap { outcomes[$0] }
    }
  }

  @Test func `no false good and no false bad`() async throws {
    let outcomes = try await playAll()
    for outcome in outcomes {
      #expect(!outcome.isMisbuilt, "the lab is not what it says: \(outcome.report)")
      #expect(!outcome.isFalseGood, "false good: \(outcome.report)")
      #expect(!outcome.isFalseBad, "false bad: \(outcome.report)")
      if outcome.situation.connections != nil, !outcome.situation.name.hasSuffix("limit") {
        #expect(!outcome.document.summary.contains("in what was read"), "\(outcome.report)")
      }
      #expect(outcome.isFixed != false, "the fix does not help: \(outcome.report)")
      #expect(!outcome.isMistaken, "not the cause: \(outcome.report)")
    }
    if let path = CurrentProcess.environment("NDPPROXY_LAB_TABLE") {
      try OutputFile.replace(path, with: Self.table(of: outcomes))
    }
  }

  @Test func `init proposes what serves`() async throws {
    let layouts = Situation.healthy.filter { $0.target != nil }
    try await withThrowingTaskGroup(of: (String, String?).self) { group in
      for (place, layout) in layouts.enumerated() {
        if place >= Self.width, let (name, fault) = try await group.next() {
          #expect(fault == nil, "\(name): \(fault ?? "")")
        }
        group.addTask { (layout.name, try await layout.faultOfProposal()) }
      }
      for try await (name, fault) in group { #expect(fault == nil, "\(name): \(fault ?? "")") }
    }
  }

  @Test func `the documentation has every situation`() throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let text = String(
      decoding: try RegularFile(root + "/docs/doctor-labs.md", limit: 1 << 20).octets,
      as: UTF8.self)
    for situation in Situation.all { #expect(text.contains("| \(situation.name) |")) }
  }

  /// docs/doctor-labs.md.
  private static func table(of outcomes: [Situation.Outcome]) -> String {
    let working = outcomes.filter { $0.situation.fault == nil }
    let healthy = working.filter { $0.situation.note == nil }
    let broken = outcomes.filter { $0.situation.fault != nil }
    let codes = Set(broken.compactMap(\.situation.fault)).sorted()
    var lines = [
      "# Tests of the doctor", "",
      "`make doctor-labs` wrote this page. Each line is a host on a real kernel, in network",
      "namespaces. A machine outside pings a member through the host, and `ndpctl doctor` checks the",
      "host. For a host that works, the doctor must report no failure and no warning. For a host with",
      "a fault, the check with the given code must find the fault. If a name contains a program and",
      "its version, the host has the ruleset that `scripts/record-rulesets` recorded of that program,",
      "and TCP is tested, too.", "",
      "| | labs | wrong results |", "|---|---|---|",
      "| hosts that work | \(working.count) | reported as faulty: "
        + "\(outcomes.count(where: \.isFalseBad)) |",
      "| hosts with a fault | \(broken.count) | reported as good: "
        + "\(outcomes.count(where: \.isFalseGood)), another cause: "
        + "\(outcomes.count(where: \.isMistaken)) |", "",
      "## Hosts that work", "", "| host | ping | doctor |", "|---|---|---|",
    ]
    lines += healthy.map {
      "| \($0.situation.name) | \(words($0)) | \($0.document.summary) |"
    }
    lines += [
      "", "## Hosts whose packet filter lets only replies in", "",
      "That may be meant so: a note of the check with that code must say it.", "",
      "| host | ping | note |", "|---|---|---|",
    ]
    lines += working.compactMap { outcome in
      outcome.situation.note.map { "| \(outcome.situation.name) | \(words(outcome)) | \($0) |" }
    }
    lines += ["", "## Hosts with a fault"]
    for code in codes {
      let title = Diagnosis.checks.first { $0.code == code }?.title ?? ""
      lines += ["", "### \(code) \(title)", "", "| host | ping | found |", "|---|---|---|"]
      lines += broken.filter { $0.situation.fault == code }.map {
        "| \($0.situation.name) | \(words($0)) | "
          + "\($0.document.codes.joined(separator: ", ")) |"
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func words(_ outcome: Situation.Outcome) -> String {
    let ping = outcome.isReached.map { $0 ? "passes" : "fails" } ?? "not tested"
    return outcome.connections.map { "\(ping); TCP \($0.rawValue)" } ?? ping
  }
}
