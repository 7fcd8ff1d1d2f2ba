import NDPWire
import ProxyModel

// What a received advertisement leads to: the confirmation of a target.

extension Engine {
  mutating func receive(
    _ frame: EthernetFrame<NeighborAdvertisement>, on index: InterfaceIndex, now: Instant,
    into actions: inout [Action]
  ) {
    guard let place = interfaces.position(of: index) else {
      return discard(.advertisementNotAwaited)
    }
    if let reason = refusal(of: frame, at: place) {
      if reason == .advertisementNotSolicited {
        notice(
          frame.message.target, speakingOn: index, from: frame.source, now: now, into: &actions)
      }
      let isOfOther =
        reason != .ownFrame && isOfOtherGateway(frame, on: index, at: place, now: now, &actions)
      return discard(isOfOther ? .otherGateway : reason)
    }
    var isAwaited = false
    var conflicts = false
    var lacksAddress = false
    var siblings = sessions.sessions(of: frame.message.target)
    while let position = siblings.next(in: sessions) {
      switch verdict(on: frame, receivedOn: index, for: position, now: now) {
      case .confirms(let linkLayerAddress):
        isAwaited = true
        // Only the host itself is a gateway: where another station speaks for it, there is none.
        let isSpeaker = linkLayerAddress == frame.source
        let neighbor = Session.Neighbor(
          source: isSpeaker ? frame.message.source : frame.message.target,
          linkLayerAddress: linkLayerAddress, interface: index)
        take(
          neighbor, isOverride: frame.message.isOverride, for: position, now: now, into: &actions)
      case .contradicts:
        conflicts = true
        dispute(position, by: frame, on: index, now: now, into: &actions)
      case .isUpstream:
        isAwaited = true
        discard(.targetUpstream)
        sessions[position].isUpstream = true
        fail(position, isSilence: false, now: now, into: &actions)
      case .isHearsay: isAwaited = true
      case .lacksLinkLayerAddress: lacksAddress = true
      case .isNotAwaited: continue
      }
    }
    if isAwaited { return }
    if lacksAddress { return discard(.advertisementLinkLayerAddress) }
    guard conflicts, let claimant = frame.message.targetLinkLayerAddress else {
      return discard(.advertisementNotAwaited)
    }
    discard(.conflictingOwner)
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
    if session.state == .incomplete, session.isClaimed {
      guard isOverride else { return }
      return compare(neighbor, withClaimOn: position, into: &actions)
    }
    sessions[position].isSecondHand = !isOverride && !isTargetItself
    if session.state == .incomplete, let end = endOfObjections(position, to: neighbor), now < end {
      return hold(neighbor, position, until: end)
    }
    confirm(position, by: .neighbor(neighbor), now: now, into: &actions)
  }

  /// Until when others than the first that claims a target are heard; `nil` where it is believed at
  /// once.
  private func endOfObjections(_ position: Int, to claim: Session.Neighbor) -> Instant? {
    let session = sessions[position]
    guard let asked = session.lastSolicited?.at, !session.isAskedByUnicast else { return nil }
    if session.isContested { return asked + Limits.upstreamPatience }
    let isRouted = session.routeInterface == claim.interface
    guard rules.proxies[session.key.proxy].installsHostRoutes, !isRouted,
      let rule = rule(ofSession: position), rules.interfaceCount(of: rule) > 1
    else { return nil }
    return asked + Limits.claimPatience
  }

  /// Waits whether another station claims the target, too.
  private mutating func hold(
    _ neighbor: Session.Neighbor, _ position: Int, until instant: Instant
  ) {
    sessions[position].isClaimed = true
    sessions[position].neighbor = neighbor
    sessions[position].deadline = instant
    reschedule(position)
  }

  /// Takes up a second claim while the first has not been believed yet: the kernel's route decides,
  /// and where it does not, the kernel gets none of us.
  private mutating func compare(
    _ neighbor: Session.Neighbor, withClaimOn position: Int, into actions: inout [Action]
  ) {
    let session = sessions[position]
    guard let claim = session.neighbor,
      !claim.isAt(neighbor.linkLayerAddress, on: neighbor.interface)
    else { return }
    if session.routeInterface == neighbor.interface, claim.interface != neighbor.interface {
      sessions[position].neighbor = neighbor
      sessions[position].isSecondHand = false
      return
    }
    if session.isDisputed || session.routeInterface == claim.interface { return }
    sessions[position].isDisputed = true
    discard(.conflictingOwner)
    actions.append(
      .reportConflict(
        session.key.target, claimedBy: neighbor.linkLayerAddress, on: neighbor.interface))
  }

