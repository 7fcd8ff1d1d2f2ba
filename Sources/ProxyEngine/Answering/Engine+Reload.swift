import NDPWire
import PrefixTrie
package import ProxyModel

// Another ruleset takes the place of the one in force, at once.

extension Engine {
  /// Goes by another ruleset from now on, and keeps what is known of targets whose rules stay.
  ///
  /// A target stays if its proxy has the same interface, and the rule for it the same method; also
  /// where the rule names other interfaces, if one of them is that on which the target was found.
  /// Others are forgotten. Times that are shorter from now on are not exceeded. Who solicited a
  /// target is remembered as long as some rule is about it, disabled or not. What comes into force
  /// is announced as at a take-over.
  /// The R flag of a proxy stays as it was first: hosts that see it change may lose their default
  /// route (RFC 4861 §7.2.5, Linux). Returns the names of the proxies whose flag would have
  /// changed. Costs the number of rules and sessions.
  package mutating func replace(
    _ ruleset: Ruleset, limits newLimits: Limits, now: Instant, into actions: inout [Action]
  ) -> [String] {
    var newRules = RuleTable(ruleset)
    let contradicted = newRules.fixRouterFlags(routerFlags)
    for (name, isRouter) in newRules.routerFlags where routerFlags[name] == nil {
      routerFlags[name] = isRouter
    }
    newRules.resolve(in: interfaces)
    let oldRules = rules
    let oldPositions = oldRules.positionsByName
    let newKey = oldRules.keys(in: newRules)
    for position in sessions.takenPositions where !isKept(position, by: newKey, in: newRules) {
      forget(position, into: &actions)
    }
    sessions.rename(newKey)
    // What is heard of their use later has the former keys.
    leaving = [:]
    let rememberedKey = oldRules.rememberedKeys(in: newRules)
    solicited.rename(rememberedKey)
    announcements.queue.rename(rememberedKey)
    let periods = announcements.nextPeriod
    let postponed = Set(announcements.postponed.map { oldRules.proxies[$0].interface })
    (announcements.postponed, announcements.nextPeriod) = ([], [:])
    for proxy in newRules.proxies.indices
    where newRules.announces(proxy) && postponed.contains(newRules.proxies[proxy].interface) {
      announcements.postponed.insert(proxy)
    }
    for proxy in newRules.proxies.indices where newRules.announcementPeriod(of: proxy) != nil {
      // One that is new is announced at once.
      let old = oldPositions[newRules.proxies[proxy].interface].flatMap { periods[$0] }
      announcements.nextPeriod[proxy] = old ?? Instant(nanoseconds: 0)
    }
    let table = conditions
    _ = newRules.entitle { table.isMet($0) }
    conditions.keep(Set(ruleset.conditions))
    failures.removeAll()
    counters.setRules(
      newRules.rules.indices.map { position in
        let name = newRules.proxies[newRules.proxy(ofRule: position)].interface
        let prefix = newRules.rules[position].prefix
        let old = oldPositions[name].flatMap { oldRules.tries[$0][prefix] }
        return old.map { counters.rules[$0] } ?? RuleCount()
      })
    rules = newRules
    for position in sessions.takenPositions {
      shorten(position, now: now)
      updateHostRoute(position, into: &actions)
    }
    apply(newLimits)
    shrink(to: limits.sessions, into: &actions)
    announceChange(since: oldRules, now: now)
    return contradicted
  }

  /// Announces the targets of rules that are in force now and were not before.
  private mutating func announceChange(since oldRules: RuleTable, now: Instant) {
    let (before, after) = (oldRules.entitledPrefixes, rules.entitledPrefixes)
    guard before != after else { return }
    conditions.changeCount += 1
    otherGateways.noteEntitlement(now: now)
    for proxy in rules.proxies.indices where rules.announces(proxy) {
      let old = before[rules.proxies[proxy].interface] ?? []
      let gained = rules.positions(ofProxy: proxy).filter { position in
        let rule = rules.rules[position]
        return rule.isEntitled && !rule.isExclusion && !old.contains(rule.prefix)
      }
      if !gained.isEmpty { announceTargets(ofProxy: proxy, onlyRules: Set(gained), now: now) }
    }
  }

