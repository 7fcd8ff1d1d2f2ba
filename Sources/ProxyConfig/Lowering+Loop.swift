import NDPWire

extension Lowering {
  /// Warns of each rule that asks on another proxy, where that one asks back about its targets.
  ///
  /// Looks at the rules of two proxies only if they name each other; sorts them, costs n log n.
  mutating func checkLoops(among drafts: [ProxyDraft]) {
    var routes: [Route: [Question]] = [:]
    for draft in drafts {
      for rule in draft.proxy.rules {
        guard case .interface(let name) = rule.method, let offset = draft.offset(of: rule) else {
          continue
        }
        let route = Route(asked: draft.proxy.interface, asking: name)
        routes[route, default: []].append(Question(prefix: rule.prefix, offset: offset))
      }
    }
    // Each pair is met from both its sides, and one of them is enough.
    let met = routes.filter { $0.key.asked < $0.key.asking }
    for (route, there) in met.sorted(by: { $0.value[0] < $1.value[0] }) {
      if let back = routes[route.reversed] { reportLoops(of: there, with: back) }
    }
  }

  private mutating func reportLoops(of there: [Question], with back: [Question]) {
    let ordered = (there.map { ($0, 0) } + back.map { ($0, 1) }).sorted { $0.0 < $1.0 }
    // In this order a prefix comes after all that enclose it; the widest of each side is enough.
    var widest: [Question?] = [nil, nil]
    for (question, side) in ordered {
      if let other = widest[1 - side], other.prefix.contains(question.prefix) {
        reportLoop(question, inside: other)
      }
      if let own = widest[side], own.prefix.contains(question.prefix) { continue }
      widest[side] = question
    }
  }

  private mutating func reportLoop(_ question: Question, inside other: Question) {
    let line = source.line(of: other.offset, seenFrom: question.offset)
    diagnostics.report(
      .warning, .loop, at: question.offset,
      "a loop: the rule of \(line) asks back about these targets, so "
        + "questions that nobody answers go round once",
      suggestion: "give each side the prefixes that are behind the other only")
  }
}

/// From the interface where a question arrives to the one where it is asked again.
private struct Route: Hashable {
  let asked: String
  let asking: String

  var reversed: Route { Route(asked: asking, asking: asked) }
}

/// What a rule asks about, and where it was given.
private struct Question: Comparable {
  let prefix: IPv6Prefix
  let offset: Int

  static func < (one: Question, other: Question) -> Bool {
    (one.prefix.address.bits, one.prefix.length, one.offset)
      < (other.prefix.address.bits, other.prefix.length, other.offset)
  }
}
