import NDPWire
import ProxyEngine
import ProxyModel

/// What the rules of a proxy say of a target: every rule is looked at, one by one.
///
/// Slow and obvious, unlike `RuleTable`.
struct Coverage: Equatable {
  /// The length of the longest prefix that is about the target.
  var length: Int
  /// The methods given for just that prefix; none where it is excluded.
  var methods: [Ruleset.Method]

  /// `nil` where nothing is about the target.
  init?(of target: IPv6Address, by proxy: Ruleset.Proxy) {
    let prefixes = proxy.rules.map(\.prefix) + proxy.rules.flatMap(\.excluded)
    let covering = prefixes.filter { $0.contains(target) }
    guard let longest = covering.map(\.length).max() else { return nil }
    length = longest
    methods = proxy.rules.filter { $0.prefix.length == longest && $0.prefix.contains(target) }
      .map(\.method)
  }

  var isStatic: Bool { methods.contains(.static) }
  var isAuto: Bool { methods.contains(.auto) }

  /// Whether an `iface` rule names this interface.
  func names(_ interface: String) -> Bool {
    methods.contains {
      if case .interface(let pattern) = $0 { return matches(pattern.text, interface) }
      return false
    }
  }
}

/// A pattern with at most one `*`, which is all that worlds have.
private func matches(_ pattern: String, _ name: String) -> Bool {
  let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
  if parts.count == 1 { return pattern == name }
  return name.hasPrefix(parts[0]) && name.hasSuffix(parts[1])
}

/// Where a gateway sends packets.
struct RouteTable: Equatable {
  var entries: [Entry] = []

  struct Entry: Equatable {
    var prefix: IPv6Prefix
    var way: Way
  }

  enum Way: Equatable {
    case onLink(String)
    case gateway(String)
    case local
    case unreachable
  }

  /// The way of the longest prefix.
  func way(to target: IPv6Address) -> Way {
    let covering = entries.filter { $0.prefix.contains(target) }
    return covering.max { $0.prefix.length < $1.prefix.length }?.way ?? .unreachable
  }
}

extension Interface {
  /// Whether an address is in the prefix of one of its own.
  func isOnLinkOracle(_ address: IPv6Address) -> Bool {
    addresses.contains { IPv6Prefix($0.address, length: $0.prefix.length).contains(address) }
  }
}
