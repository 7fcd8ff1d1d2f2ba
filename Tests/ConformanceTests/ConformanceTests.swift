import Conformance
import LinuxNet
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
  static let live = Task { await LiveRun.outcomesOfOurs() }

  @Test(.enabled(if: NetworkNamespace.isPermitted), arguments: Row.all)
  func `on the daemon`(row: Row) async {
    if case .differs(let what) = await Self.live.value[row.id] { Issue.record("\(what)") }
  }
}
