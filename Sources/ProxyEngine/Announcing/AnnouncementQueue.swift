import NDPWire
import ProxyModel

/// Which targets are to be announced, in which order, and when.
///
/// Every target has up to three rounds, at least RetransTimer apart (RFC 4861 §7.2.6, §10). The
/// first round of all comes before the second of any. What is sent is paced: a batch at a time, no
/// more than the rate in a second.
struct AnnouncementQueue {
  /// For each round those that wait for it, in the order of their turn.
  private var rounds = [Line](repeating: Line(), count: AnnouncementQueue.roundCount)
  /// Those that are announced before all others, because they were found just now.
  private var urgent = Line()
  /// When the next batch may go.
  private var nextBatch = Instant(nanoseconds: 0)
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
    let round: Int
    /// How many rounds it has.
    let rounds: Int
    let due: Instant
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
  }

  /// `rate` is in frames per second.
  init(rate: Int) {
    self.rate = rate
    // 50 batches a second where the rate allows it.
    batch = max(1, rate / 50)
    interval = .nanoseconds(1_000_000_000 * batch / rate)
  }

  /// How many targets wait.
  var count: Int { urgent.count + rounds.reduce(0) { $0 + $1.count } }

  /// When something is to be sent.
  var nextDeadline: Instant? {
    if urgent.count > 0 { return nextBatch }
    let due = rounds.compactMap(\.first?.due).min()
    return due.map { max($0, nextBatch) }
  }

  /// Announces these targets of a proxy from now on, the first of them first, in place of those of
  /// the proxy that wait.
  ///
  /// All have their first round. The others are for as many as fit into `Limits.announcementTime`,
  /// beginning with the first.
  mutating func start(_ keys: [SessionKey], ofProxy proxy: Int, now: Instant) {
    removeAll { $0.proxy == proxy }
    let frames = rate * Int(Limits.announcementTime.wholeNanoseconds / 1_000_000_000)
    // The second round may be one frame for each solicitor.
    let repeats = Self.roundCount - 2 + SolicitedTargets.solicitorsPerTarget
    let repeated = max(0, frames - keys.count) / repeats
    for (place, key) in keys.enumerated() {
      rounds[0].append(
        Turn(key: key, round: 0, rounds: place < repeated ? Self.roundCount : 1, due: now))
    }
  }

  /// Announces one target before all others; where too many are, not at all.
  mutating func add(_ key: SessionKey, now: Instant) {
    guard urgent.count < Limits.urgentAnnouncements else { return }
    urgent.append(Turn(key: key, round: 0, rounds: Self.roundCount, due: now))
  }

  /// Takes over what was to be announced before all others meanwhile.
  mutating func takeUrgent(from other: AnnouncementQueue) {
    var line = other.urgent
    while let turn = line.first {
      line.removeFirst()
      urgent.append(turn)
    }
  }

  /// Forgets targets that wait.
  mutating func removeAll(where isGone: (SessionKey) -> Bool) {
    urgent.removeAll { isGone($0.key) }
    for round in rounds.indices { rounds[round].removeAll { isGone($0.key) } }
  }

  /// Gives every target another key, and forgets those that have none.
  mutating func rename(_ newKey: (SessionKey) -> SessionKey?) {
    var renamed = AnnouncementQueue(rate: rate)
    renamed.nextBatch = nextBatch
    func take(_ line: Line, into other: inout Line) {
      var line = line
      while let turn = line.first {
        line.removeFirst()
        guard let key = newKey(turn.key) else { continue }
        other.append(Turn(key: key, round: turn.round, rounds: turn.rounds, due: turn.due))
      }
    }
    take(urgent, into: &renamed.urgent)
    for round in rounds.indices { take(rounds[round], into: &renamed.rounds[round]) }
    self = renamed
  }

  /// Goes by another rate.
  mutating func change(toRate newRate: Int) {
    guard newRate != rate else { return }
    var other = AnnouncementQueue(rate: newRate)
    (other.urgent, other.rounds, other.nextBatch) = (urgent, rounds, nextBatch)
    self = other
  }

  /// Has a batch sent, if it is time: `send` says how many frames that was.
  mutating func sendBatch(now: Instant, _ send: (Turn) -> Int) {
    guard let deadline = nextDeadline, deadline <= now else { return }
    var left = batch
    // What is looked at and not sent costs time as well.
    var looks = batch * 8
    while left > 0, looks > 0, let turn = takeNext(now: now) {
      looks -= 1
      left -= send(turn)
      let next = turn.round + 1
      guard next < turn.rounds else { continue }
      rounds[next].append(
        Turn(key: turn.key, round: next, rounds: turn.rounds, due: now + Self.roundInterval))
    }
    // On a busy machine one batch may be made up for, and no more. Frames beyond the batch count.
    let surplus = Duration.nanoseconds(Int64(max(0, -left)) * 1_000_000_000 / Int64(rate))
    let start = nextBatch + interval > now ? nextBatch : now
    nextBatch = max(start, nextBatch) + interval + surplus
  }

  private mutating func takeNext(now: Instant) -> Turn? {
    if let turn = urgent.first {
      urgent.removeFirst()
      return turn
    }
    for round in rounds.indices {
      if let turn = rounds[round].first, turn.due <= now {
        rounds[round].removeFirst()
        return turn
      }
    }
    return nil
  }
}
