import NDPWire
import ProxyModel

/// Which targets were solicited, by whom, the latest first: what to announce, and to whom.
///
/// Bounded: of the targets that were never answered for, or failed, the one that was not solicited
/// for the longest is forgotten; where there are none of these, of the others. So a scan makes
/// nothing forgotten that is there. Of the solicitors of one target the older one is forgotten.
/// Noting one costs a hash and a few stores; no allocation once it is full.
struct SolicitedTargets {
  private var slots: [Slot] = []
  private var positions: [SessionKey: Int] = [:]
  /// Those that are or were there, and behind them the others.
  private var answered = Ends()
  private var others = Ends()

  /// The ends of a chain of slots.
  private struct Ends {
    var newest = none
    var oldest = none
  }

  private struct Slot {
    var key: SessionKey
    var solicitors: [Station] = []
    var newer = none
    var older = none
    /// Whether it was there when it was last asked for.
    var isAnswered = false
    /// The `changeCount` of when it was solicited.
    var stamp: UInt64 = 0
  }

  /// Whoever solicits.
  struct Station: Equatable {
    let address: IPv6Address
    let linkLayerAddress: MACAddress
  }

  var count: Int { positions.count }

  /// Another number for everything that was noted.
  private(set) var changeCount: UInt64 = 0

  /// Takes down that a target was solicited just now; returns whether it was not known before.
  @discardableResult
  mutating func note(_ key: SessionKey, by station: Station?, limit: Int) -> Bool {
    let known = positions[key]
    let position = known ?? insert(key, limit: limit)
    changeCount &+= 1
    slots[position].stamp = changeCount
    if ends(of: position).newest != position {
      unlink(position)
      link(position)
    }
    guard let station, slots[position].solicitors.first != station else { return known == nil }
    slots[position].solicitors.removeAll { $0.address == station.address }
    slots[position].solicitors.insert(station, at: 0)
    if slots[position].solicitors.count > Self.solicitorsPerTarget {
      slots[position].solicitors.removeLast()
    }
    return known == nil
  }

  /// How many solicitors of one target are remembered.
  static let solicitorsPerTarget = 2

  /// Who solicited a target, the latest first.
  func solicitors(of key: SessionKey) -> [Station] {
    positions[key].map { slots[$0].solicitors } ?? []
  }

  /// Whether a target was there when it was last asked for.
  func isAnswered(_ key: SessionKey) -> Bool {
    positions[key].map { slots[$0].isAnswered } ?? false
  }

  /// Takes down whether a target is there, if it is remembered; one that is not is forgotten next.
  mutating func mark(_ key: SessionKey, isAnswered: Bool) {
    guard let position = positions[key], slots[position].isAnswered != isAnswered else { return }
    unlink(position)
    slots[position].isAnswered = isAnswered
    link(position, isNewest: isAnswered)
  }

  /// The targets, that which was solicited last first.
  var keys: [SessionKey] {
    let taken = slots.filter { positions[$0.key] != nil }
    return taken.sorted { $0.stamp > $1.stamp }.map { $0.key }
  }

  /// Gives every target another key, and forgets those that have none.
  mutating func rename(_ newKey: (SessionKey) -> SessionKey?) {
    var renamed = SolicitedTargets()
    for key in keys.reversed() {
      guard let other = newKey(key) else { continue }
      renamed.note(other, by: nil, limit: .max)
      renamed.mark(other, isAnswered: isAnswered(key))
      if let position = renamed.positions[other] {
        renamed.slots[position].solicitors = solicitors(of: key)
      }
    }
    renamed.changeCount = changeCount &+ 1
    self = renamed
  }

  private mutating func insert(_ key: SessionKey, limit: Int) -> Int {
    let position: Int
    if slots.count < max(1, limit) {
      position = slots.count
      slots.append(Slot(key: key))
    } else {
      position = others.oldest == none ? answered.oldest : others.oldest
      unlink(position)
      positions[slots[position].key] = nil
      slots[position] = Slot(key: key)
    }
    positions[key] = position
    link(position)
    return position
  }

  private func ends(of position: Int) -> Ends { slots[position].isAnswered ? answered : others }

  private mutating func link(_ position: Int, isNewest: Bool = true) {
    var ends = ends(of: position)
    let (newer, older) = isNewest ? (none, ends.newest) : (ends.oldest, none)
    (slots[position].newer, slots[position].older) = (newer, older)
    if newer == none { ends.newest = position } else { slots[newer].older = position }
    if older == none { ends.oldest = position } else { slots[older].newer = position }
    setEnds(of: position, to: ends)
  }

  private mutating func unlink(_ position: Int) {
    var ends = ends(of: position)
    let (newer, older) = (slots[position].newer, slots[position].older)
    if newer == none { ends.newest = older } else { slots[newer].older = older }
    if older == none { ends.oldest = newer } else { slots[older].newer = newer }
    setEnds(of: position, to: ends)
  }

  private mutating func setEnds(of position: Int, to ends: Ends) {
    if slots[position].isAnswered { answered = ends } else { others = ends }
  }
}

private let none = -1
