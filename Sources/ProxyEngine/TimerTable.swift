import ProxyModel

/// The deadlines of all that the engine waits for: the earliest is at hand.
///
/// A heap in which every entry has up to four children, one cache line together, and a list of
/// where each timer's entry stands. Setting and removing cost O(log n).
struct TimerTable {
  private var entries: [Entry] = []
  /// For each timer, by its number, the place of its entry.
  private var places: [Int32] = []

  /// What the engine waits for; each has one deadline at most.
  enum Timer: Equatable {
    /// A condition has held for long enough.
    case conditions
    /// An announcement is to be sent, or those of a proxy are to be repeated.
    case announcements
    /// The state of the session at this position is over.
    case session(Int)

    /// Of two that are due at the same time, the one with the lower number is first.
    fileprivate var number: Int {
      switch self {
      case .conditions: 0
      case .announcements: 1
      case .session(let position): position + 2
      }
    }

    fileprivate init(number: Int) {
      switch number {
      case 0: self = .conditions
      case 1: self = .announcements
      default: self = .session(number - 2)
      }
    }
  }

  private struct Entry {
    let deadline: Instant
    let number: Int32

    /// Of two with the same deadline, the lower number: the order is the same in every run.
    func isBefore(_ other: Entry) -> Bool {
      (deadline, number) < (other.deadline, other.number)
    }
  }

  private static let childCount = 4

  /// The timer with the earliest deadline.
  var first: (timer: Timer, deadline: Instant)? {
    entries.first.map { (Timer(number: Int($0.number)), $0.deadline) }
  }

  /// Makes room for so many sessions.
  mutating func reserve(_ count: Int) {
    entries.reserveCapacity(count + 2)
    places.reserveCapacity(count + 2)
  }

  /// A timer whose deadline has passed; it has none any more.
  mutating func popDue(now: Instant) -> Timer? {
    guard let first, first.deadline <= now else { return nil }
    remove(first.timer)
    return first.timer
  }

  /// Gives a timer a deadline, in place of the one it had; `nil` takes that away.
  mutating func set(_ timer: Timer, to deadline: Instant?) {
    guard let deadline else { return remove(timer) }
    let number = timer.number
    while places.count <= number { places.append(nowhere) }
    let entry = Entry(deadline: deadline, number: Int32(number))
    if places[number] == nowhere {
      entries.append(entry)
      raise(entry, from: entries.count - 1)
    } else {
      settle(entry, at: Int(places[number]))
    }
  }

  /// Takes a timer's deadline away, if it has one.
  mutating func remove(_ timer: Timer) {
    let number = timer.number
    guard number < places.count, places[number] != nowhere else { return }
    let place = Int(places[number])
    places[number] = nowhere
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
    places[Int(entry.number)] = Int32(place)
  }
}

private let nowhere: Int32 = -1
