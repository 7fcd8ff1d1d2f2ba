import NDPWire
import ProxyModel

/// Which targets were solicited, by whom, the latest first: what to announce, and to whom.
///
/// Bounded: the target that was not solicited for the longest is forgotten, and of the solicitors
/// of one target the older one. Noting one costs a hash and a few stores; no allocation once it is
/// full.
struct SolicitedTargets {
  private var slots: [Slot] = []
  private var positions: [SessionKey: Int] = [:]
  private var newest = none
  private var oldest = none

  private struct Slot {
    var key: SessionKey
    var solicitors: [Station] = []
    var newer = none
    var older = none
  }

  /// Whoever solicits.
  struct Station: Equatable {
    let address: IPv6Address
    let linkLayerAddress: MACAddress
  }

  var count: Int { positions.count }

  /// Another number for everything that was noted.
  private(set) var changeCount: UInt64 = 0

  /// Takes down that a target was solicited just now.
  mutating func note(_ key: SessionKey, by station: Station?, limit: Int) {
    let position = positions[key] ?? insert(key, limit: limit)
    changeCount &+= 1
    if newest != position {
      unlink(position)
      link(position)
    }
    guard let station, slots[position].solicitors.first != station else { return }
    slots[position].solicitors.removeAll { $0.address == station.address }
    slots[position].solicitors.insert(station, at: 0)
    if slots[position].solicitors.count > Self.solicitorsPerTarget {
      slots[position].solicitors.removeLast()
    }
  }

  /// How many solicitors of one target are remembered.
  static let solicitorsPerTarget = 2

  /// Who solicited a target, the latest first.
  func solicitors(of key: SessionKey) -> [Station] {
    positions[key].map { slots[$0].solicitors } ?? []
  }

  /// The targets, that which was solicited last first.
  var keys: [SessionKey] {
    var found: [SessionKey] = []
    found.reserveCapacity(count)
    var position = newest
    while position != none {
      found.append(slots[position].key)
      position = slots[position].older
    }
    return found
  }

  /// Gives every target another key, and forgets those that have none.
  mutating func rename(_ newKey: (SessionKey) -> SessionKey?) {
    var renamed = SolicitedTargets()
    for key in keys.reversed() {
      guard let other = newKey(key) else { continue }
      renamed.note(other, by: nil, limit: .max)
      renamed.slots[renamed.newest].solicitors = solicitors(of: key)
    }
    self = renamed
  }

  private mutating func insert(_ key: SessionKey, limit: Int) -> Int {
    let position: Int
    if slots.count < max(1, limit) {
      position = slots.count
      slots.append(Slot(key: key))
    } else {
      position = oldest
      unlink(position)
      positions[slots[position].key] = nil
      slots[position] = Slot(key: key)
    }
    positions[key] = position
    link(position)
    return position
  }

  private mutating func link(_ position: Int) {
    (slots[position].older, slots[position].newer) = (newest, none)
    if newest != none { slots[newest].newer = position }
    newest = position
    if oldest == none { oldest = position }
  }

  private mutating func unlink(_ position: Int) {
    let (newer, older) = (slots[position].newer, slots[position].older)
    if newer == none { newest = older } else { slots[newer].older = older }
    if older == none { oldest = newer } else { slots[older].newer = newer }
  }
}

private let none = -1
