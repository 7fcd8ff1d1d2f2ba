import NDPWire
import ProxyModel

extension Lowering {
  /// Warns of each rule inside a wider one where ndppd, which applies both, would act differently.
  ///
  /// Under a `static` rule the wider one changes nothing: either way the answer comes at once.
  /// Sorts the rules; costs n log n.
  mutating func checkOverlaps(in draft: ProxyDraft) {
    let ordered = draft.proxy.rules.sorted {
      ($0.prefix.address.bits, $0.prefix.length) < ($1.prefix.address.bits, $1.prefix.length)
    }
    // In this order a rule comes after all that enclose it, and the stack holds just those.
    var enclosing: [Ruleset.Rule] = []
    for rule in ordered {
      while let last = enclosing.last, !last.prefix.contains(rule.prefix) { enclosing.removeLast() }
      let wider = enclosing.last { $0.prefix != rule.prefix }
      if let wider, rule.method != .static, rule.method != wider.method {
        report(rule, inside: wider, in: draft)
      }
      // Of rules with one prefix, one is enough to stand for it.
      if enclosing.last?.prefix != rule.prefix { enclosing.append(rule) }
    }
  }

  /// Warns of each rule that has the prefix of a `static` one, which answers before it.
  mutating func checkShadowedRules(in draft: ProxyDraft) {
    for rule in draft.proxy.rules where rule.method != .static {
      let winner = Ruleset.Rule(prefix: rule.prefix, method: .static)
      guard let first = draft.offset(of: winner), let offset = draft.offset(of: rule) else {
        continue
      }
      diagnostics.report(
        .warning, .shadowedRule, at: offset,
        "the 'static' rule of \(source.line(of: first, seenFrom: offset)) answers for this prefix "
          + "without a solicitation; this one has no effect",
        suggestion: "remove one of them")
    }
  }

  private mutating func report(
    _ rule: Ruleset.Rule, inside wider: Ruleset.Rule, in draft: ProxyDraft
  ) {
    guard let offset = draft.offset(of: rule), let first = draft.offset(of: wider) else { return }
    diagnostics.report(
      .warning, .overlappingRules, at: offset,
      "ndppd also applies the '\(wider.method)' rule of \(source.line(of: first, seenFrom: offset)) "
        + "here; now the longest prefix alone decides",
      suggestion: "if that is not intended, use one method for both, or remove one")
  }
}

extension ProxyDraft {
  /// Where a rule of the proxy was given.
  func offset(of rule: Ruleset.Rule) -> Int? {
    rules[Ruleset.Rule(prefix: rule.prefix, method: rule.method)]?.offset
  }
}
