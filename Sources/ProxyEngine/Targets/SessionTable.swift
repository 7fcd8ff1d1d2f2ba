import NDPWire

/// All sessions, found by key, by deadline, and by who has to go first.
///
/// Sessions lie in slots that are used again; a slot's position names a session until it is
/// removed. Lookups cost one hash, deadlines O(log n). A session takes 144 octets, and what finds
/// it 28 to 40 more.
struct SessionTable {
  private var slots: [Session?] = []
  /// For each slot its neighbours in its order; for one that is free, the next that is.
  private var links: [Link] = []
  private var firstFree = none
  private var index = SessionIndex()
  private var timers = TimerQueue()

  /// The sessions that may have to go, for each precedence in the order of their last use.
  private var orders = [Order](repeating: Order(), count: Session.Precedence.allCases.count)

  private struct Order {
    var oldest = none
    var newest = none
    var count = 0
  }

  private struct Link {
    var older = none
    var newer = none
  }

  var count: Int { index.count }

  func position(of key: SessionKey) -> Int? {
    index.position(of: key) { slots[$0]!.key }
  }

  /// The session in a slot that is taken; traps otherwise.
  ///
  /// Call `reschedule` after a change of its deadline or its precedence.
  subscript(position: Int) -> Session {
    _read { yield slots[position]! }
    _modify { yield &slots[position]! }
  }

  /// The positions in use, in a fixed order.
  ///
  /// O(n).
  var takenPositions: [Int] { slots.indices.filter { slots[$0] != nil } }

  /// The positions in use from a place on, no more than `limit`, and where to go on.
  ///
  /// Costs the slots that are passed over, of which there are no more than `passedSlots`: there may
  /// be none in use among them, and more behind.
  func takenPositions(from start: Int, limit: Int) -> (positions: [Int], next: Int?) {
    var found: [Int] = []
    for position in slots.indices.dropFirst(start) {
      if position - start == Self.passedSlots { return (found, position) }
      guard slots[position] != nil else { continue }
      if found.count == limit { return (found, position) }
      found.append(position)
    }
    return (found, nil)
  }

  /// How many slots are looked at in one go.
  private static let passedSlots = 4096

  /// Puts a session for a key that has none into a slot.
  mutating func insert(_ session: Session) -> Int {
    let position = takeSlot()
    slots[position] = session
    index.insert(position) { slots[$0]!.key }
    reschedule(position)
    return position
  }

  /// For how many sessions there is room from the first one on.
  ///
  /// Room costs nothing until it is used, but tables that grow leave behind what they outgrew.
  private static let reserved = 8192

  private mutating func takeSlot() -> Int {
    guard firstFree != none else {
      if slots.isEmpty {
        slots.reserveCapacity(Self.reserved)
        links.reserveCapacity(Self.reserved)
        timers.reserve(Self.reserved)
      }
      slots.append(nil)
      links.append(Link())
      return slots.count - 1
    }
    let position = Int(firstFree)
    firstFree = links[position].newer
    return position
  }

  mutating func remove(_ position: Int) {
    index.remove(position) { slots[$0]!.key }
    unlist(position)
    timers.remove(position)
    slots[position] = nil
    links[position] = Link(newer: firstFree)
    firstFree = Int32(position)
  }

  /// Gives every session another key.
  ///
  /// There must be one for each, and no two the same. O(n).
  mutating func rename(_ newKey: (SessionKey) -> SessionKey?) {
    index = SessionIndex()
    let taken = takenPositions
    for position in taken {
      guard let key = newKey(self[position].key) else { preconditionFailure("no key") }
      self[position].key = key
    }
    for position in taken { index.insert(position) { slots[$0]!.key } }
  }

  /// The session that has to go first, where there is one.
  ///
  /// Strangers go before others, unless they are so few that a new one would not live to be
  /// answered: a sixteenth of all is theirs, and a quarter rather than the stale ones'. In each
  /// group, the one that was asked for the longest ago.
  var leastWorthy: Int? {
    let strangers = orders[Int(Session.Precedence.stranger.rawValue)]
    let stale = orders[Int(Session.Precedence.stale.rawValue)]
    let confirmed = orders[Int(Session.Precedence.confirmed.rawValue)]
    if strangers.count * 4 < count, stale.oldest != none { return Int(stale.oldest) }
    if strangers.count * 16 < count, confirmed.oldest != none { return Int(confirmed.oldest) }
    return [strangers, stale, confirmed].map(\.oldest).first { $0 != none }.map { Int($0) }
  }

  /// Some positions in use, each at most once, chosen by numbers below the one that is given.
  ///
  /// No more than `count`, and fewer where many slots are free; all where they are few.
  func sample(_ count: Int, _ number: (UInt64) -> UInt64) -> [Int] {
    if slots.count <= count { return slots.indices.filter { slots[$0] != nil } }
    var found: Set<Int> = []
    var positions: [Int] = []
    for _ in 0..<count where !slots.isEmpty {
      let position = Int(number(UInt64(slots.count)))
      if slots[position] != nil, found.insert(position).inserted { positions.append(position) }
    }
    return positions
  }

  /// Makes the session the last of its precedence to go.
  mutating func touch(_ position: Int) {
    if isLastToGo(position) { return }
    unlist(position)
    list(position)
  }

  private func isLastToGo(_ position: Int) -> Bool {
    self[position].listed == self[position].precedence && links[position].newer == none
  }

  /// Takes up the session's new deadline and precedence.
  mutating func reschedule(_ position: Int) {
    timers.set(position, to: self[position].deadline)
    if self[position].listed != self[position].precedence { touch(position) }
  }

  /// The earliest deadline.
  var nextDeadline: Instant? { timers.first?.deadline }

  /// The position of a session whose deadline has passed; it has none any more.
  mutating func popDue(now: Instant) -> Int? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    timers.remove(first.position)
    return first.position
  }

  private mutating func list(_ position: Int) {
    let precedence = self[position].precedence
    let order = Int(precedence.rawValue)
    let newest = orders[order].newest
    self[position].listed = precedence
    links[position] = Link(older: newest)
    if newest == none {
      orders[order].oldest = Int32(position)
    } else {
      links[Int(newest)].newer = Int32(position)
    }
    orders[order].newest = Int32(position)
    orders[order].count += 1
  }

  private mutating func unlist(_ position: Int) {
    guard let precedence = self[position].listed else { return }
    let order = Int(precedence.rawValue)
    let link = links[position]
    if link.older == none {
      orders[order].oldest = link.newer
    } else {
      links[Int(link.older)].newer = link.newer
    }
    if link.newer == none {
      orders[order].newest = link.older
    } else {
      links[Int(link.newer)].older = link.older
    }
    orders[order].count -= 1
    self[position].listed = nil
  }
}

/// The position of a slot that is not there.
private let none: Int32 = -1
