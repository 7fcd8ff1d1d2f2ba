import NDPWire
import ProxyModel

/// Which targets are to be announced, in which order, and when.
///
/// Every target has up to three rounds, at least RetransTimer apart (RFC 4861 §7.2.6, §10). The
/// first round of all comes before the second of any; targets that were found just now take turns
/// with all of these. What is sent is paced: a batch at a time, and no more than the rate in any
/// second.
struct AnnouncementQueue {
  /// For each round those that wait for it, in the order of their turn.
  private var rounds = [Line](repeating: Line(), count: AnnouncementQueue.roundCount)
  /// Those that were found just now.
  private var urgent = Line()
  /// Those whose question was refused, and is put again.
  private var refused = Line()
  /// Every target that waits; none does so twice.
  private var waiting: Set<SessionKey> = []
  /// Whether the last turn was one of those that were found just now.
  private var wasUrgent = false
  /// When the next batch may go.
  private var nextBatch = Instant(nanoseconds: 0)
  /// How many frames went when, within the last second.
  private var recent: [(at: Instant, frames: Int)] = []
  private var interval: Duration
  private var batch: Int
  private let rate: Int

  /// MAX_NEIGHBOR_ADVERTISEMENT of RFC 4861 §10.
  static let roundCount = 3
  /// RETRANS_TIMER of RFC 4861 §10.
  static let roundInterval = Duration.seconds(1)

  /// One target in its round.
  struct Turn {
    let key: SessionKey
    /// From 0.
    var round: Int
    /// How many rounds it has.
    let rounds: Int
    var due: Instant
    /// How often its question was refused.
    var refusals = 0
  }

  /// What came of a turn.
  enum Result {
    /// So many frames were sent.
    case sent(Int)
    /// The target was asked for, and is to be announced when it is found.
    case asked
    /// It could not be asked for now.
    case refused
    /// It takes more frames than may be sent.
    case tooLong
    /// It is not to be announced.
    case void
  }

  /// First in, first out.
  private struct Line {
    private var turns: [Turn] = []
    private var start = 0

    var first: Turn? { start < turns.count ? turns[start] : nil }
    var count: Int { turns.count - start }

    mutating func append(_ turn: Turn) { turns.append(turn) }

    mutating func removeFirst() {
      start += 1
      guard start == turns.count || start > 4096 else { return }
      turns.removeFirst(start)
      start = 0
    }

    mutating func removeAll(where isGone: (Turn) -> Bool) {
      turns.removeFirst(start)
      start = 0
      turns.removeAll(where: isGone)
    }

    func contains(where isMeant: (Turn) -> Bool) -> Bool {
      turns[start...].contains(where: isMeant)
    }
  }

  /// Where a turn waits.
  private enum Place {
    case round(Int)
    case urgent
    case refused
  }

  /// `rate` is in frames per second.
  init(rate: Int) {
    self.rate = rate
    // 50 batches a second where the rate allows it.
    batch = max(1, rate / 50)
    interval = .nanoseconds(1_000_000_000 * batch / rate)
  }

  /// How many targets wait.
  var count: Int { waiting.count }

  /// When something is to be sent.
  var nextDeadline: Instant? {
    if urgent.count > 0 { return nextBatch }
    var due = refused.first?.due
    for round in rounds {
      if let other = round.first?.due { due = due.map { min($0, other) } ?? other }
    }
    return due.map { max($0, nextBatch) }
  }

  /// Whether some target of a proxy waits for its first round.
  func hasFirstRound(ofProxy proxy: Int) -> Bool {
    rounds[0].contains { $0.key.proxy == proxy }
  }

  /// Announces these targets from now on, the first of them first, in place of those that wait and
  /// are to be replaced.
  ///
  /// All have their first round. The others are for as many as fit into `Limits.announcementTime`,
  /// beginning with the first.
  mutating func start(
    _ keys: [SessionKey], now: Instant, replacing isReplaced: (SessionKey) -> Bool
  ) {
    removeAll(where: isReplaced)
    // The second round may be one frame for each solicitor.
    let repeats = Self.roundCount - 2 + SolicitedTargets.solicitorsPerTarget
    let repeated = max(0, frameLimit - waiting.count - keys.count) / repeats
    for (place, key) in keys.enumerated() where waiting.insert(key).inserted {
      rounds[0].append(
        Turn(key: key, round: 0, rounds: place < repeated ? Self.roundCount : 1, due: now))
    }
  }

  /// How many frames fit into `Limits.announcementTime`.
  private var frameLimit: Int {
    rate * Int(Limits.announcementTime.wholeNanoseconds / 1_000_000_000)
  }

  /// Announces one target soon; not where it waits already, nor where too many do.
  mutating func add(_ key: SessionKey, now: Instant) {
    guard urgent.count < Limits.urgentAnnouncements, waiting.insert(key).inserted else { return }
    urgent.append(Turn(key: key, round: 0, rounds: Self.roundCount, due: now))
  }

  /// Takes over what was found meanwhile.
  mutating func takeUrgent(from other: AnnouncementQueue) {
    var line = other.urgent
    while let turn = line.first {
      line.removeFirst()
      add(turn.key, now: turn.due)
    }
  }

  /// Forgets targets that wait.
  mutating func removeAll(where isGone: (SessionKey) -> Bool) {
    urgent.removeAll { isGone($0.key) }
    refused.removeAll { isGone($0.key) }
    for round in rounds.indices { rounds[round].removeAll { isGone($0.key) } }
    waiting = waiting.filter { !isGone($0) }
  }

