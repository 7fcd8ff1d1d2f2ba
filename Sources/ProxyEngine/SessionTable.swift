import HeapModule
import NDPWire

/// All sessions, found by key, by deadline, and by who has to go first.
///
/// Sessions lie in slots that are used again; a slot's position names a session until it is
/// removed. Lookups cost one hash, deadlines O(log n).
struct SessionTable {
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var positions: [SessionKey: Int] = [:]
  private var timers = Heap<Timer>()
  private var lastTicket: UInt64 = 0

  /// The sessions that may have to go, for each precedence in the order of their last use.
  private var orders = [Order](repeating: Order(), count: Session.Precedence.allCases.count)

  private struct Order {
    var oldest = none
    var newest = none
    var count = 0
  }

  private struct Slot {
    var session: Session?
    /// The timer that counts; others in the heap are left from earlier deadlines.
    var ticket: UInt64 = 0
    /// Among which it stands, if it has been put there.
    var precedence: Session.Precedence?
    var older = none
    var newer = none
  }

  private struct Timer: Comparable {
    let deadline: Instant
    let position: Int
    let ticket: UInt64

    static func < (left: Timer, right: Timer) -> Bool {
      (left.deadline, left.ticket) < (right.deadline, right.ticket)
    }
  }

  var count: Int { positions.count }

  func position(of key: SessionKey) -> Int? { positions[key] }

  /// The session in a slot that is taken; traps otherwise.
  ///
  /// Call `reschedule` after a change of its deadline or its precedence.
  subscript(position: Int) -> Session {
    get { slots[position].session! }
    _modify { yield &slots[position].session! }
  }

  /// The positions in use, in a fixed order.
  ///
  /// O(n).
  var takenPositions: [Int] { slots.indices.filter { slots[$0].session != nil } }

  /// The positions in use from a place on, no more than `limit`, and where to go on.
  ///
  /// Costs the slots that are passed over.
  func takenPositions(from start: Int, limit: Int) -> (positions: [Int], next: Int?) {
    var found: [Int] = []
    for position in slots.indices.dropFirst(start) where slots[position].session != nil {
      if found.count == limit { return (found, position) }
      found.append(position)
    }
    return (found, nil)
  }

  /// Puts a session for a key that has none into a slot.
  mutating func insert(_ session: Session) -> Int {
    let position = free.popLast() ?? slots.count
    if position == slots.count { slots.append(Slot()) }
    slots[position].session = session
    positions[session.key] = position
    reschedule(position)
    return position
  }

  mutating func remove(_ position: Int) {
    positions[self[position].key] = nil
    unlist(position)
    slots[position].session = nil
    slots[position].ticket = 0
    free.append(position)
    dropSpentTimers()
  }

  /// Gives every session another key.
  ///
  /// There must be one for each, and no two the same. O(n).
  mutating func rename(_ newKey: (SessionKey) -> SessionKey?) {
    positions = [:]
    for position in takenPositions {
      guard let key = newKey(self[position].key) else { preconditionFailure("no key") }
      self[position].key = key
      positions[key] = position
    }
  }

  /// The session that has to go first, where there is one.
  ///
  /// Strangers go before others, unless they are so few that a new one would not live to be
  /// answered: a sixteenth of all is theirs, and a quarter rather than the stale ones'. In each
  /// group, the one that was asked for the longest ago.
  var leastWorthy: Int? {
    let strangers = orders[Session.Precedence.stranger.rawValue]
    let stale = orders[Session.Precedence.stale.rawValue]
    let confirmed = orders[Session.Precedence.confirmed.rawValue]
    if strangers.count * 4 < count, stale.oldest != none { return stale.oldest }
    if strangers.count * 16 < count, confirmed.oldest != none { return confirmed.oldest }
    return [strangers, stale, confirmed].map(\.oldest).first { $0 != none }
  }

  /// Makes the session the last of its precedence to go.
  mutating func touch(_ position: Int) {
    unlist(position)
    list(position)
  }

  /// Takes up the session's new deadline and precedence.
  mutating func reschedule(_ position: Int) {
    lastTicket += 1
    slots[position].ticket = lastTicket
    timers.insert(Timer(deadline: self[position].deadline, position: position, ticket: lastTicket))
    if slots[position].precedence != self[position].precedence { touch(position) }
    dropSpentTimers()
  }

  /// The earliest deadline.
  var nextDeadline: Instant? { timers.min?.deadline }

  /// The position of a session whose deadline has passed; its timer is spent.
  mutating func popDue(now: Instant) -> Int? {
    guard let timer = timers.min, timer.deadline <= now else { return nil }
    slots[timer.position].ticket = 0
    dropSpentTimers()
    return timer.position
  }

  /// Keeps a timer that counts on top, and those that do not from outnumbering the sessions.
  private mutating func dropSpentTimers() {
    while let timer = timers.min, slots[timer.position].ticket != timer.ticket {
      timers.removeMin()
    }
    if timers.count > 2 * count + 64 {
      timers = Heap(timers.unordered.filter { slots[$0.position].ticket == $0.ticket })
    }
  }

  private mutating func list(_ position: Int) {
    let precedence = self[position].precedence
    let newest = orders[precedence.rawValue].newest
    orders[precedence.rawValue].count += 1
    slots[position].precedence = precedence
    slots[position].older = newest
    slots[position].newer = none
    if newest == none {
      orders[precedence.rawValue].oldest = position
    } else {
      slots[newest].newer = position
    }
    orders[precedence.rawValue].newest = position
  }

  private mutating func unlist(_ position: Int) {
    guard let precedence = slots[position].precedence else { return }
    orders[precedence.rawValue].count -= 1
    let (older, newer) = (slots[position].older, slots[position].newer)
    if older == none {
      orders[precedence.rawValue].oldest = newer
    } else {
      slots[older].newer = newer
    }
    if newer == none {
      orders[precedence.rawValue].newest = older
    } else {
      slots[newer].older = older
    }
    slots[position].precedence = nil
  }
}

/// The position of a slot that is not there.
private let none = -1