  /// Two stations have answered one question: the kernel's route decides, and where it does not,
  /// the kernel gets none of us.
  private mutating func dispute(
    _ position: Int, by frame: EthernetFrame<NeighborAdvertisement>, on index: InterfaceIndex,
    now: Instant, into actions: inout [Action]
  ) {
    let session = sessions[position]
    guard isNew(session, now: now), let claimed = frame.message.targetLinkLayerAddress else {
      return
    }
    if session.routeInterface == index, session.neighbor?.interface != index {
      let neighbor = Session.Neighbor(
        source: claimed == frame.source ? frame.message.source : session.key.target,
        linkLayerAddress: claimed, interface: index)
      sessions[position].isSecondHand = false
      return confirm(position, by: .neighbor(neighbor), now: now, into: &actions)
    }
    if session.routeInterface == session.neighbor?.interface,
      session.neighbor?.interface != index
    {
      return
    }
    guard rules.proxies[session.key.proxy].installsHostRoutes else { return }
    sessions[position].isDisputed = true
    updateHostRoute(position, into: &actions)
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
    /// A host on the link of the proxy has the target.
    case isUpstream
    /// Another proxy there speaks for it.
    case isHearsay
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
    if index == rules.proxyInterfaces[session.key.proxy] {
      guard session.isContested, isWithinRetransmission(of: session, now: now),
        session.state == .incomplete || session.isFresh
      else { return .isNotAwaited }
      // A proxy there may have it from us, and its word counts for nothing.
      return frame.message.isOverride && claimed != nil ? .isUpstream : .isHearsay
    }
    switch session.state {
    case .reachable, .probing, .stale:
      guard let neighbor = session.neighbor else { return .isNotAwaited }
      guard neighbor.interface == index else {
        let isObjection =
          mayObject(to: session, frame.message, now: now)
          && includes(.all, index, forSession: position)
        return isObjection ? .contradicts : .isNotAwaited
      }
      if isFrom(neighbor, frame) { return .confirms(neighbor.linkLayerAddress) }
      guard let claimed, claimed != neighbor.linkLayerAddress, session.state != .stale else {
        return .isNotAwaited
      }
      return isOwnerAfterProxy(session, frame.message, now: now) ? .confirms(claimed) : .contradicts
    case .incomplete, .failed:
      // A late answer is an answer; one that came before the question is none.
      let wasPut = session.sent > 0 || otherHasAsked(position, on: index, now: now)
      guard wasPut, isAsked(position, on: index), !session.isUpstream else { return .isNotAwaited }
      if session.isAskedByUnicast, session.state == .incomplete {
        // Only who was asked may answer; everybody else is asked later.
        guard let neighbor = session.neighbor, neighbor.interface == index,
          isFrom(neighbor, frame)
        else { return .isNotAwaited }
        return .confirms(neighbor.linkLayerAddress)
      }
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

  /// Whether another station may have answered the question by which a target was just found.
  private func mayObject(
    to session: Session, _ message: NeighborAdvertisement, now: Instant
  ) -> Bool {
    isNew(session, now: now) && message.isOverride && message.targetLinkLayerAddress != nil
  }

  /// Whether a target was found so lately that others may still answer the same question.
  private func isNew(_ session: Session, now: Instant) -> Bool {
    guard session.isFresh, let confirmed = session.confirmed else { return false }
    return now < confirmed + rules.proxies[session.key.proxy].timers.timeout
  }

  /// Whether the last question for a target may still be answered before the next one.
  private func isWithinRetransmission(of session: Session, now: Instant) -> Bool {
    guard let last = session.lastSolicited else { return false }
    return now < last.at + rules.proxies[session.key.proxy].timers.timeout
  }

  /// Whether the target itself answers a solicitation that a proxy has answered just before.
  private func isOwnerAfterProxy(
    _ session: Session, _ message: NeighborAdvertisement, now: Instant
  ) -> Bool {
    session.isSecondHand && message.isOverride && isWithinRetransmission(of: session, now: now)
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
      // Whatever a pattern names, what came from there is asked there only to find its owner.
      if rules.proxyInterfaces[sessions[position].key.proxy] == index {
        return sessions[position].isContested
      }
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
    let former = sessions[position].isClaimed ? nil : sessions[position].neighbor
    sessions[position].state = .reachable
    sessions[position].awaitsNeighbor = false
    sessions[position].isClaimed = false
    switch proof {
    case .neighbor(let neighbor):
      // Where it was before, or was confirmed in between, nobody may object.
      let isSame = former?.isAt(neighbor.linkLayerAddress, on: neighbor.interface) == true
      sessions[position].isFresh = !wasKnown && !isSame
      if !isSame { sessions[position].isDoubted = false }
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
    updateHostRoute(position, isConfirmed: true, into: &actions)
    if !wasKnown { offerNeighbor(position, now: now, into: &actions) }
    sessions[position].isWanted = false
    sessions[position].sent = 0
    sessions[position].deadline = endOfBelief(in: rules.proxies[key.proxy].timers, from: now)
    reschedule(position)
    publish(position, into: &actions)
    answerEveryone(position, now: now, into: &actions)
    solicited.mark(key, isAnswered: true)
    announceIfWanted(position, isNew: !wasKnown, now: now)
  }

  /// When a target that was confirmed now is to be confirmed again: after `ttl` or a little
  /// earlier.
  ///
  /// What was confirmed at one time would else be asked for at one time, for ever.
  private mutating func endOfBelief(in timers: Ruleset.Timers, from now: Instant) -> Instant {
    let reachable = timers.ttl.wholeNanoseconds
    let spread = min(reachable / 8, timers.timeout.wholeNanoseconds)
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
      let isDefended = sessions[position].neighbor != nil && !sessions[position].isContested
      if asker.detectsDuplicates, isTooLate || !isDefended {
        discard(.duplicateAddressDetection)
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
  private mutating func offerNeighbor(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    guard let route = sessions[position].hostRoute?.route,
      let neighbor = sessions[position].neighbor, budgets.neighborOffers.take(now: now)
    else { return }
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
