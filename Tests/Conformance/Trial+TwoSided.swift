import NDPWire

// For rows that play on both links: what was asked on one, what was answered on the other.
//
// Nothing here takes frames away, so that a row can look back at all that it has led to.

extension Trial {
  /// Whether waiting costs real time, of which a busy machine may take more than was asked for.
  var isLive: Bool { subject.kind != .octets }

  /// The host behind the proxy that has the row's targets.
  var owner: Station { station(14) }
  /// Another host there.
  var stranger: Station { station(15) }

  /// What the row has a host say about its target.
  func claim(_ target: IPv6Address, by station: Station? = nil) -> Advertisement {
    Advertisement(from: station ?? owner, of: target)
  }

  /// Has the row's owner, or another station, answer the last question for a target as a host
  /// answers it; throws where nobody has asked.
  func answerQuestion(
    _ target: IPv6Address, by station: Station? = nil, on side: Side = .down
  ) async throws {
    guard let question = try await questions(target, on: side).last else {
      throw Mismatch("no probe for \(target)")
    }
    try await send((station ?? owner).answer(to: question), on: side)
  }

  /// The proxy's questions for a target, in order.
  func questions(_ target: IPv6Address, on side: Side = .down) async throws -> [EmittedFrame] {
    try await messages(135, target, on: side)
  }

  /// The proxy's answers about a target, in order.
  func answers(_ target: IPv6Address, on side: Side = .up) async throws -> [EmittedFrame] {
    try await messages(136, target, on: side)
  }

  private func messages(
    _ type: UInt8, _ target: IPv6Address, on side: Side
  ) async throws -> [EmittedFrame] {
    try await subject.emitted(about: [target])
      .filter { $0.side == side && $0.message?.first == type && $0.target == target }
  }

  /// Has the row's station ask for a target.
  func ask(_ target: IPv6Address, by station: Station? = nil) async throws {
    try await send(Stimulus(from: station ?? self.station(), for: target))
  }

  /// Waits until the proxy has asked for a target so often; throws if it does not.
  func awaitQuestions(
    _ target: IPv6Address, _ count: Int = 1, within patience: Duration = Trial.patience
  ) async throws {
    try await wait(for: "probe", count, within: patience) { try await questions(target).count }
  }

  /// Waits until so many answers about a target were given; throws if they are not.
  func awaitAnswers(_ target: IPv6Address, _ count: Int = 1) async throws {
    try await wait(for: "answer", count, within: Self.patience) {
      try await answers(target).count
    }
  }

  private func wait(
    for what: String, _ wanted: Int, within patience: Duration, _ count: () async throws -> Int
  ) async throws {
    let end = await subject.now + patience
    while true {
      let seen = try await count()
      if seen >= wanted { return }
      let isOver = await subject.now >= end
      try require(!isOver, "\(what) \(seen + 1) is missing")
      try await wait(.milliseconds(10))
    }
  }

  /// Throws unless so many answers about the target are given, and no more.
  func requireAnswers(_ target: IPv6Address, _ count: Int, _ what: String = "") async throws {
    try await awaitAnswers(target, count)
    try await settle()
    let seen = try await answers(target).count
    try require(seen == count, "\(seen) answers instead of \(count)\(what)")
  }

  /// Throws if there are answers about the target.
  func requireUnanswered(_ target: IPv6Address, _ what: String) async throws {
    try await settle()
    try require(try await answers(target).isEmpty, "answers after \(what)")
  }

  /// Throws if two of the proxy's questions are closer than RetransTimer (RFC 4861 §10).
  func requireRetransmissionTime(_ target: IPv6Address) async throws {
    let times = try await questions(target).map(\.time)
    for (former, latter) in zip(times, times.dropFirst()) {
      // The kernel's clock stamps the frames, the daemon's runs the timer.
      try require(
        latter - former > .milliseconds(985), "\(latter - former) between two probes")
    }
  }

  /// Waits as long as something that must not happen would take.
  func settle() async throws { try await wait(.milliseconds(300)) }

  /// Has a target asked for and confirmed.
  func confirm(_ target: IPv6Address) async throws {
    try await ask(target)
    try await awaitQuestions(target)
    try await answerQuestion(target)
    try await awaitAnswers(target)
  }
}

/// Throws unless the two are equal.
func require<Value: Equatable>(
  _ what: String, _ value: Value, is expected: Value
) throws(Mismatch) {
  try require(value == expected, "\(what): \(value) instead of \(expected)")
}
