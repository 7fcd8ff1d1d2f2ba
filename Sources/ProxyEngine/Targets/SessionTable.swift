import NDPWire

/// All sessions, found by the address of their target and by who has to go first.
///
/// Sessions lie in slots that are used again; a slot's position names a session until it is
/// removed. All sessions of one target are found by one hash: proxies that have the same target are
/// few, and each has its own session, for they may mean different hosts by it. A session takes 144
/// octets, and what finds it 32 to 44 more, its timer included.
struct SessionTable {
  private var slots: [Session?] = []
  /// For each slot its neighbors in its order; for one that is free, the next that is.
  private var links: [Link] = []
  private var firstFree = none
  /// For each target the session of the first proxy that has one.
  private var index = TargetIndex()
  private(set) var count = 0

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
    /// The session that the next proxy has for the same target.
    var sibling = none
  }

  /// The session of one proxy for a target.
  ///
  /// One hash, and a look at those of proxies before it.
  func position(of key: SessionKey) -> Int? {
    var sessions = sessions(of: key.target)
    while let position = sessions.next(in: self) {
      if slots[position]!.key.proxy == key.proxy { return position }
    }
    return nil
  }

  /// The sessions that proxies have for a target, in the order of the proxies.
  func sessions(of target: IPv6Address) -> Siblings { Siblings(next: head(of: target)) }

  /// Where to go on among the sessions of one target.
  ///
  /// The one that was handed out last may be removed meanwhile, and no other.
  struct Siblings {
    fileprivate var next: Int32

    /// The next position; `nil` after the last.
    mutating func next(in table: borrowing SessionTable) -> Int? {
      guard next != none else { return nil }
      defer { next = table.links[Int(next)].sibling }
      return Int(next)
    }
  }

  private func head(of target: IPv6Address) -> Int32 {
    index.position(of: target) { slots[$0]!.key.target }.map { Int32($0) } ?? none
  }

  /// The session in a slot that is taken; traps otherwise.
  ///
  /// Call `relist` after a change of its precedence.
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
    count += 1
    link(position)
    relist(position)
    return position
  }

  /// Puts a session in its place among those of its target.
  private mutating func link(_ position: Int) {
    let key = slots[position]!.key
    var former: Int?
    var siblings = sessions(of: key.target)
    while let other = siblings.next(in: self), slots[other]!.key.proxy < key.proxy {
      former = other
    }
    if let former {
      links[position].sibling = links[former].sibling
      links[former].sibling = Int32(position)
    } else {
      let head = head(of: key.target)
      links[position].sibling = head
      if head == none {
        index.insert(position) { slots[$0]!.key.target }
      } else {
        index.replace(Int(head), by: position) { slots[$0]!.key.target }
      }
    }
  }

  private mutating func unlink(_ position: Int) {
    let target = slots[position]!.key.target
    let next = links[position].sibling
    let head = head(of: target)
    if head != Int32(position) {
      var former = Int(head)
      while links[former].sibling != Int32(position) { former = Int(links[former].sibling) }
      links[former].sibling = next
    } else if next == none {
      index.remove(position) { slots[$0]!.key.target }
    } else {
      index.replace(position, by: Int(next)) { slots[$0]!.key.target }
    }
  }

  /// For how many sessions there is room from the first one on: the usual limit, and those that are
  /// about to go.
  ///
  /// Room costs nothing until it is used, but tables that grow leave behind what they outgrew.
  static let reserved = 8192 + 64

  private mutating func takeSlot() -> Int {
    guard firstFree != none else {
      if slots.isEmpty {
        slots.reserveCapacity(Self.reserved)
        links.reserveCapacity(Self.reserved)
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
    unlink(position)
    unlist(position)
    count -= 1
    slots[position] = nil
    links[position] = Link(newer: firstFree)
    firstFree = Int32(position)
  }

  /// Gives every session another key.
  ///
  /// There must be one for each, and no two the same. O(n).
  mutating func rename(_ newKey: (SessionKey) -> SessionKey?) {
    index = TargetIndex()
    let taken = takenPositions
    for position in taken {
      guard let key = newKey(self[position].key) else { preconditionFailure("no key") }
      self[position].key = key
    }
    for position in taken { link(position) }
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
    return [strangers, stale, confirmed].map { $0.oldest }.first { $0 != none }.map { Int($0) }
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

  /// Takes up the session's new precedence.
  mutating func relist(_ position: Int) {
    if self[position].listed != self[position].precedence { touch(position) }
  }

  private mutating func list(_ position: Int) {
    let precedence = self[position].precedence
    let order = Int(precedence.rawValue)
    let newest = orders[order].newest
    self[position].listed = precedence
    (links[position].older, links[position].newer) = (newest, none)
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