  /// What `replace` would do: how many targets it would forget, and the proxies that it would name.
  ///
  /// Costs as much.
  package func preview(
    _ ruleset: Ruleset, limits newLimits: Limits
  ) -> (forgottenCount: Int, contradicted: [String]) {
    var newRules = RuleTable(ruleset)
    let contradicted = newRules.fixRouterFlags(routerFlags)
    newRules.resolve(in: interfaces)
    let newKey = rules.keys(in: newRules)
    let kept = sessions.takenPositions.count { isKept($0, by: newKey, in: newRules) }
    return (sessionCount - min(kept, newLimits.sessions), contradicted)
  }

  /// Whether a target is answered for under another table by what is known of it.
  private func isKept(
    _ position: Int, by newKey: (SessionKey) -> SessionKey?, in other: RuleTable
  ) -> Bool {
    let session = sessions[position]
    guard let key = newKey(session.key), let rule = rule(ofSession: position),
      let otherRule = other.rule(of: key.proxy, covering: key.target),
      rule.isExclusion == otherRule.isExclusion, rule.isStatic == otherRule.isStatic,
      rule.isAuto == otherRule.isAuto
    else { return false }
    if rules.patterns(of: rule) == other.patterns(of: otherRule) { return true }
    guard let neighbor = session.neighbor, session.state != .incomplete, session.state != .failed
    else { return false }
    return other.names(otherRule, neighbor.interface)
      || session.routeInterface == neighbor.interface
  }

  /// Has the state of a session end no later than its timers say from now on.
  private mutating func shorten(_ position: Int, now: Instant) {
    let timers = timers(of: position)
    let limit: Duration
    switch sessions[position].state {
    case .reachable: limit = timers.ttl
    case .failed: limit = timers.deadtime
    case .incomplete, .probing, .stale: return
    }
    guard sessions[position].deadline > now + limit else { return }
    sessions[position].deadline = now + limit
    reschedule(position)
  }

  private mutating func apply(_ newLimits: Limits) {
    announcements.queue.change(toRate: newLimits.announcementsPerSecond)
    budgets.change(from: limits, to: newLimits)
    limits = newLimits
  }
}

extension RuleTable {
  /// The positions of the proxies by the names of their interfaces.
  fileprivate var positionsByName: [String: Int] {
    Dictionary(firstOf: proxies.indices.map { (proxies[$0].interface, $0) })
  }

  /// What becomes of the key of a session where another table takes the place of this one: `nil`
  /// where its proxy is not there any more.
  fileprivate func keys(in other: RuleTable) -> (SessionKey) -> SessionKey? {
    let positions = other.positionsByName
    return { key in
      positions[proxies[key.proxy].interface].map { SessionKey(proxy: $0, target: key.target) }
    }
  }

  /// What becomes of the key of a target that was solicited: `nil` where no rule of the other table
  /// is about it.
  fileprivate func rememberedKeys(in other: RuleTable) -> (SessionKey) -> SessionKey? {
    let positions = other.positionsByName
    return { key in
      guard let proxy = positions[proxies[key.proxy].interface] else { return nil }
      let isCovered =
        other.rule(of: proxy, covering: key.target).map { !$0.isExclusion } ?? false
        || other.proxies[proxy].disabledRules.contains { $0.prefix.contains(key.target) }
      return isCovered ? SessionKey(proxy: proxy, target: key.target) : nil
    }
  }

  /// The prefixes of the rules in force, by the names of the proxies that have any.
  fileprivate var entitledPrefixes: [String: Set<IPv6Prefix>] {
    var prefixes: [String: Set<IPv6Prefix>] = [:]
    for proxy in proxies.indices {
      for rule in rules[positions(ofProxy: proxy)] where rule.isEntitled && !rule.isExclusion {
        prefixes[proxies[proxy].interface, default: []].insert(rule.prefix)
      }
    }
    return prefixes
  }
}
