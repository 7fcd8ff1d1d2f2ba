import NDPWire

/// Finds slots by the address of a target: a hash table of positions, four octets each.
///
/// Open addressing with linear probing; the addresses stay in the slots, and `target` reads them
/// there. What is hashed is seeded anew in every process, so that nobody can choose targets that
/// collide.
struct TargetIndex {
  /// A power of two, or empty; never more than three quarters full.
  private var cells: [Int32] = []
  private var count = 0

  /// The position of an address.
  ///
  /// One hash and, on average, less than three looks.
  func position(of wanted: IPv6Address, target: (Int) -> IPv6Address) -> Int? {
    cell(of: wanted, target: target).map { Int(cells[$0]) }
  }

  private func cell(of wanted: IPv6Address, target: (Int) -> IPv6Address) -> Int? {
    guard !cells.isEmpty else { return nil }
    var cell = home(of: wanted)
    while cells[cell] != empty {
      if target(Int(cells[cell])) == wanted { return cell }
      cell = next(cell)
    }
    return nil
  }

  /// Adds a position whose address is not there yet.
  mutating func insert(_ position: Int, target: (Int) -> IPv6Address) {
    if (count + 1) * 4 > cells.count * 3 { grow(target: target) }
    put(position, target(position))
    count += 1
  }

  /// Puts another position of the same address in place of the one that is there.
  mutating func replace(_ position: Int, by other: Int, target: (Int) -> IPv6Address) {
    guard let cell = cell(of: target(position), target: target) else {
      preconditionFailure("the target is not in the index")
    }
    cells[cell] = Int32(other)
  }

  /// Removes a position that is there; its address must still be readable.
  mutating func remove(_ position: Int, target: (Int) -> IPv6Address) {
    guard var hole = cell(of: target(position), target: target) else {
      preconditionFailure("the target is not in the index")
    }
    // What stands behind and would not be found past a hole moves into it.
    var cell = next(hole)
    while cells[cell] != empty {
      let distance = (cell &- home(of: target(Int(cells[cell])))) & (cells.count - 1)
      if distance >= (cell &- hole) & (cells.count - 1) {
        cells[hole] = cells[cell]
        hole = cell
      }
      cell = next(cell)
    }
    cells[hole] = empty
    count -= 1
  }

  private mutating func grow(target: (Int) -> IPv6Address) {
    let old = cells
    cells = [Int32](repeating: empty, count: max(16, old.count * 2))
    for position in old where position != empty { put(Int(position), target(Int(position))) }
  }

  private mutating func put(_ position: Int, _ target: IPv6Address) {
    var cell = home(of: target)
    while cells[cell] != empty { cell = next(cell) }
    cells[cell] = Int32(position)
  }

  private func home(of target: IPv6Address) -> Int { target.hashValue & (cells.count - 1) }

  private func next(_ cell: Int) -> Int { (cell &+ 1) & (cells.count - 1) }
}

private let empty: Int32 = -1
