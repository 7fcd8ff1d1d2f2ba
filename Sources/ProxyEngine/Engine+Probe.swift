import NDPWire

// Asking for targets, and what happens when time passes (RFC 4861 §7.2.2, §7.3.3).

extension Engine {
  /// Does whatever is due by `now`; harmless if nothing is.
  package mutating func handleTimeout(now: Instant, into actions: inout [Action]) {
    while let position = sessions.popDue(now: now) {
      switch sessions[position].state {
      case .incomplete: retransmitOrFail(position, now: now, into: &actions)
      case .reachable: renewOrForget(position, now: now, into: &actions)
      case .probing: probeOrStartOver(position, now: now, into: &actions)
      case .stale, .failed: forget(position, into: &actions)
      }
    }
  }

  private mutating func retransmitOrFail(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let timers = timers(of: position)
    if sessions[position].awaitsRoute || sessions[position].sent >= timers.solicitations {
      fail(position, now: now, into: &actions)
    } else {
      solicitByMulticast(position, now: now, into: &actions)
    }
  }

  /// Gives up on a target for `deadtime`.
  mutating func fail(_ position: Int, now: Instant, into actions: inout [Action]) {
    removeHostRoute(position, into: &actions)
    failures.add(sessions[position].key, now: now)
    sessions[position].state = .failed
    sessions[position].askers = []
    sessions[position].confirmed = nil
    sessions[position].awaitsRoute = false
    sessions[position].deadline = now + timers(of: position).failed
    sessions.reschedule(position)
  }

  private mutating func renewOrForget(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let session = sessions[position]
    guard session.neighbor != nil else { return forget(position, into: &actions) }
    if timers(of: position).keepsAlive, session.isWanted, !session.isSecondHand {
      startProbing(position, now: now, into: &actions)
    } else {
      sessions[position].state = .stale
      sessions[position].neighbor = nil
      sessions[position].deadline = now + Limits.staleLifetime
      sessions.reschedule(position)
    }
  }

  /// Asks a confirmed target again, no sooner than RetransTimer after it was last asked.
  mutating func startProbing(_ position: Int, now: Instant, into actions: inout [Action]) {
    sessions[position].state = .probing
    sessions[position].sent = 0
    if waits(position, now: now) { return }
    solicitByUnicast(position, now: now, into: &actions)
  }

  /// Asks for the target anew on these interfaces, no sooner than RetransTimer after it was asked.
  ///
  /// Gives up where there are none. Of `paid` questions it is known that they may be sent.
  mutating func startAsking(
    _ position: Int, on asked: [InterfaceIndex], paid: Int = 0, now: Instant,
    into actions: inout [Action]
  ) {
    sessions[position].state = .incomplete
    sessions[position].sent = 0
    sessions[position].neighbor = nil
    sessions[position].interfaces = InterfaceList(asked)
    if asked.isEmpty { return fail(position, now: now, into: &actions) }
    let wasAskedHere = sessions[position].lastSolicited?.on.contains(where: asked.contains) == true
    if wasAskedHere, waits(position, now: now) { return }
    solicitByMulticast(position, paid: paid, now: now, into: &actions)
  }

  /// When the target may be asked again: RetransTimer after it was last asked.
  func earliestSolicitation(_ position: Int, now: Instant) -> Instant {
    guard let last = sessions[position].lastSolicited else { return now }
    return max(last.at + timers(of: position).retransmission, now)
  }

  /// Puts the next solicitation off if it would be too early, and says whether it did.
  private mutating func waits(_ position: Int, now: Instant) -> Bool {
    let earliest = earliestSolicitation(position, now: now)
    guard earliest > now else { return false }
    wait(position, until: earliest)
    return true
  }

  /// The interfaces on which a target that was there before may be now.
  func interfacesToAskAgain(_ position: Int) -> [InterfaceIndex] {
    let session = sessions[position]
    guard let rule = rules.rule(of: session.key.proxy, covering: session.key.target) else {
      return Array(session.interfaces)
    }
    let named = interfacesToAsk(rule, proxy: session.key.proxy)
    guard rule.isAuto else { return named }
    // The route that was asked named it, and has not changed.
    let routed = [session.routeInterface].compactMap(\.self).filter {
      canAsk(on: $0, proxy: session.key.proxy)
    }
    return routed + named.filter { !routed.contains($0) }
  }

  private mutating func probeOrStartOver(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    if sessions[position].sent < timers(of: position).solicitations {
      return solicitByUnicast(position, now: now, into: &actions)
    }
    // Perhaps the target has moved by now: ask everywhere, answer nobody.
    startAsking(position, on: interfacesToAskAgain(position), now: now, into: &actions)
  }

  private func timers(of position: Int) -> Ruleset.Timers {
    rules.proxies[sessions[position].key.proxy].timers
  }
}

