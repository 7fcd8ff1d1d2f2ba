import NDPWire

// What a received advertisement leads to: the confirmation of a target.

extension Engine {
  mutating func receive(
    _ frame: EthernetFrame<NeighborAdvertisement>, on index: InterfaceIndex, now: Instant,
    into actions: inout [Action]
  ) {
    guard let place = interfaces.position(of: index) else {
      return counters.discard(.advertisementNotAwaited)
    }
    if let reason = refusal(of: frame, at: place) {
      if reason == .advertisementNotSolicited {
        notice(
          frame.message.target, speakingOn: index, from: frame.source, now: now, into: &actions)
      }
      return counters.discard(reason)
    }
    var isAwaited = false
    var conflicts = false
    var lacksAddress = false
    for proxy in rules.proxies.indices {
      let key = SessionKey(proxy: proxy, target: frame.message.target)
      guard let position = sessions.position(of: key) else { continue }
      switch verdict(on: frame, receivedOn: index, for: position, now: now) {
      case .confirms(let linkLayerAddress):
        isAwaited = true
        let neighbor = Session.Neighbor(
          source: frame.message.source, linkLayerAddress: linkLayerAddress, interface: index)
        take(
          neighbor, isOverride: frame.message.isOverride, for: position, now: now, into: &actions)
      case .contradicts: conflicts = true
      case .lacksLinkLayerAddress: lacksAddress = true
      case .isNotAwaited: continue
      }
    }
    if isAwaited { return }
    if lacksAddress { return counters.discard(.advertisementLinkLayerAddress) }
    guard conflicts, let claimant = frame.message.targetLinkLayerAddress else {
      return counters.discard(.advertisementNotAwaited)
    }
    counters.discard(.conflictingOwner)
    actions.append(.reportConflict(frame.message.target, claimedBy: claimant, on: index))
  }

  /// Confirms a target by its advertisement.
  ///
  /// Where the Override flag is clear a proxy speaks (RFC 4861 §7.2.8), or the target itself to
  /// somebody who knows its link-layer address already.
  private mutating func take(
    _ neighbor: Session.Neighbor, isOverride: Bool, for position: Int, now: Instant,
    into actions: inout [Action]
  ) {
    let session = sessions[position]
    let isTargetItself =
      session.confirmed != nil && !session.isSecondHand
      && session.neighbor?.isAt(neighbor.linkLayerAddress, on: neighbor.interface) == true
    sessions[position].isSecondHand = !isOverride && !isTargetItself
    confirm(position, by: .neighbor(neighbor), now: now, into: &actions)
  }

  /// Why an advertisement confirms nothing whoever waits for it; `nil` if it may.
  ///
  /// Unsolicited ones "MUST NOT be treated as a reachability confirmation" (RFC 4861 §7.3.1). One
  /// that the kernel of this host solicited confirms as well as one that we did.
  private func refusal(
    of frame: EthernetFrame<NeighborAdvertisement>, at place: Int
  ) -> DiscardReason? {
    let message = frame.message
    if interfaces.isOwn(frame.source, message.source, receivedAt: place) { return .ownFrame }
    if message.targetLinkLayerAddress == interfaces.interfaces[place].linkLayerAddress,
      message.targetLinkLayerAddress != nil
    {
      return .advertisementLinkLayerAddress
    }
    let destination = message.destination
    let isToUs =
      interfaces.interfaces[place].has(destination)
      || !destination.isLinkLocal && interfaces.hasUsable(destination)
    return message.isSolicited && isToUs ? nil : .advertisementNotSolicited
  }
}

// MARK: - What it says

extension Engine {
  /// What a solicited advertisement means for a session.
  private enum Verdict {
    /// The target is at this link-layer address.
    case confirms(MACAddress)
    /// Somebody else claims the target than who confirmed it.
    case contradicts
    /// It does not say where the target is.
    case lacksLinkLayerAddress
    case isNotAwaited
  }

  private func verdict(
    on frame: EthernetFrame<NeighborAdvertisement>, receivedOn index: InterfaceIndex,
    for position: Int, now: Instant
  ) -> Verdict {
    let session = sessions[position]
    let claimed = frame.message.targetLinkLayerAddress
    switch session.state {
    case .reachable, .probing, .stale:
      guard let neighbor = session.neighbor, neighbor.interface == index else {
        return .isNotAwaited
      }
      if isFrom(neighbor, frame) { return .confirms(neighbor.linkLayerAddress) }
      guard let claimed, claimed != neighbor.linkLayerAddress, session.state != .stale else {
        return .isNotAwaited
      }
      return isOwnerAfterProxy(session, frame.message, now: now) ? .confirms(claimed) : .contradicts
    case .incomplete, .failed:
      // A late answer is an answer; one that came before the question is none.
      let wasPut = session.sent > 0 || twinHasAsked(position, on: index, now: now)
      guard wasPut, isAsked(position, on: index) else { return .isNotAwaited }
      if let claimed { return .confirms(claimed) }
      guard let neighbor = session.neighbor, neighbor.interface == index, isFrom(neighbor, frame)
      else { return .lacksLinkLayerAddress }
      return .confirms(neighbor.linkLayerAddress)
    }
  }