  /// Gives every target another key, and forgets those that have none.
  mutating func rename(_ newKey: (SessionKey) -> SessionKey?) {
    var renamed = AnnouncementQueue(rate: rate)
    (renamed.nextBatch, renamed.recent) = (nextBatch, recent)
    func take(_ line: Line, into other: inout Line) {
      var line = line
      while let turn = line.first {
        line.removeFirst()
        guard let key = newKey(turn.key), renamed.waiting.insert(key).inserted else { continue }
        other.append(
          Turn(
            key: key, round: turn.round, rounds: turn.rounds, due: turn.due,
            refusals: turn.refusals))
      }
    }
    var lines = (urgent: Line(), refused: Line(), rounds: rounds.map { _ in Line() })
    take(urgent, into: &lines.urgent)
    take(refused, into: &lines.refused)
    for round in rounds.indices { take(rounds[round], into: &lines.rounds[round]) }
    (renamed.urgent, renamed.refused, renamed.rounds) = lines
    self = renamed
  }

  /// Goes by another rate.
  mutating func change(toRate newRate: Int) {
    guard newRate != rate else { return }
    var other = AnnouncementQueue(rate: newRate)
    (other.urgent, other.refused, other.rounds) = (urgent, refused, rounds)
    (other.waiting, other.nextBatch, other.recent) = (waiting, nextBatch, recent)
    self = other
  }

  /// Has a batch sent, if it is time: `send` is told how many frames a turn may have, and says what
  /// came of it.
  mutating func sendBatch(now: Instant, _ send: (Turn, Int) -> Result) {
    guard let deadline = nextDeadline, deadline <= now else { return }
    let room = makeRoom(now: now)
    var sent = 0
    // What is looked at and not sent costs time as well.
    var looks = batch * 8
    while sent < min(batch, room), looks > 0, let place = nextPlace(now: now) {
      looks -= 1
      guard let turn = line(at: place).first else { break }
      // A turn of several frames may be longer than a batch, but never than what a second has left.
      let result = send(turn, sent == 0 ? room : min(batch, room) - sent)
      if case .tooLong = result { break }
      removeFirst(at: place)
      switch result {
      case .sent(let frames):
        sent += frames
        repeatLater(turn, now: now)
      case .asked: sent += 1
      case .refused: putAgainLater(turn, now: now)
      case .void, .tooLong: break
      }
    }
    planBatch(after: sent, room: room, now: now)
  }

  /// How many frames may go now, so that there are no more than the rate in this second.
  private mutating func makeRoom(now: Instant) -> Int {
    recent.removeAll { $0.at + .seconds(1) <= now }
    return rate - recent.reduce(0) { $0 + $1.frames }
  }

  private mutating func planBatch(after sent: Int, room: Int, now: Instant) {
    if sent > 0 { recent.append((now, sent)) }
    // On a busy machine one batch may be made up for, and no more. Frames beyond the batch count.
    let surplus = Duration.nanoseconds(Int64(max(0, sent - batch)) * 1_000_000_000 / Int64(rate))
    let start = nextBatch + interval > now ? nextBatch : now
    nextBatch = max(start, nextBatch) + interval + surplus
    // A batch goes when the second has room for all of it.
    var left = room - sent
    for (at, frames) in recent where left < batch {
      nextBatch = max(nextBatch, at + .seconds(1))
      left += frames
    }
  }

  /// Has a target announced again in its next round, unless more wait than can be sent in time.
  private mutating func repeatLater(_ turn: Turn, now: Instant) {
    let next = turn.round + 1
    guard next < turn.rounds, rounds[1].count + rounds[2].count < frameLimit,
      waiting.insert(turn.key).inserted
    else { return }
    rounds[next].append(
      Turn(key: turn.key, round: next, rounds: turn.rounds, due: now + Self.roundInterval))
  }

  /// Has a target asked for again for which there was no token, a limited number of times.
  private mutating func putAgainLater(_ turn: Turn, now: Instant) {
    guard turn.refusals < Limits.refusedAnnouncements, waiting.insert(turn.key).inserted else {
      return
    }
    var turn = turn
    turn.refusals += 1
    turn.due = now + Self.roundInterval
    refused.append(turn)
  }

  /// Where the next turn is; every second is for a target that was found just now.
  private mutating func nextPlace(now: Instant) -> Place? {
    let other = nextOrdinaryPlace(now: now)
    wasUrgent = urgent.count > 0 && (other == nil || !wasUrgent)
    return wasUrgent ? .urgent : other
  }

  private func nextOrdinaryPlace(now: Instant) -> Place? {
    func isDue(_ line: Line) -> Bool { line.first.map { $0.due <= now } ?? false }
    if isDue(rounds[0]) { return .round(0) }
    if isDue(refused) { return .refused }
    return rounds.indices.first { isDue(rounds[$0]) }.map { .round($0) }
  }

  private func line(at place: Place) -> Line {
    switch place {
    case .round(let round): rounds[round]
    case .urgent: urgent
    case .refused: refused
    }
  }

  private mutating func removeFirst(at place: Place) {
    if let key = line(at: place).first?.key { waiting.remove(key) }
    switch place {
    case .round(let round): rounds[round].removeFirst()
    case .urgent: urgent.removeFirst()
    case .refused: refused.removeFirst()
    }
  }
}
