package import NDPWire
package import ProxyModel

// Known targets are answered for elsewhere as well: by a program in the kernel, which wakes nobody.

/// How often a target was answered for without the engine.
package struct AnswerUsage: Equatable, Sendable {
  /// When somebody last asked.
  package let asked: Instant
  /// How often somebody was answered.
  package let count: UInt64

  package init(asked: Instant, count: UInt64) { (self.asked, self.count) = (asked, count) }
}

extension Engine {
  /// Has known targets answered for elsewhere from now on, or no longer.
  ///
  /// Costs the number of sessions.
  package mutating func setPublishing(_ isOn: Bool, into actions: inout [Action]) {
    answers.areTargetsPublished = isOn
    for position in sessions.takenPositions {
      if isOn { publish(position, into: &actions) } else { withdraw(position, into: &actions) }
    }
  }

  /// Has a target answered for elsewhere until it is to be confirmed again, if it is believed to be
  /// there, and no longer otherwise.
  mutating func publish(_ position: Int, into actions: inout [Action]) {
    guard answers.areTargetsPublished else { return }
    // What was counted so far is not lost.
    withdraw(position, into: &actions)
    let key = sessions[position].key
    guard sessions[position].state == .reachable, !sessions[position].awaitsUsage,
      sessions[position].isBelieved(routesAt: routeGeneration),
      let index = rules.proxyInterfaces[key.proxy], !rules.asksWhereItAnswers(key.proxy),
      mayPublish(ofProxy: key.proxy)
    else { return }
    sessions[position].isPublished = true
    actions.append(
      .publish(
        key.target, on: index, until: sessions[position].deadline,
        routesAt: sessions[position].routeGeneration))
  }

  /// Whether the questions of a proxy may be answered elsewhere: not where it has to be remembered
  /// who asks.
  func mayPublish(ofProxy proxy: Int) -> Bool { !rules.remembersSolicitors(of: proxy) }

  /// Whether an answer may be given elsewhere.
  package func mayPublish(_ answer: PlainAnswer) -> Bool { mayPublish(ofProxy: answer.proxy) }

  /// Has a target answered for elsewhere no longer.
  mutating func withdraw(_ position: Int, into actions: inout [Action]) {
    guard sessions[position].isPublished else { return }
    sessions[position].isPublished = false
    let key = sessions[position].key
    guard let index = rules.proxyInterfaces[key.proxy] else { return }
    actions.append(.withdraw(key.target, on: index))
  }

  /// Has it told how often targets were answered for elsewhere: those that `sessionSummaries` has
  /// for the same numbers.
  package mutating func refreshUsage(from start: Int, limit: Int, into actions: inout [Action]) {
    for position in sessions.takenPositions(from: start, limit: limit).positions
    where sessions[position].isPublished {
      publish(position, into: &actions)
    }
  }

  /// The same for one target, on all proxies.
  package mutating func refreshUsage(of target: IPv6Address, into actions: inout [Action]) {
    var siblings = sessions.sessions(of: target)
    while let position = siblings.next(in: sessions) {
      if sessions[position].isPublished { publish(position, into: &actions) }
    }
  }

  /// Finds out whether somebody has asked for a target whose `ttl` is over, before it is decided
  /// whether to confirm it again.
  mutating func recall(_ position: Int, now: Instant, into actions: inout [Action]) {
    withdraw(position, into: &actions)
    sessions[position].awaitsUsage = true
    sessions[position].deadline = now + timers(of: position).timeout
    reschedule(position)
  }

  /// Takes up how often a target was answered for elsewhere.
  mutating func apply(
    _ usage: AnswerUsage?, of target: IPv6Address, on index: InterfaceIndex, now: Instant,
    into actions: inout [Action]
  ) {
    guard let proxy = rules.proxy(on: index) else { return }
    let key = SessionKey(proxy: proxy, target: target)
    let chances = leaving.removeValue(forKey: key)
    guard let position = sessions.position(of: key) else { return }
    enter(index)
    let wasAsked = usage.map { $0.asked > sessions[position].asked } ?? false
    if let usage {
      sessions[position].answers &+= UInt32(truncatingIfNeeded: usage.count)
      if wasAsked {
        sessions[position].asked = usage.asked
        sessions[position].isWanted = true
        sessions[position].isDoubted = false
        sessions.touch(position)
      }
    }
    if let chances {
      return settleEviction(
        of: key, wasAsked: wasAsked, chances: chances, now: now, into: &actions)
    }
    if sessions[position].awaitsUsage, sessions[position].state == .reachable {
      renewOrForget(position, now: now, into: &actions)
    }
  }

  /// Takes up how often the targets of a rule were answered for elsewhere.
  package mutating func countAnswers(
    _ count: UInt64, on index: InterfaceIndex, rule position: Int
  ) {
    admit(index)
    counters.answerElsewhere(count, on: index, rule: position)
  }
}