  /// Whether an advertisement comes from the station that confirmed the target, and is about it.
  ///
  /// It may leave out a link-layer address that it was asked by, and must not set the Override flag
  /// then: so Linux and BSD answer a unicast solicitation (RFC 4861 §4.4, §7.2.4).
  private func isFrom(
    _ neighbor: Session.Neighbor, _ frame: EthernetFrame<NeighborAdvertisement>
  ) -> Bool {
    let claimed = frame.message.targetLinkLayerAddress
    return frame.source == neighbor.linkLayerAddress
      && (claimed == nil || claimed == neighbor.linkLayerAddress)
  }

  /// Whether the target itself answers a solicitation that a proxy has answered just before.
  private func isOwnerAfterProxy(
    _ session: Session, _ message: NeighborAdvertisement, now: Instant
  ) -> Bool {
    guard session.isSecondHand, message.isOverride, let last = session.lastSolicited else {
      return false
    }
    return now < last.at + rules.proxies[session.key.proxy].timers.retransmission
  }

  /// Whether a session asks, or has asked, on an interface.
  func isAsked(_ position: Int, on index: InterfaceIndex) -> Bool {
    includes(sessions[position].interfaces, index, forSession: position)
  }

  /// Whether an interface is among those on which a session was asked for.
  func includes(_ asked: AskedInterfaces, _ index: InterfaceIndex, forSession position: Int) -> Bool
  {
    switch asked {
    case .none: return false
    case .one(let one): return one == index
    case .all:
      // Nobody is asked where the question came from, whatever a pattern names.
      if rules.proxyInterfaces[sessions[position].key.proxy] == index { return false }
      if sessions[position].routeInterface == index { return true }
      return rule(ofSession: position).map { rules.names($0, index) } ?? false
    }
  }
}

// MARK: - Confirming

extension Engine {
  /// What says that a target is there.
  enum Proof {
    /// It spoke itself.
    case neighbor(Session.Neighbor)
    /// There is a route to it, by way of an interface or to this host: nobody spoke for it, and
    /// hosts that detect duplicates get no answer.
    case route(InterfaceIndex?)
  }

  /// Makes the target reachable and answers everyone who waits for it.
  mutating func confirm(
    _ position: Int, by proof: Proof, now: Instant, into actions: inout [Action]
  ) {
    let key = sessions[position].key
    let wasKnown = sessions[position].state != .incomplete && sessions[position].state != .failed
    sessions[position].state = .reachable
    sessions[position].awaitsNeighbor = false
    switch proof {
    case .neighbor(let neighbor):
      sessions[position].neighbor = neighbor
      sessions[position].interfaces = .one(neighbor.interface)
      sessions[position].confirmed = now
    case .route(let interface):
      removeHostRoute(position, into: &actions)
      sessions[position].neighbor = nil
      sessions[position].isSecondHand = false
      sessions[position].interfaces = interface.map { .one($0) } ?? .none
      sessions[position].confirmed = nil
    }
    updateHostRoute(position, into: &actions)
    if !wasKnown { offerNeighbor(position, into: &actions) }
    sessions[position].isWanted = false
    sessions[position].sent = 0
    sessions[position].deadline = endOfBelief(in: rules.proxies[key.proxy].timers, from: now)
    sessions.reschedule(position)
    answerEveryone(position, now: now, into: &actions)
  }

  /// When a target that was confirmed now is to be confirmed again: after `ttl` or a little
  /// earlier.
  ///
  /// What was confirmed at one time would else be asked for at one time, for ever.
  private mutating func endOfBelief(in timers: Ruleset.Timers, from now: Instant) -> Instant {
    let reachable = timers.reachable.wholeNanoseconds
    let spread = min(reachable / 8, timers.retransmission.wholeNanoseconds)
    return Instant(nanoseconds: now.nanoseconds + reachable - random.next(below: spread))
  }

  /// Answers everyone who waits for a target that is there.
  mutating func answerEveryone(_ position: Int, now: Instant, into actions: inout [Action]) {
    let key = sessions[position].key
    let askers = sessions[position].askers
    if askers.isEmpty { return }
    sessions[position].askers = []
    counters.rule = rules.position(of: key.proxy, covering: key.target)
    for asker in askers {
      let isTooLate = asker.deadline.map { now > $0 } ?? false
      if asker.detectsDuplicates, isTooLate || sessions[position].neighbor == nil {
        counters.discard(.duplicateAddressDetection)
        continue
      }
      counters.wait(now.nanoseconds - asker.since.nanoseconds)
      sessions[position].answers &+= 1
      advertise(key.target, to: asker, proxy: key.proxy, now: now, into: &actions)
    }
  }

  /// Lets the kernel know where the target is, where it is to know the way to it anyway.
  ///
  /// It has to send there at once, and would ask what we have just asked.
  private mutating func offerNeighbor(_ position: Int, into actions: inout [Action]) {
    guard let route = sessions[position].hostRoute, let neighbor = sessions[position].neighbor
    else {
      return
    }
    actions.append(
      .offerNeighbor(
        route.gateway ?? route.target, at: neighbor.linkLayerAddress, on: neighbor.interface))
  }
}

extension Session.Neighbor {
  /// Whether this is where it is.
  func isAt(_ linkLayerAddress: MACAddress, on interface: InterfaceIndex) -> Bool {
    self.linkLayerAddress == linkLayerAddress && self.interface == interface
  }
}
