import NDPWire
import ProxyModel

/// Looks for loops: questions about a target that come back to the proxy where they began.
///
/// Goes by what the engine does: at each proxy only the rules with the longest prefix around the
/// target count; several of them fan out, `static` keeps them all from asking, and an exclusion
/// counts as a rule that asks nobody. No proxy asks on its own interface.
///
/// Walks through the prefixes of all proxies, each after those that enclose it, and keeps what is
/// in force there. A rule closes a loop if older ones lead from where it asks back to its proxy;
/// older are those with shorter prefixes, then those before it in the file.
struct LoopSearch {
  /// A rule of one proxy, or an exclusion.
  struct Rule {
    /// The targets.
    let prefix: IPv6Prefix

    /// The position of the proxy.
    let proxy: Int

    /// What it does about the targets.
    let effect: Effect

    /// Where it was given; of no account for an exclusion.
    let offset: Int
  }

  /// What a rule does, as far as the file alone can tell.
  enum Effect {
    /// `static`: whatever other rules there are for the prefix, nobody is asked.
    case answers

    /// `iface`: other proxies are asked.
    case asks(InterfacePattern)

    /// `auto` or `exclude`: nobody is asked that the file knows of.
    case nothing
  }

  /// Sorted by prefix, then by proxy, then as in the file.
  private let rules: [Rule]
  private var names: ProxyNames

  /// How much may still be looked at.
  private var steps = TextBounds.loopSteps

  /// For each proxy its rules that count where the walk is.
  private var inForce: [Range<Int>]

  /// What other rules took the place of, to be put back in the opposite order.
  private var displaced: [(prefix: IPv6Prefix, proxy: Int, rules: Range<Int>)] = []

  /// For each rule whether it was found to close a loop.
  private var closes: [Bool]

  /// How many searches were begun.
  private var searches = 0

  /// For each proxy the number of the search that came to it last.
  private var visits: [Int]

  /// For each rule the one that asked its proxy in the search that came to it last.
  private var askers: [Int]

  /// Makes ready for rules of the proxies with these names; costs n log n.
  init(_ rules: [Rule], proxies: [String]) {
    self.rules = rules.sorted {
      ($0.prefix.address.bits, $0.prefix.length, $0.proxy, $0.offset)
        < ($1.prefix.address.bits, $1.prefix.length, $1.proxy, $1.offset)
    }
    names = ProxyNames(proxies)
    inForce = proxies.map { _ in 0..<0 }
    visits = proxies.map { _ in 0 }
    closes = rules.map { _ in false }
    askers = rules.map { _ in 0 }
  }

  /// Hands over each rule that closes a loop, once, and behind it those that lead back to it.
  ///
  /// Looks no further after `TextBounds.loopSteps`.
  mutating func forEachLoop(_ body: ([Rule]) -> Void) {
    var open: [PrefixNode] = []
    for node in PrefixNode.nodes(of: rules) {
      while let last = open.last, !last.prefix.contains(node.prefix) { open.removeLast() }
      open.append(node)
      enter(node)
      // For no target is this the longest prefix: what closes a loop does so further inside.
      if node.isCovered { continue }
      // What is new since the last prefix with targets of its own.
      let known = open.dropLast().lastIndex { !$0.isCovered } ?? -1
      for last in open[(known + 1)...].lazy.flatMap({ $0.rules }) {
        if let loop = loop(closedBy: last) { body(loop.map { rules[$0] }) }
        if steps <= 0 { return }
      }
    }
  }
}

// MARK: - The walk

extension LoopSearch {
  /// Puts back what rules of other prefixes took the place of, and the rules of this one in force.
  private mutating func enter(_ node: PrefixNode) {
    while let last = displaced.last, !last.prefix.contains(node.prefix) {
      inForce[last.proxy] = last.rules
      displaced.removeLast()
    }
    var start = node.rules.lowerBound
    while start < node.rules.upperBound {
      let proxy = rules[start].proxy
      let end = node.rules[start...].first { rules[$0].proxy != proxy } ?? node.rules.upperBound
      displaced.append((node.prefix, proxy, inForce[proxy]))
      inForce[proxy] =
        rules[start..<end].contains(where: { $0.effect.isAnswer }) ? 0..<0 : start..<end
      start = end
    }
  }
}

