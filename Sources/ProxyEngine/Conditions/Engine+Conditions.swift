package import NDPWire
package import ProxyModel

// Which rules are in force on this host now, and what comes of a change.

extension Engine {
  /// Takes up whether a condition holds on this host.
  mutating func apply(
    _ condition: Ruleset.Condition, holds: Bool, now: Instant, into actions: inout [Action]
  ) {
    if conditions.set(condition, to: holds, now: now) {
      changeEntitlement(now: now, into: &actions)
    }
  }

  /// Has conditions count that have held for long enough.
  mutating func countConditions(now: Instant, into actions: inout [Action]) {
    if conditions.count(now: now) { changeEntitlement(now: now, into: &actions) }
  }

  /// Goes by the conditions as they are now: routes to targets come and go, and targets whose rules
  /// are in force from now on are announced.
  private mutating func changeEntitlement(now: Instant, into actions: inout [Action]) {
    conditions.changeCount += 1
    let table = conditions
    let changed = rules.entitle { table.isMet($0) }
    guard !changed.isEmpty else { return }
    otherGateways.noteEntitlement(now: now)
    for position in sessions.takenPositions {
      let key = sessions[position].key
      guard let rule = rules.position(of: key.proxy, covering: key.target), changed.contains(rule)
      else { continue }
      updateHostRoute(position, into: &actions)
    }
    let gained = changed.filter { rules.rules[$0].isEntitled }
    for proxy in Set(gained.map { rules.proxy(ofRule: $0) }).sorted()
    where rules.announces(proxy) {
      announceTargets(ofProxy: proxy, onlyRules: gained, now: now)
    }
  }

  /// Whether a question of a proxy for a target may be answered as far as conditions are concerned.
  func isEntitled(_ target: IPv6Address, proxy: Int) -> Bool {
    guard rules.hasConditions else { return true }
    return rules.rule(of: proxy, covering: target)?.isEntitled ?? true
  }

  /// Whether the proxy of this interface has conditions, and none of its rules is in force.
  package func isStandingBy(proxyNamed name: String) -> Bool {
    guard rules.hasConditions,
      let proxy = rules.proxies.firstIndex(where: { $0.interface == name })
    else { return false }
    return !rules.positions(ofProxy: proxy).isEmpty && !isInForce(proxy)
  }

  /// Whether some rule of the proxy of this interface is in force.
  package func isInForce(proxyNamed name: String) -> Bool {
    guard let proxy = rules.proxies.firstIndex(where: { $0.interface == name }) else {
      return false
    }
    return isInForce(proxy)
  }

  /// Remembers what is asked for that is not this host's to answer for now, and finds out whether
  /// it is there, so that all is known when it is.
  mutating func learn(
    _ key: SessionKey, rule: Rule, now: Instant, into actions: inout [Action]
  ) {
    if rule.isStatic || interfaces.hasUsable(key.target) { return }
    findOut(key, rule: rule, now: now, into: &actions)
  }

  /// Finds out whether a target is there for which nobody waits.
  mutating func findOut(
    _ key: SessionKey, rule: Rule, now: Instant, into actions: inout [Action]
  ) {
    guard let position = sessions.position(of: key) else {
      return begin(key, rule: rule, for: nil, now: now, into: &actions)
    }
    if lookUpRouteAgain(position, for: nil, now: now, into: &actions) { return }
    countQuestion(for: position, now: now)
    switch sessions[position].state {
    case .reachable, .probing:
      sessions.touch(position)
      if sessions[position].isSecondHand {
        startAsking(position, now: now, into: &actions)
      }
    case .stale: revive(position, now: now, into: &actions)
    case .incomplete, .failed: return
    }
  }

  /// How often a condition has become met, or is not met any more.
  package var conditionChangeCount: UInt64 { conditions.changeCount }

  /// Every condition of every proxy and rule, no more than `limit`.
  package func conditionSummaries(limit: Int) -> [ConditionSummary] {
    var summaries: [ConditionSummary] = []
    func add(_ condition: Ruleset.Condition, _ proxy: Int, _ rule: Int?) {
      let times = conditions.times(of: condition)
      summaries.append(
        ConditionSummary(
          condition: condition, proxy: rules.proxies[proxy].interface, rule: rule,
          isMet: conditions.isMet(condition), since: times.since,
          heldBackUntil: times.heldBackUntil))
    }
    for proxy in rules.proxies.indices {
      for condition in rules.proxies[proxy].conditions where summaries.count < limit {
        add(condition, proxy, nil)
      }
      for rule in rules.positions(ofProxy: proxy) {
        for condition in rules.rules[rule].conditions where summaries.count < limit {
          add(condition, proxy, rule)
        }
      }
    }
    return summaries
  }

  /// How many targets are remembered to have been solicited; `nil` where that is not remembered.
  package var rememberedCount: Int? {
    rules.proxies.indices.contains { rules.remembersSolicitors(of: $0) } ? solicited.count : nil
  }

  /// The prefix of the rule at a position.
  package func prefix(ofRule position: Int) -> IPv6Prefix { rules.rules[position].prefix }

  /// The first condition that keeps a rule from being in force, and since when it is not met.
  func unmetCondition(ofRule position: Int) -> UnmetCondition? {
    let proxy = rules.proxy(ofRule: position)
    let all = rules.proxies[proxy].conditions + rules.rules[position].conditions
    guard let unmet = all.first(where: { !conditions.isMet($0) }) else { return nil }
    let times = conditions.times(of: unmet)
    return UnmetCondition(
      condition: unmet, since: times.since, heldBackUntil: times.heldBackUntil)
  }
}

/// A condition that is not met.
package struct UnmetCondition: Sendable {
  /// The condition.
  package let condition: Ruleset.Condition
  /// Since when; `nil` where it never was.
  package let since: Instant?
  /// When it will be met, where it holds and is held back because it flaps.
  package let heldBackUntil: Instant?
}
