import NDPWire

// What a received advertisement leads to: the confirmation of a target that was asked for.

extension Engine {
  mutating func receive(
    _ frame: EthernetFrame<NeighborAdvertisement>, on index: InterfaceIndex, now: Instant,
    into actions: inout [Action]
  ) {
    guard let interface = interfaces[index] else {
      return counters.discard(.advertisementNotAwaited)
    }
    if let reason = refusal(of: frame.message, on: interface) {
      notice(frame.message.target, speakingOn: index, from: frame.source, now: now, into: &actions)
      return counters.discard(reason)
    }
    var isAwaited = false
    var conflicts = false
    for proxy in rules.proxies.indices {
      let key = SessionKey(proxy: proxy, target: frame.message.target)
      guard let position = sessions.position(of: key) else { continue }
      if contradicts(position, frame.message, on: index) {
        conflicts = true
        continue
      }
      guard awaits(position, frame.message, on: index) else { continue }
      guard let address = frame.message.targetLinkLayerAddress ?? known(position, on: index) else {
        counters.discard(.advertisementLinkLayerAddress)
        continue
      }
      isAwaited = true
      let neighbor = Session.Neighbor(
        source: frame.message.source, linkLayerAddress: address, interface: index)
      sessions[position].isSecondHand = !frame.message.isOverride
      confirm(position, by: .neighbor(neighbor), now: now, into: &actions)
    }
    if isAwaited { return }
    guard conflicts, let claimant = frame.message.targetLinkLayerAddress else {
      return counters.discard(.advertisementNotAwaited)
    }
    counters.discard(.conflictingOwner)
    actions.append(.reportConflict(frame.message.target, claimedBy: claimant, on: index))
  }

  /// Whether somebody else claims the target than who confirmed it.
  ///
  /// The first keeps it, unless it is silent and the other insists (RFC 4861 §7.2.5).
  private func contradicts(
    _ position: Int, _ message: NeighborAdvertisement, on index: InterfaceIndex
  ) -> Bool {
    let session = sessions[position]
    guard let neighbor = session.neighbor, neighbor.interface == index,
      let claimed = message.targetLinkLayerAddress, claimed != neighbor.linkLayerAddress
    else { return false }
    // The target itself takes back what a proxy has said.
    if session.isSecondHand, message.isOverride { return false }
    return session.state == .reachable || session.state == .probing && !message.isOverride
  }

  /// Why an advertisement confirms nothing whoever waits for it; `nil` if it may.
  ///
  /// Unsolicited ones "MUST NOT be treated as a reachability confirmation" (RFC 4861 §7.3.1).
  private func refusal(
    of message: NeighborAdvertisement, on interface: Interface
  ) -> DiscardReason? {
    guard message.isSolicited, message.destination == interface.solicitationSource else {
      return .advertisementNotSolicited
    }
    if let claimed = message.targetLinkLayerAddress, interfaces.has(claimed) {
      return .advertisementLinkLayerAddress
    }
    return nil
  }

  /// Whether the session asked on this interface, or counts on another proxy that did; a late
  /// answer is an answer.
  ///
  /// What the target has said itself is not replaced by what a proxy says, but the other way round.
  private func awaits(
    _ position: Int, _ message: NeighborAdvertisement, on index: InterfaceIndex
  ) -> Bool {
    let session = sessions[position]
    guard session.interfaces.contains(index) else { return false }
    switch session.state {
    case .incomplete: return true
    case .probing: return session.isSecondHand || message.isOverride
    case .failed, .stale: return session.sent > 0
    case .reachable: return session.isSecondHand && message.isOverride
    }
  }

  /// An advertisement may leave out a link-layer address that we used to ask (RFC 4861 §4.4).
  private func known(_ position: Int, on index: InterfaceIndex) -> MACAddress? {
    let session = sessions[position]
    guard session.state == .probing, session.neighbor?.interface == index else { return nil }
    return session.neighbor?.linkLayerAddress
  }

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
    let askers = sessions[position].askers
    sessions[position].askers = []
    sessions[position].state = .reachable
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
    sessions[position].isWanted = false
    sessions[position].sent = 0
    sessions[position].deadline = now + rules.proxies[key.proxy].timers.reachable
    sessions.reschedule(position)
    if !askers.isEmpty { counters.rule = rules.position(of: key.proxy, covering: key.target) }
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
}
