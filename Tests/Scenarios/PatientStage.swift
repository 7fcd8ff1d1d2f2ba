package import NDPWire

/// A stage whose routers ask again where frames get lost, as routers do, once a second.
///
/// What arrives twice counts once.
package final class PatientStage: Stage {
  private let stage: any Stage
  private static let tries = 10

  /// On top of a stage that asks once.
  package init(_ stage: any Stage) { self.stage = stage }

  package func ask(
    _ questions: [Question], awaiting count: Int, within patience: Duration
  ) async throws -> [[EthernetFrame<NeighborAdvertisement>]] {
    var seen: [[EthernetFrame<NeighborAdvertisement>]] = [[], []]
    for _ in 0..<(count == 0 ? 1 : Self.tries) {
      let more = try await stage.ask(questions, awaiting: 0, within: max(patience, .seconds(1)))
      for (router, frames) in more.enumerated() {
        for frame in frames where !seen[router].contains(frame) { seen[router].append(frame) }
      }
      if count > 0, seen.reduce(0, { $0 + $1.count }) >= count { break }
    }
    return seen
  }
}
