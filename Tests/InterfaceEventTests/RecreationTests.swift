import InterfaceEvents
import LinuxSurvey
import Testing

/// Nothing gathers in a daemon whose interface goes and comes for ever.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct RecreationTests {
  /// What the allocator may keep: a leak of one socket's buffers alone would be 256 KiB a round.
  private static let margin = 512

  @Test func `after 500 new interfaces everything is as it was`() async throws {
    let recreation = try await Recreation.played(rounds: 500, questionsPerSecond: 1000)
    #expect(recreation.end == nil)
    #expect(recreation.answers)
    #expect(recreation.after.descriptors == recreation.before.descriptors)
    let before = recreation.before.memory
    let after = recreation.after.memory
    #expect(after.resident <= before.resident + Self.margin)
    #expect(after.written <= before.written + Self.margin)
    #expect(recreation.answerCount > 500, "of \(recreation.questionCount)")
  }
}
