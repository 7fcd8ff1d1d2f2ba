package import NDPWire
import Synchronization

/// One row on one subject: its own stations, its own targets, and what the proxy says of them.
///
/// All rows of a setup are tried at the same time on the same daemon, so that a row must keep to
/// stations and targets that it gets here, or that no other row of the setup uses.
package final class Trial: Sendable {
  /// What the row is tried on.
  package let subject: any Subject
  /// The row's number among all rows.
  package let number: Int
  private let state = Mutex(State())

  private struct State {
    var watched: Set<IPv6Address> = []
    var taken: [Side: Int] = [:]
    var sent: [(octets: [UInt8], side: Side)] = []
  }

  /// How long nothing must come where silence is required.
  package static let silence = Duration.milliseconds(1200)
  /// How long to wait at most for what must come, however busy the machine is.
  package static let patience = Duration.seconds(5)

  package init(on subject: any Subject, number: Int) {
    (self.subject, self.number) = (subject, number)
  }

  /// A station of the row's own.
  package func station(_ index: Int = 0) -> Station {
    let station = Station(row: number, index)
    watch(station.linkLocal, station.global, station.foreign)
    return station
  }

  /// A target of the row's own that the rule `static` covers.
  package func target(_ index: Int = 0) -> IPv6Address { own(index, in: Setup.staticPrefix) }

  /// A target of the row's own that the rule `iface dn0` covers.
  package func verified(_ index: Int = 0) -> IPv6Address { own(index, in: Setup.verifiedPrefix) }

  /// An address of the row's own in any prefix of at most 96 bits.
  package func own(_ index: Int, in prefix: IPv6Prefix) -> IPv6Address {
    let address = Setup.target(index, ofRow: number, in: prefix)
    watch(address)
    return address
  }

  /// Has frames that have these as source, destination or target count for this row.
  package func watch(_ addresses: IPv6Address...) {
    state.withLock { state in
      for address in addresses where !address.isMulticast && !Self.shared.contains(address) {
        state.watched.insert(address)
      }
    }
  }

  /// Addresses that many rows' frames have.
  private static let shared = Set(
    Side.allCases.flatMap { [$0.linkLocal, $0.global] } + [.unspecified, .loopback])

  /// Sends a frame to the proxy.
  package func send(_ octets: [UInt8], on side: Side = .up) async throws {
    state.withLock { $0.sent.append((octets, side)) }
    try await subject.send(octets, on: side)
  }

  /// Sends a solicitation to the proxy.
  package func send(_ stimulus: Stimulus, on side: Side = .up) async throws {
    watch(stimulus.source, stimulus.target)
    try await send(stimulus.octets, on: side)
  }

  /// Lets time pass.
  package func wait(_ duration: Duration) async throws { try await subject.wait(duration) }

  /// What has come on a link for this row and was not taken before.
  ///
  /// Waits until there are `count` of them, or `patience` is over.
  package func take(
    _ count: Int = 0, on side: Side = .up, within patience: Duration = Trial.patience
  ) async throws -> [EmittedFrame] {
    let end = await subject.now + patience
    while true {
      let watched = state.withLock { $0.watched }
      let all = try await subject.emitted(about: watched).filter { $0.side == side }
      let taken = state.withLock { $0.taken[side, default: 0] }
      let isOver = await subject.now >= end
      if all.count - taken >= count || isOver {
        state.withLock { $0.taken[side] = all.count }
        return Array(all[min(taken, all.count)...])
      }
      try await wait(.milliseconds(10))
    }
  }

  /// Throws unless every frame that was sent has arrived at the proxy's interface.
  package func requireArrival() async throws {
    for (octets, side) in state.withLock({ $0.sent }) {
      let end = await subject.now + Self.patience
      while try await !subject.hasArrived(octets, on: side) {
        let isLate = await subject.now >= end
        try require(!isLate, "a frame of \(octets.count) bytes did not arrive on \(side)")
        try await wait(.milliseconds(10))
      }
    }
  }
}

// MARK: - Expectations

extension Trial {
  /// Sends a question and throws unless exactly this answer comes, as the next thing on its link.
  package func expect(
    _ answer: Advertisement, to question: Stimulus, on side: Side = .up
  ) async throws {
    try await send(question, on: side)
    let frames = try await take(1, on: side)
    try require(same(frames, [answer.octets]), difference(frames, from: [answer.octets]))
  }

  /// Sends a question and throws unless its one right answer comes.
  package func expectAnswer(to question: Stimulus) async throws {
    try await expect(Advertisement(answering: question), to: question)
  }

  /// Lets time pass and throws if anything comes on any of these links.
  package func expectSilence(
    on sides: [Side] = Side.allCases, for duration: Duration = Trial.silence
  ) async throws {
    try await wait(duration)
    for side in sides {
      let frames = try await take(on: side)
      try require(frames.isEmpty, difference(frames, from: []))
    }
  }

  /// Throws unless these frames, in this order, are the next on a link.
  package func expect(_ frames: [[UInt8]], on side: Side) async throws {
    let seen = try await take(frames.count, on: side)
    try require(same(seen, frames), difference(seen, from: frames))
  }

  /// Throws unless the proxy asks for `target` with the one right probe; nothing else may come.
  package func expectProbe(for target: IPv6Address, on side: Side = .down) async throws {
    try await expect([probe(for: target, on: side)], on: side)
  }

  /// The kernel's answers differ in what only a proxy has to care for.
  func same(_ seen: [EmittedFrame], _ expected: [[UInt8]]) -> Bool {
    if subject.kind == .kernel { return seen.count == expected.count }
    return seen.map(\.octets) == expected
  }
}
