import NDPWire
import ProxyModel

// What the kernel's neighbor cache has of a target: the kernel forwards to it, and so asks itself
// whether it is still there.

extension Engine {
  /// Looks whether the kernel knows that a target is there, before it is asked.
  mutating func lookUpNeighbor(_ position: Int, now: Instant, into actions: inout [Action]) {
    guard let neighbor = sessions[position].neighbor else {
      preconditionFailure("only a target with a neighbor is in the neighbor cache")
    }
    let proxy = sessions[position].key.proxy
    sessions[position].awaitsNeighbor = true
    sessions[position].deadline = now + rules.proxies[proxy].timers.timeout
    reschedule(position)
    consequences.isLookedUp = true
    actions.append(.lookUpNeighbor(sessions[position].key.target, on: neighbor.interface))
  }

  /// Takes up what the kernel has of a target, asked for or not.
  mutating func apply(
    _ entry: CachedNeighbor?, of target: IPv6Address, on index: InterfaceIndex, now: Instant,
    into actions: inout [Action]
  ) {
    var siblings = sessions.sessions(of: target)
    while let position = siblings.next(in: sessions) {
      guard sessions[position].awaitsNeighbor, sessions[position].neighbor?.interface == index
      else { continue }
      consequences.isAwaited = true
      if let own = rules.proxyInterfaces[sessions[position].key.proxy] { enter(own) }
      conclude(from: entry, position, now: now, into: &actions)
    }
    if consequences.isAwaited { return }
    if entry?.state == .failed { return doubt(target, on: index, now: now, into: &actions) }
    if let proxy = rules.proxy(on: index) {
      acquaintances.update(entry, of: target, on: index)
      if entry?.state == .reachable { leave(target, to: proxy, into: &actions) }
    }
    guard let entry, let station = entry.linkLayerAddress else { return }
    switch entry.state {
    case .reachable, .stale:
      notice(
        target, speakingOn: index, from: station, isConfirmed: entry.state == .reachable, now: now,
        into: &actions)
    case .failed, .probing, .incomplete: return
    }
  }

  /// Forgets a target that the kernel has found to be a neighbor of the proxy, unless its routes
  /// say otherwise.
  private mutating func leave(
    _ target: IPv6Address, to proxy: Int, into actions: inout [Action]
  ) {
    let key = SessionKey(proxy: proxy, target: target)
    guard let position = sessions.position(of: key), sessions[position].neighbor != nil,
      sessions[position].routeGeneration == nil
    else { return }
    discard(.targetUpstream)
    forget(position, into: &actions)
  }

  /// Believes the kernel where it knows better than we do, and asks the target otherwise.
  private mutating func conclude(
    from entry: CachedNeighbor?, _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    sessions[position].awaitsNeighbor = false
    // Only the owner itself defends its address.
    let isDefence = sessions[position].askers.contains(where: { $0.detectsDuplicates })
    if let entry, !isDefence, vouches(entry, for: position) {
      trust(entry, position, now: now, into: &actions)
    } else if sessions[position].state == .stale {
      let place = entry?.linkLayerAddress
      let hasMoved = place != nil && place != sessions[position].neighbor?.linkLayerAddress
      startAsking(position, hasMoved: hasMoved, now: now, into: &actions)
    } else {
      startProbing(position, now: now, into: &actions)
    }
  }

  /// Whether the kernel holds that the target is there, or is asking it right now.
  ///
  /// That it is asked says nothing of one that was not heard of for longer than `ttl`.
  private func vouches(_ entry: CachedNeighbor, for position: Int) -> Bool {
    let session = sessions[position]
    guard entry.linkLayerAddress == session.neighbor?.linkLayerAddress else { return false }
    switch entry.state {
    case .reachable:
      return entry.age <= max(timers(of: position).ttl * 2, Limits.kernelMemory)
    case .probing: return session.state != .stale
    case .stale, .failed, .incomplete: return false
    }
  }

  /// Goes by what the kernel has for a while, and looks again then.
  private mutating func trust(
    _ entry: CachedNeighbor, _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let age = entry.age.wholeNanoseconds
    if entry.state == .reachable, let confirmed = sessions[position].confirmed,
      age < now.nanoseconds
    {
      sessions[position].confirmed = max(
        confirmed, Instant(nanoseconds: now.nanoseconds - age))
    }
    sessions[position].state = .reachable
    // Nobody need look again unless somebody asks.
    sessions[position].isWanted = false
    sessions[position].sent = 0
    sessions[position].deadline =
      now + min(timers(of: position).ttl, Limits.kernelTrust)
    reschedule(position)
    updateHostRoute(position, isConfirmed: true, into: &actions)
    publish(position, into: &actions)
    answerEveryone(position, now: now, into: &actions)
  }

  /// Asks a target that did not answer the kernel.
  private mutating func doubt(
    _ target: IPv6Address, on index: InterfaceIndex, now: Instant, into actions: inout [Action]
  ) {
    var siblings = sessions.sessions(of: target)
    while let position = siblings.next(in: sessions) {
      guard sessions[position].state == .reachable, sessions[position].neighbor?.interface == index
      else { continue }
      startProbing(position, now: now, into: &actions)
    }
  }
}
