import NDPWire
import ProxyModel

extension Lowering {
  /// Warns of each rule by which a question may come back to the proxy where it began.
  ///
  /// That is as exact as the file allows: what `auto` asks, the routes decide. Sorts the rules,
  /// costs n log n, and looks for loops for at most `TextBounds.loopSteps`.
  mutating func checkLoops(among drafts: [ProxyDraft]) {
    if drafts.count < 2 { return }
    let names = drafts.map { $0.proxy.interface }
    let rules = drafts.enumerated().flatMap { $1.rulesForLoops(position: $0) }
    var search = LoopSearch(rules, proxies: names)
    search.forEachLoop { loop in
      if loop.count == 2 { reportPair(loop[0], asksBack: loop[1]) }
      if loop.count > 2 { reportLoop(loop, names: names) }
    }
  }

  private mutating func reportPair(_ rule: LoopSearch.Rule, asksBack other: LoopSearch.Rule) {
    let line = source.line(of: other.offset, seenFrom: rule.offset)
    diagnostics.report(
      .warning, .loop, at: rule.offset,
      "a loop: the rule of \(line) solicits these targets on the first interface, so "
        + "solicitations that no host answers go round once",
      suggestion: "give each rule only the prefixes that are behind its interface")
  }

  private mutating func reportLoop(_ rules: [LoopSearch.Rule], names: [String]) {
    diagnostics.report(
      .warning, .loop, at: rules[0].offset,
      "a loop: \(hops(of: rules, names: names, in: source)) about these targets, so "
        + "solicitations that no host answers go round once",
      suggestion: "give each rule only the prefixes that are behind its interface")
  }
}

/// Who asks where, and by which other rule, in order; of very many the first ones.
private func hops(of rules: [LoopSearch.Rule], names: [String], in source: SourceText) -> String {
  var hops = ["\(names[rules[0].proxy]) solicits on \(names[rules[1].proxy])"]
  for (position, rule) in rules.enumerated().prefix(TextBounds.namedLoopRules).dropFirst() {
    let next = rules[(position + 1) % rules.count]
    let line = source.line(of: rule.offset, seenFrom: rules[0].offset)
    hops.append("\(names[rule.proxy]) on \(names[next.proxy]) (\(line))")
  }
  if rules.count > hops.count { hops.append("and so on over \(rules.count - hops.count) more") }
  return hops.joined(separator: ", ")
}

extension ProxyDraft {
  /// All rules and exclusions, as those of the proxy at this position.
  fileprivate func rulesForLoops(position: Int) -> [LoopSearch.Rule] {
    proxy.rules.flatMap { rule in
      let offset = offset(of: rule) ?? self.offset
      let own = LoopSearch.Rule(
        prefix: rule.prefix, proxy: position, effect: .init(rule.method), offset: offset)
      let exclusions = rule.excluded.map {
        LoopSearch.Rule(prefix: $0, proxy: position, effect: .nothing, offset: offset)
      }
      return [own] + exclusions
    }
  }
}

extension LoopSearch.Effect {
  fileprivate init(_ method: Ruleset.Method) {
    switch method {
    case .static: self = .answers
    case .interface(let name): self = .asks(name)
    case .auto: self = .nothing
    }
  }
}