// MARK: - Solicitations

extension Engine {
  /// Asks for the target on all its interfaces, and waits RetransTimer for an answer.
  ///
  /// Where too many strangers are asked for, their questions are left out as if they were lost; of
  /// `paid` of them it is known that they may be sent.
  mutating func solicitByMulticast(
    _ position: Int, paid: Int = 0, now: Instant, into actions: inout [Action]
  ) {
    let asked = sessions[position].interfaces
    let earliest = asked.map { earliestBesideTwins(position, on: $0) }
    if let first = earliest.min(), first > now { return wait(position, until: first) }
    let group = sessions[position].key.target.solicitedNodeMulticast
    for (place, index) in asked.enumerated() where earliest[place] <= now {
      guard place < paid || maySolicit(position, now: now) else { continue }
      solicit(
        position, on: index, destination: group, at: MACAddress(multicast: group), into: &actions)
    }
    awaitAnswer(position, on: sessions[position].interfaces, now: now)
  }

  /// When the target may be asked for here: RetransTimer after another proxy of ours asked.
  ///
  /// The answer to that is an answer for both. Looks at the proxies, which are few.
  private func earliestBesideTwins(_ position: Int, on index: InterfaceIndex) -> Instant {
    var earliest = Instant(nanoseconds: 0)
    for twin in twins(of: sessions[position].key) {
      guard let last = sessions[twin].lastSolicited, last.on.contains(index) else { continue }
      earliest = max(earliest, last.at + timers(of: position).retransmission)
    }
    return earliest
  }

  /// Puts the next solicitation off.
  private mutating func wait(_ position: Int, until instant: Instant) {
    sessions[position].deadline = instant
    sessions.reschedule(position)
  }

  /// The sessions that other proxies have for the same target.
  func twins(of key: SessionKey) -> [Int] {
    guard rules.proxies.count > 1 else { return [] }
    return rules.proxies.indices.compactMap { proxy in
      proxy == key.proxy
        ? nil : sessions.position(of: SessionKey(proxy: proxy, target: key.target))
    }
  }

  /// Whether one more question may be asked; those for targets that were confirmed always may.
  ///
  /// Whoever waits for the answer and has a token pays for it.
  private mutating func maySolicit(_ position: Int, now: Instant) -> Bool {
    if sessions[position].confirmed != nil {
      solicitationTokens.takeIfAny(now: now)
      return true
    }
    for asker in sessions[position].askers
    where solicitationTokens.take(for: asker.station, now: now) {
      return true
    }
    // Nobody waits for one that was asked for because it was heard.
    let isOrphan = sessions[position].askers.isEmpty
    if isOrphan, solicitationTokens.take(for: MACAddress(bits: 0), now: now) { return true }
    counters.discard(.solicitationLimit)
    return false
  }

  /// Asks the neighbour that confirmed the target, and waits RetransTimer for an answer.
  private mutating func solicitByUnicast(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    guard let neighbor = sessions[position].neighbor else {
      preconditionFailure("only a target with a neighbour is probed")
    }
    let earliest = earliestBesideTwins(position, on: neighbor.interface)
    if earliest > now { return wait(position, until: earliest) }
    solicit(
      position, on: neighbor.interface, destination: sessions[position].key.target,
      at: neighbor.linkLayerAddress, into: &actions)
    awaitAnswer(position, on: .one(neighbor.interface), now: now)
  }

  private mutating func awaitAnswer(_ position: Int, on asked: InterfaceList, now: Instant) {
    sessions[position].sent += 1
    sessions[position].lastSolicited = (now, asked)
    sessions[position].deadline = now + timers(of: position).retransmission
    sessions.reschedule(position)
  }

  private mutating func solicit(
    _ position: Int, on index: InterfaceIndex, destination: IPv6Address,
    at linkLayerAddress: MACAddress, into actions: inout [Action]
  ) {
    guard let interface = interfaces[index], let own = interface.linkLayerAddress,
      let source = interface.solicitationSource
    else { return lackSource(on: index, into: &actions) }
    let solicitation = NeighborSolicitation(
      source: source, destination: destination, target: sessions[position].key.target,
      sourceLinkLayerAddress: own)
    actions.append(
      .solicit(
        EthernetFrame(source: own, destination: linkLayerAddress, message: solicitation),
        on: index))
    admit(index)
    counters.solicit(on: index)
  }
}

extension Interface {
  /// The source of our solicitations: link-local, so that it is on-link for every target.
  var solicitationSource: IPv6Address? {
    addresses.sourceAddress(towards: IPv6Prefix.linkLocal.address)
  }
}

extension IPv6Prefix {
  /// `fe80::/10` (RFC 4291 §2.5.6).
  fileprivate static let linkLocal = IPv6Prefix(IPv6Address(bits: 0xfe80 << 112), length: 10)
}
