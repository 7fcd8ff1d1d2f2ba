// Whether what everybody counts fits together: a figure must not come about by accident.

extension Flood {
  /// Throws where questions or answers went missing that nobody accounts for.
  func reconcile(_ responder: Responder) throws {
    try agree("solicitations sent", sentCount, "received by the responder's interface", delivered)
    try agree("answers sent by its interface", emitted, "received by the solicitor", returned)
    guard returned > 0 else { throw BenchFailure("\(responder.title) answered nothing") }
    if divisor == 1 {
      try agree("answers received", returned, "found to be right", verified)
    } else {
      // The sample is a binomial one: five standard deviations are one in a million.
      let expected = Double(returned) / Double(divisor)
      let difference = abs(Double(verified / divisor) - expected)
      guard difference <= 5 * expected.squareRoot() + 10 else {
        throw BenchFailure(
          "1 in \(divisor) of \(returned) answers was checked, but \(verified / divisor) came")
      }
    }
    if responder.isOurs { try reconcileOwnCounts() }
  }

  /// ndpproxy accounts for every question: answered, lost before it could read it, or ignored.
  private func reconcileOwnCounts() throws {
    guard let answered = ownCounts["answered"], let overrun = ownCounts["overrun"],
      let unsent = ownCounts["unsent"]
    else { throw BenchFailure("ndpproxy's counts lack answered, overrun or unsent") }
    let asked = ownCounts["asked"] ?? 0
    try agree("answers by ndpproxy's count", answered - unsent, "of its interface", emitted)
    let known: Set = ["answered", "asked", "overrun", "unsent"]
    let ignored = ownCounts.filter { !known.contains($0.key) }.values.reduce(0, +)
    let waiting = asked > 0 ? delivered - answered - overrun - ignored : 0
    try agree(
      "solicitations that ndpproxy answered, lost or ignored",
      answered + overrun + ignored + waiting,
      "of its interface", delivered)
  }

  /// The kernels themselves say something now and then.
  private static let chatter = 8

  private func agree(
    _ what: String, _ count: Int, _ other: String, _ otherCount: Int
  ) throws {
    guard abs(count - otherCount) <= Self.chatter else {
      throw BenchFailure(
        "the counts disagree: \(grouped(count)) \(what), \(grouped(otherCount)) \(other)")
    }
  }
}