// MARK: - The search

extension LoopSearch {
  /// The rule and those by which what it asks comes back to it; `nil` if it closes no loop.
  private mutating func loop(closedBy last: Int) -> [Int]? {
    steps -= 1
    let home = rules[last].proxy
    guard inForce[home].contains(last), !closes[last] else { return nil }
    searches += 1
    // Breadth first: what it finds is the shortest way.
    var found = [last]
    var position = 0
    while position < found.count, steps > 0 {
      let asker = found[position]
      for proxy in meant(by: asker) where proxy != rules[asker].proxy {
        steps -= 1
        if proxy == home {
          closes[last] = true
          return way(from: last, to: asker)
        }
        if visits[proxy] == searches { continue }
        visits[proxy] = searches
        // Of one prefix, they are in the order of the file.
        for rule in inForce[proxy].prefix(while: { rules[$0].isOlder(than: rules[last]) }) {
          steps -= 1
          askers[rule] = asker
          found.append(rule)
        }
      }
      position += 1
    }
    return nil
  }

  /// The proxies that a rule asks, and perhaps its own, which it does not ask.
  private mutating func meant(by rule: Int) -> [Int] {
    guard case .asks(let pattern) = rules[rule].effect else { return [] }
    return names.positions(matching: pattern, steps: &steps)
  }

  /// The rules of the search that was just done, in the order in which they ask.
  private func way(from first: Int, to last: Int) -> [Int] {
    var way = [last]
    while let rule = way.last, rule != first { way.append(askers[rule]) }
    return way.reversed()
  }
}

extension LoopSearch.Rule {
  /// Whether this one was there when the other one, which covers a target with it, was added.
  fileprivate func isOlder(than other: Self) -> Bool {
    (prefix.length, offset) < (other.prefix.length, other.offset)
  }
}

extension LoopSearch.Effect {
  fileprivate var isAnswer: Bool {
    if case .answers = self { true } else { false }
  }
}

/// A prefix with all its rules.
private struct PrefixNode {
  let prefix: IPv6Prefix

  /// Where its rules are among the sorted ones.
  let rules: Range<Int>

  /// Whether each of its targets is also covered by a longer prefix, whosever that is.
  private(set) var isCovered = false

  /// The first address that no longer prefix met so far covers.
  private var uncovered: UInt128

  private init(_ prefix: IPv6Prefix, rules: Range<Int>) {
    self.prefix = prefix
    self.rules = rules
    uncovered = prefix.address.bits
  }

  /// The prefixes of the rules, which are sorted by prefix, in this order; linear.
  static func nodes(of rules: [LoopSearch.Rule]) -> [PrefixNode] {
    var nodes: [PrefixNode] = []
    var open: [Int] = []
    var start = 0
    while start < rules.count {
      let prefix = rules[start].prefix
      let end = rules[start...].firstIndex { $0.prefix != prefix } ?? rules.count
      while let last = open.last, !nodes[last].prefix.contains(prefix) { open.removeLast() }
      if let last = open.last { nodes[last].cover(prefix) }
      open.append(nodes.count)
      nodes.append(PrefixNode(prefix, rules: start..<end))
      start = end
    }
    return nodes
  }

  /// Takes note of a longer prefix; they come in the order of their addresses.
  private mutating func cover(_ inner: IPv6Prefix) {
    guard inner.address.bits == uncovered else { return }
    if inner.lastAddress == prefix.lastAddress {
      isCovered = true
    } else {
      uncovered = inner.lastAddress + 1
    }
  }
}

extension IPv6Prefix {
  fileprivate var lastAddress: UInt128 { address.bits | ~Self.mask(length: length) }
}
