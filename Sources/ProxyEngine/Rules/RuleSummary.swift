import NDPWire
import PrefixTrie
import ProxyModel

/// A rule as it is in force, with what was counted of it.
package struct RuleSummary: Sendable {
  /// The name of the proxy interface.
  package let proxy: String
  /// All methods of its prefix.
  package let rule: Rule
  /// The interfaces to ask on, as the configuration names them.
  package let interfaces: [String]
  /// What was counted.
  package let count: RuleCount
}

extension Engine {
  /// How many rules there are; several methods for one prefix are one, and so is an exclusion.
  package var ruleCount: Int { rules.rules.count }

  /// The rules from a position on, no more than `limit` of them.
  package func ruleSummaries(from start: Int, limit: Int) -> [RuleSummary] {
    rules.rules.indices.dropFirst(start).prefix(limit).map { summary(ofRule: $0) }
  }

  /// Every rule of a proxy that covers a target, the one that counts first.
  ///
  /// 129 lookups.
  func rules(of proxy: Int, covering target: IPv6Address) -> [RuleSummary] {
    (0...128).reversed().compactMap { length in
      rules.tries[proxy][IPv6Prefix(target, length: length)].map { summary(ofRule: $0) }
    }
  }

  private func summary(ofRule position: Int) -> RuleSummary {
    let rule = rules.rules[position]
    let counts = counters.rules
    return RuleSummary(
      proxy: rules.proxies[rules.proxy(ofRule: position)].interface, rule: rule,
      interfaces: rules.patterns(of: rule).map { $0.text },
      count: position < counts.count ? counts[position] : RuleCount())
  }
}
