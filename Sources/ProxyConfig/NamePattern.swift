/// What a rule asks on: one interface's name, or a pattern in which `*` is any run of characters
/// and `?` any one.
///
/// The engine has its own, for the interfaces of the host; this room cannot see it.
struct NamePattern {
  /// As it is written in the file.
  let text: String

  /// Whether it names one interface.
  var isExact: Bool { !text.utf8.contains { $0 == anyRun || $0 == anyOne } }

  /// Whether an interface of this name is meant.
  ///
  /// Costs at most the product of both lengths, which are 127 and 127.
  func matches(_ name: String) -> Bool {
    precondition(name.utf8.count <= Limits.interfaceNameOctets, "no name is longer")
    /// Bit n is set where the pattern so far matches the first n octets of the name.
    var matched: UInt128 = 1
    for octet in text.utf8 {
      switch octet {
      case anyRun: matched |= ~(matched ^ (matched &- 1))
      case anyOne: matched <<= 1
      default: matched = (matched & places(of: octet, in: name)) << 1
      }
    }
    return matched & 1 << name.utf8.count != 0
  }

  /// Bit n is set where the octet follows the first n octets of the name.
  private func places(of octet: UInt8, in name: String) -> UInt128 {
    var places: UInt128 = 0
    for (place, other) in name.utf8.enumerated() where other == octet { places |= 1 << place }
    return places
  }
}

/// The names of the proxies, found by name or pattern.
struct ProxyNames {
  private let names: [String]
  private let positions: [String: Int]

  /// What was found for each pattern already.
  private var matching: [String: [Int]] = [:]

  /// Makes ready for these names, all of them different.
  init(_ names: [String]) {
    self.names = names
    positions = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
  }

  /// The positions of the names that are meant, in order.
  ///
  /// Looking at all names, as for a pattern that was not met before, takes a step for each.
  mutating func positions(matching pattern: NamePattern, steps: inout Int) -> [Int] {
    if pattern.isExact { return positions[pattern.text].map { [$0] } ?? [] }
    if let known = matching[pattern.text] { return known }
    steps -= names.count
    let found = names.indices.filter { pattern.matches(names[$0]) }
    matching[pattern.text] = found
    return found
  }
}

private let anyRun = UInt8(ascii: "*")
private let anyOne = UInt8(ascii: "?")
