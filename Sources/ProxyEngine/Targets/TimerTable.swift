import ProxyModel

/// The deadlines of all that the engine waits for, at most one for each slot: the earliest is at
/// hand.
///
/// A heap in which every entry has up to four children, one cache line together, and a list of
/// where each slot's entry stands. Setting and removing cost O(log n).
struct TimerTable {
  private var entries: [Entry] = []
  /// For each slot the place of its entry.
  private var places: [Int32] = []

  private struct Entry {
    let deadline: Instant
    let position: Int32

    /// Of two with the same deadline, the lower slot: the order is the same in every run.
    func isBefore(_ other: Entry) -> Bool {
      (deadline, position) < (other.deadline, other.position)
    }
  }

  private static let childCount = 4

  /// The slot with the earliest deadline.
  var first: (position: Int, deadline: Instant)? {
    entries.first.map { (Int($0.position), $0.deadline) }
  }

  /// Makes room for so many slots.
  mutating func reserve(_ count: Int) {
    entries.reserveCapacity(count)
    places.reserveCapacity(count)
  }

  /// The slot of a deadline that has passed; it has none any more.
  mutating func popDue(now: Instant) -> Int? {
    guard let first, first.deadline <= now else { return nil }
    remove(first.position)
    return first.position
  }

  /// Gives a slot a deadline, in place of the one it had.
  mutating func set(_ position: Int, to deadline: Instant) {
    while places.count <= position { places.append(nowhere) }
    let entry = Entry(deadline: deadline, position: Int32(position))
    if places[position] == nowhere {
      entries.append(entry)
      raise(entry, from: entries.count - 1)
    } else {
      settle(entry, at: Int(places[position]))
    }
  }

  /// Takes a slot's deadline away, if it has one.
  mutating func remove(_ position: Int) {
    guard position < places.count, places[position] != nowhere else { return }
    let place = Int(places[position])
    places[position] = nowhere
    let last = entries.removeLast()
    if place < entries.count { settle(last, at: place) }
  }

  /// Puts an entry where another was.
  private mutating func settle(_ entry: Entry, at place: Int) {
    let isEarlier = place > 0 && entry.isBefore(entries[parent(of: place)])
    if isEarlier { raise(entry, from: place) } else { sink(entry, from: place) }
  }

  private mutating func raise(_ entry: Entry, from start: Int) {
    var place = start
    while place > 0, case let above = parent(of: place), entry.isBefore(entries[above]) {
      put(entries[above], at: place)
      place = above
    }
    put(entry, at: place)
  }

  private mutating func sink(_ entry: Entry, from start: Int) {
    var place = start
    while let child = earliestChild(of: place), entries[child].isBefore(entry) {
      put(entries[child], at: place)
      place = child
    }
    put(entry, at: place)
  }

  private func parent(of place: Int) -> Int { (place - 1) / Self.childCount }

  private func earliestChild(of place: Int) -> Int? {
    let first = place * Self.childCount + 1
    guard first < entries.count else { return nil }
    var earliest = first
    for child in first + 1..<max(first + 1, min(first + Self.childCount, entries.count))
    where entries[child].isBefore(entries[earliest]) {
      earliest = child
    }
    return earliest
  }

  private mutating func put(_ entry: Entry, at place: Int) {
    entries[place] = entry
    places[Int(entry.position)] = Int32(place)
  }
}

private let nowhere: Int32 = -1
