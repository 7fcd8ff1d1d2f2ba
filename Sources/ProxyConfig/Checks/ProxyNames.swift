import ProxyModel

/// The names of the proxies, found by name or pattern.
struct ProxyNames {
  private let names: [String]
  private let positions: [String: Int]

  /// What was found for each pattern already.
  private var matching: [InterfacePattern: [Int]] = [:]

  /// Makes ready for these names, all of them different.
  init(_ names: [String]) {
    self.names = names
    positions = Dictionary(firstOf: zip(names, names.indices))
  }

  /// The positions of the names that are meant, in order.
  ///
  /// Looking at all names, as for a pattern that was not met before, takes a step for each.
  mutating func positions(matching pattern: InterfacePattern, steps: inout Int) -> [Int] {
    if pattern.isExact { return positions[pattern.text].map { [$0] } ?? [] }
    if let known = matching[pattern] { return known }
    steps -= names.count
    let found = names.indices.filter { pattern.matches(names[$0]) }
    matching[pattern] = found
    return found
  }
}
