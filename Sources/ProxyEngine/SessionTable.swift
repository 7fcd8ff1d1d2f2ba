import HeapModule
import NDPWire

/// All sessions, found by key, by deadline, and by how long they have gone unconfirmed.
///
/// Sessions lie in slots that are used again; a slot's position names a session until it is
/// removed. Lookups cost one hash, deadlines O(log n).
struct SessionTable {
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var positions: [SessionKey: Int] = [:]
  private var timers = Heap<Timer>()
  private var lastTicket: UInt64 = 0

  /// The sessions never confirmed, in the order they were made.
  private var oldest = none
  private var newest = none

  private struct Slot {
    var session: Session?
    /// The timer that counts; others in the heap are left from earlier deadlines.
    var ticket: UInt64 = 0
    var older = none
    var newer = none
    var isListed = false
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
  /// Call `reschedule` after a change of its deadline or of `isConfirmed`.
  subscript(position: Int) -> Session {
    get { slots[position].session! }
    _modify { yield &slots[position].session! }
  }

  /// The positions in use, in a fixed order.
  ///
  /// O(n).
  var takenPositions: [Int] { slots.indices.filter { slots[$0].session != nil } }

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

  /// Forgets the session that has gone unconfirmed for longest, and says whether there was one.
  mutating func evictUnconfirmed() -> Bool {
    guard oldest != none else { return false }
    remove(oldest)
    return true
  }

  /// Takes up the session's new deadline, and whether it is confirmed by now.
  mutating func reschedule(_ position: Int) {
    lastTicket += 1
    slots[position].ticket = lastTicket
    timers.insert(Timer(deadline: self[position].deadline, position: position, ticket: lastTicket))
    if self[position].isConfirmed { unlist(position) } else { list(position) }
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
    guard !slots[position].isListed else { return }
    slots[position].isListed = true
    slots[position].older = newest
    slots[position].newer = none
    if newest == none { oldest = position } else { slots[newest].newer = position }
    newest = position
  }

  private mutating func unlist(_ position: Int) {
    guard slots[position].isListed else { return }
    let (older, newer) = (slots[position].older, slots[position].newer)
    if older == none { oldest = newer } else { slots[older].newer = newer }
    if newer == none { newest = older } else { slots[newer].older = older }
    slots[position].isListed = false
  }
}

/// The position of a slot that is not there.
private let none = -1
