import NDPWire
import ProxyModel

// Which targets have to be forgotten so that others can be known.

extension Engine {
  /// Makes room for one more target, and says whether there is.
  ///
  /// Strangers go first. Of targets that were confirmed one goes of the neighbor that has most of
  /// them, for a single one may be any number of targets. Whatever the kernel has a route to goes
  /// only when it does not answer any more.
  mutating func makeRoom(now: Instant, into actions: inout [Action]) -> Bool {
    while stayingCount >= limits.sessions {
      guard giveUpOne(chances: Limits.evictionChances, now: now, into: &actions) else {
        return false
      }
    }
    return true
  }

  /// How many sessions there are that are not about to go.
  private var stayingCount: Int { sessions.count - leaving.count }

  private mutating func giveUpOne(
    chances: Int, now: Instant, into actions: inout [Action]
  ) -> Bool {
    guard let position = sessions.leastWorthy else { return true }
    if sessions[position].confirmed == nil { return evict(position, into: &actions) }
    let sample = sessions.sample(Limits.evictionSample) { random.next(below: $0) }
      .filter { sessions[$0].confirmed != nil }
    if let crowded = crowdedPosition(in: sample) ?? routedCrowd(in: sample) {
      return evictUnlessAsked(crowded, chances: chances, into: &actions)
    }
    let candidates = sample + [position]
    let free = candidates.filter { sessions[$0].hostRoute == nil }
    if let oldest = free.min(by: { sessions[$0].lastUse < sessions[$1].lastUse }) {
      return evictUnlessAsked(oldest, chances: chances, into: &actions)
    }
    if let oldest = candidates.min(by: { sessions[$0].lastUse < sessions[$1].lastUse }) {
      if sessions[oldest].state == .stale { return evict(oldest, into: &actions) }
      if sessions[oldest].state == .reachable, sessions[oldest].neighbor != nil {
        startProbing(oldest, now: now, into: &actions)
      }
    }
    return false
  }

  /// Forgets targets until there are no more than so many.
  mutating func shrink(to count: Int, into actions: inout [Action]) {
    while sessions.count > count, let position = sessions.leastWorthy {
      _ = evict(position, into: &actions)
    }
  }

  /// Forgets a target or, where it is answered for elsewhere, finds out first whether somebody has
  /// asked for it.
  ///
  /// The new one does not wait for that: meanwhile there are up to `Limits.leavingSessions` more
  /// sessions than `limits.sessions`.
  private mutating func evictUnlessAsked(
    _ position: Int, chances: Int, into actions: inout [Action]
  ) -> Bool {
    guard sessions[position].isPublished, chances > 0,
      sessions.count < limits.sessions + Limits.leavingSessions
    else { return evict(position, into: &actions) }
    leaving[sessions[position].key] = chances - 1
    withdraw(position, into: &actions)
    return true
  }

  /// Decides about a target that is to make room, now that it is known how it was used.
  ///
  /// If somebody has asked for it, another one is looked for, and it stays. As all may be asked
  /// for all the time, this ends after `chances` more.
  mutating func settleEviction(
    of key: SessionKey, wasAsked: Bool, chances: Int, now: Instant, into actions: inout [Action]
  ) {
    let isSpared = wasAsked || stayingCount <= limits.sessions
    if isSpared, let position = sessions.position(of: key) { publish(position, into: &actions) }
    while stayingCount > limits.sessions {
      if wasAsked, giveUpOne(chances: chances, now: now, into: &actions) { continue }
      guard let position = sessions.position(of: key) else { return }
      _ = evict(position, into: &actions)
    }
  }

  private mutating func evict(_ position: Int, into actions: inout [Action]) -> Bool {
    forget(position, into: &actions)
    counters.evictSession()
    return true
  }

  /// Of some sessions, one of the neighbor to which most host routes lead; `nil` unless these are a
  /// hundred and twenty-eighth of all sessions.
  private func routedCrowd(in sample: [Int]) -> Int? {
    var crowd: (position: Int, count: Int)?
    for position in sample {
      guard let installed = sessions[position].hostRoute else { continue }
      let count = hostRoutes.count(of: installed)
      if count > crowd?.count ?? 0 { crowd = (position, count) }
    }
    guard let crowd, crowd.count > max(Limits.evictionCrowd, limits.sessions / 128) else {
      return nil
    }
    return crowd.position
  }

  /// Of some sessions, the oldest of the neighbor that has most of them; `nil` unless it has a
  /// quarter.
  private func crowdedPosition(in sample: [Int]) -> Int? {
    var members: [MACAddress: [Int]] = [:]
    for position in sample {
      guard let neighbor = sessions[position].neighbor else { continue }
      members[neighbor.linkLayerAddress, default: []].append(position)
    }
    // Of two that have as many, always the same.
    let crowd = members.max {
      ($0.value.count, $0.key.bits) < ($1.value.count, $1.key.bits)
    }?.value
    guard let crowd, crowd.count * 4 >= sample.count else { return nil }
    return crowd.min { sessions[$0].lastUse < sessions[$1].lastUse }
  }
}
