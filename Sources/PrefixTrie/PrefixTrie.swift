package import NDPWire

/// A map from IPv6 prefixes to numbers that finds the longest prefix containing an address.
///
/// The numbers are positions in a table of the caller's: were they of any type, every lookup from
/// another module would pay for that.
///
/// A binary trie with path compression: a node stands where prefixes end or branch, and its two
/// children continue with the next bit 0 and 1. Nodes lie in one array and name each other by
/// position, so a lookup touches one node per branching bit and allocates nothing. At most two
/// nodes per prefix. Prefixes are added only: a change of rules builds a new trie.
package struct PrefixTrie: Sendable {
  private var nodes: [Node] = []

  package init() {}

  /// How many prefixes have a number.
  package private(set) var count = 0

  /// The number of exactly this prefix.
  ///
  /// Reading and writing cost one step per branching bit. Setting `nil` takes the number away.
  package subscript(prefix: IPv6Prefix) -> Int? {
    get {
      let position = deepestNode(containing: prefix)
      return position != none && nodes[position].prefix == prefix ? nodes[position].value : nil
    }
    set {
      if newValue == nil, self[prefix] == nil { return }
      let position = insertNode(for: prefix)
      count += (newValue == nil ? 0 : 1) - (nodes[position].value == nil ? 0 : 1)
      nodes[position].value = newValue
    }
  }

  /// The number of the longest prefix that contains `address`, or `nil` where none does.
  ///
  /// One step per branching bit, at most 129; no allocation.
  package func longestMatch(_ address: IPv6Address) -> Int? {
    var best = none
    var position = nodes.isEmpty ? none : 0
    while position != none, nodes[position].prefix.contains(address) {
      if nodes[position].value != nil { best = position }
      position = child(of: position, towards: address)
    }
    return best == none ? nil : nodes[best].value
  }

  private func deepestNode(containing prefix: IPv6Prefix) -> Int {
    var found = none
    var position = nodes.isEmpty ? none : 0
    while position != none, nodes[position].prefix.contains(prefix) {
      found = position
      position = child(of: position, towards: prefix.address)
    }
    return found
  }

  /// The child on the way to `address`; a node of 128 bits has none.
  private func child(of position: Int, towards address: IPv6Address) -> Int {
    let node = nodes[position]
    guard node.prefix.length < 128 else { return none }
    return address.bit(node.prefix.length) ? node.one : node.zero
  }

  /// The position of the node for `prefix`, made if it is missing.
  private mutating func insertNode(for prefix: IPv6Prefix) -> Int {
    if nodes.isEmpty { nodes.append(Node(prefix: IPv6Prefix(.unspecified, length: 0))) }
    let parent = deepestNode(containing: prefix)
    if nodes[parent].prefix == prefix { return parent }
    let below = child(of: parent, towards: prefix.address)
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
    if nodes[position].prefix.address.bit(nodes[parent].prefix.length) {
      nodes[parent].one = position
    } else {
      nodes[parent].zero = position
    }
  }
}

private struct Node {
  let prefix: IPv6Prefix
  var value: Int?
  /// Positions of the children whose next bit is 0 and 1; `none` where there is none.
  var zero = none
  var one = none
}

/// The position of a child that is not there.
private let none = -1

extension IPv6Address {
  /// The bit at `index`, counted from the most significant, 0 through 127.
  fileprivate func bit(_ index: Int) -> Bool {
    bits >> (127 - index) & 1 == 1
  }
}

extension IPv6Prefix {
  /// The longest prefix that contains both.
  fileprivate func commonPrefix(with other: IPv6Prefix) -> IPv6Prefix {
    let agreeing = (address.bits ^ other.address.bits).leadingZeroBitCount
    return IPv6Prefix(address, length: min(length, other.length, agreeing))
  }
}
