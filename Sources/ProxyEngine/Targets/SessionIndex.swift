/// Finds the slots of sessions by their keys: a hash table of positions, four octets each.
///
/// Open addressing with linear probing; the keys stay in the slots, and `key` reads them there.
/// What is hashed is seeded anew in every process, so that nobody can choose targets that collide.
struct SessionIndex {
  /// A power of two, or empty; never more than three quarters full.
  private var cells: [Int32] = []
  private(set) var count = 0

  /// The position of the session with this key.
  ///
  /// One hash and, on average, less than three looks.
  func position(of wanted: SessionKey, key: (Int) -> SessionKey) -> Int? {
    guard !cells.isEmpty else { return nil }
    var cell = home(of: wanted)
    while cells[cell] != empty {
      let position = Int(cells[cell])
      if key(position) == wanted { return position }
      cell = next(cell)
    }
    return nil
  }

  /// Adds a position whose key is not there yet.
  mutating func insert(_ position: Int, key: (Int) -> SessionKey) {
    if (count + 1) * 4 > cells.count * 3 { grow(key: key) }
    put(position, key(position))
    count += 1
  }

  /// Removes a position that is there; its key must still be readable.
  mutating func remove(_ position: Int, key: (Int) -> SessionKey) {
    var hole = home(of: key(position))
    while cells[hole] != Int32(position) {
      precondition(cells[hole] != empty, "the session is not in the index")
      hole = next(hole)
    }
    // What stands behind and would not be found past a hole moves into it.
    var cell = next(hole)
    while cells[cell] != empty {
      let distance = (cell &- home(of: key(Int(cells[cell])))) & (cells.count - 1)
      if distance >= (cell &- hole) & (cells.count - 1) {
        cells[hole] = cells[cell]
        hole = cell
      }
      cell = next(cell)
    }
    cells[hole] = empty
    count -= 1
  }

  private mutating func grow(key: (Int) -> SessionKey) {
    let old = cells
    cells = [Int32](repeating: empty, count: max(16, old.count * 2))
    for position in old where position != empty { put(Int(position), key(Int(position))) }
  }

  private mutating func put(_ position: Int, _ key: SessionKey) {
    var cell = home(of: key)
    while cells[cell] != empty { cell = next(cell) }
    cells[cell] = Int32(position)
  }

  private func home(of key: SessionKey) -> Int { key.hashValue & (cells.count - 1) }

  private func next(_ cell: Int) -> Int { (cell &+ 1) & (cells.count - 1) }
}

private let empty: Int32 = -1
