import Conformance
import LinuxSurvey
import Testing

extension Row: CustomTestStringConvertible {
  public var testDescription: String { "\(id): \(requirement)" }
}

/// One after the other: the times in rows on daemons are real.
@Suite(.serialized) struct ConformanceTests {
  @Test(arguments: Row.all)
  func `without a kernel`(row: Row) async {
    if case .differs(let what) = await row.attemptOnOctets() { Issue.record("\(what)") }
  }

  /// All rows on our daemon; they share daemons, so that they are tried once, together.
  static let live = Task { await LiveRun.attemptsOfOurs() }

  @Test(.enabled(if: NetworkNamespace.isPermitted), arguments: Row.all)
  func `on the daemon`(row: Row) async {
    if case .differs(let what) = await Self.live.value.outcomes[row.id] { Issue.record("\(what)") }
  }

  /// Rows that need kernels or a daemon, and are not reserved for hosts with more than this one.
  private static let fewestRows = 150

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `most rows are tried on the daemon, few of them twice`() async {
    let attempts = await Self.live.value
    if !attempts.report.isEmpty { print(attempts.report) }
    #expect(attempts.repeated.count <= Attempts.mostRepeated, "\(attempts.report)")
    #expect(attempts.executed >= Self.fewestRows)
  }
}
