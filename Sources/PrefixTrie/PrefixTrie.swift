package import NDPWire

/// A map from IPv6 prefixes to numbers that finds the longest prefix containing an address.
///
/// The numbers are positions in a table of the caller's: were they of any type, every lookup from
/// another module would pay for that.
///
/// A binary trie with path compression: a node stands where prefixes end or branch, and its two
/// children continue with the next bit 0 and 1. Nodes lie in one array and name each other by
/// position, so a lookup touches one node per branching bit and allocates nothing. At most two
/// nodes per prefix, of 32 octets each: two to a cache line. Prefixes are added only: a change of
/// rules builds a new trie.
package struct PrefixTrie: Sendable {
  private var nodes: [Node] = []

  package init() {}

  /// How many prefixes have a number.
  package private(set) var count = 0

  /// The number of exactly this prefix.
  ///
  /// Reading and writing cost one step per branching bit. Setting `nil` takes the number away; one
  /// that is negative or beyond 2³¹ − 1 traps.
  package subscript(prefix: IPv6Prefix) -> Int? {
    get {
      let position = deepestNode(containing: prefix)
      return position != none && nodes[position].prefix == prefix ? nodes[position].number : nil
    }
    set {
      if newValue == nil, self[prefix] == nil { return }
      let position = insertNode(for: prefix)
      count += (newValue == nil ? 0 : 1) - (nodes[position].number == nil ? 0 : 1)
      nodes[position].number = newValue
    }
  }

  /// The number of the longest prefix that contains `address`, or `nil` where none does.
  ///
  /// One step per branching bit, at most 129; no allocation.
  package func longestMatch(_ address: IPv6Address) -> Int? {
    var best = none
    var position = nodes.isEmpty ? none : 0
    while position != none, case let node = nodes[position], node.contains(address) {
      if let number = node.number { best = number }
      position = node.child(towards: address)
    }
    return best == none ? nil : best
  }

  /// The position of the longest prefix that contains another; `none` where nothing is.
  private func deepestNode(containing prefix: IPv6Prefix) -> Int {
    var found = none
    var position = nodes.isEmpty ? none : 0
    while position != none, case let node = nodes[position], node.prefix.contains(prefix) {
      found = position
      position = node.child(towards: prefix.address)
    }
    return found
  }

  /// The position of the node for `prefix`, made if it is missing.
  private mutating func insertNode(for prefix: IPv6Prefix) -> Int {
    if nodes.isEmpty { nodes.append(Node(prefix: IPv6Prefix(.unspecified, length: 0))) }
    let parent = deepestNode(containing: prefix)
    if nodes[parent].prefix == prefix { return parent }
    let below = nodes[parent].child(towards: prefix.address)
    guard below != none else { return append(prefix, under: parent) }
    let common = nodes[below].prefix.commonPrefix(with: prefix)
    let branch = append(common, under: parent)
    attach(below, under: branch)
    return common == prefix ? branch : append(prefix, under: branch)
  }

  private mutating func append(_ prefix: IPv6Prefix, under parent: Int) -> Int {
    nodes.append(Node(prefix: prefix))
    attach(nodes.count - 1, under: parent)
    return nodes.count - 1
  }

  private mutating func attach(_ position: Int, under parent: Int) {
    nodes[parent].attach(position, towards: nodes[position].prefix.address)
  }
}

private struct Node {
  private let address: IPv6Address
  private let length: UInt8
  private var value = Int32(none)
  /// Positions of the children whose next bit is 0 and 1; `none` where there is none.
  private var zero = Int32(none)
  private var one = Int32(none)

  init(prefix: IPv6Prefix) {
    (address, length) = (prefix.address, UInt8(prefix.length))
  }

  var prefix: IPv6Prefix { IPv6Prefix(address, length: Int(length)) }

  var number: Int? {
    get { value == none ? nil : Int(value) }
    set {
      precondition(newValue ?? 0 >= 0, "a prefix's number is a position")
      value = Int32(newValue ?? none)
    }
  }

  func contains(_ other: IPv6Address) -> Bool {
    (other.bits ^ address.bits).leadingZeroBitCount >= length
  }

  /// The child on the way to `address`; where all bits are used up there is none.
  func child(towards address: IPv6Address) -> Int {
    Int(nextBitIsOne(of: address) ? one : zero)
  }

  mutating func attach(_ child: Int, towards address: IPv6Address) {
    if nextBitIsOne(of: address) { one = Int32(child) } else { zero = Int32(child) }
  }

  /// Whether the first bit behind the prefix is 1; of no meaning where there is none.
  private func nextBitIsOne(of address: IPv6Address) -> Bool {
    (address.bits &<< UInt128(length)).leadingZeroBitCount == 0
  }
}

/// The position of a child that is not there, and the number of a prefix that has none.
private let none = -1

extension IPv6Prefix {
  /// The longest prefix that contains both.
  fileprivate func commonPrefix(with other: IPv6Prefix) -> IPv6Prefix {
    let agreeing = (address.bits ^ other.address.bits).leadingZeroBitCount
    return IPv6Prefix(address, length: min(length, other.length, agreeing))
  }
}
