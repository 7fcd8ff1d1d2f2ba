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
      case .failed: sessions.remove(position)
      }
    }
  }

  private mutating func retransmitOrFail(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let timers = timers(of: position)
    if sessions[position].awaitsRoute || sessions[position].sent >= timers.solicitations {
      fail(position, now: now)
    } else {
      solicitByMulticast(position, now: now, into: &actions)
    }
  }

  /// Gives up on a target for `deadtime`.
  mutating func fail(_ position: Int, now: Instant) {
    sessions[position].state = .failed
    sessions[position].askers = []
    sessions[position].isConfirmed = false
    sessions[position].awaitsRoute = false
    sessions[position].deadline = now + timers(of: position).failed
    sessions.reschedule(position)
  }

  private mutating func renewOrForget(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let session = sessions[position]
    if timers(of: position).keepsAlive, session.isWanted, session.neighbor != nil {
      startProbing(position, now: now, into: &actions)
    } else {
      sessions.remove(position)
    }
  }

  /// Asks a confirmed target again, no sooner than RetransTimer after it was last asked.
  mutating func startProbing(_ position: Int, now: Instant, into actions: inout [Action]) {
    sessions[position].state = .probing
    sessions[position].sent = 0
    let earliest = sessions[position].lastSolicited.map { $0 + timers(of: position).retransmission }
    if let earliest, earliest > now {
      sessions[position].deadline = earliest
      sessions.reschedule(position)
    } else {
      solicitByUnicast(position, now: now, into: &actions)
    }
  }

  private mutating func probeOrStartOver(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    if sessions[position].sent < timers(of: position).solicitations {
      return solicitByUnicast(position, now: now, into: &actions)
    }
    // Perhaps the target has moved by now: ask everywhere, answer nobody.
    let key = sessions[position].key
    if let rule = rules.rule(of: key.proxy, covering: key.target), !rule.isAuto {
      sessions[position].interfaces = interfacesToAsk(rule, proxy: key.proxy)
    }
    sessions[position].state = .incomplete
    sessions[position].sent = 0
    solicitByMulticast(position, now: now, into: &actions)
  }

  private func timers(of position: Int) -> Ruleset.Timers {
    rules.proxies[sessions[position].key.proxy].timers
  }
}

// MARK: - Solicitations

extension Engine {
  /// Asks for the target on all its interfaces, and waits RetransTimer for an answer.
  mutating func solicitByMulticast(_ position: Int, now: Instant, into actions: inout [Action]) {
    let group = sessions[position].key.target.solicitedNodeMulticast
    for index in sessions[position].interfaces {
      solicit(
        position, on: index, destination: group, at: MACAddress(multicast: group), into: &actions)
    }
    awaitAnswer(position, now: now)
  }

  /// Asks the neighbour that confirmed the target, and waits RetransTimer for an answer.
  private mutating func solicitByUnicast(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    guard let neighbor = sessions[position].neighbor else {
      preconditionFailure("only a target with a neighbour is probed")
    }
    solicit(
      position, on: neighbor.interface, destination: sessions[position].key.target,
      at: neighbor.linkLayerAddress, into: &actions)
    awaitAnswer(position, now: now)
  }

  private mutating func awaitAnswer(_ position: Int, now: Instant) {
    sessions[position].sent += 1
    sessions[position].lastSolicited = now
    sessions[position].deadline = now + timers(of: position).retransmission
    sessions.reschedule(position)
  }

  private mutating func solicit(
    _ position: Int, on index: InterfaceIndex, destination: IPv6Address,
    at linkLayerAddress: MACAddress, into actions: inout [Action]
  ) {
    guard let interface = interfaces[index], let own = interface.linkLayerAddress,
      let source = interface.solicitationSource
    else { return counters.discard(.noSourceAddress) }
    let solicitation = NeighborSolicitation(
      source: source, destination: destination, target: sessions[position].key.target,
      sourceLinkLayerAddress: own)
    actions.append(
      .solicit(
        EthernetFrame(source: own, destination: linkLayerAddress, message: solicitation),
        on: index))
    counters.solicit()
  }
}

extension Interface {
  /// The source of our solicitations: link-local, so that it is on-link for every target.
  var solicitationSource: IPv6Address? {
    sourceAddress(towards: IPv6Prefix.linkLocal.address)
  }
}

extension IPv6Prefix {
  /// `fe80::/10` (RFC 4291 §2.5.6).
  fileprivate static let linkLocal = IPv6Prefix(IPv6Address(bits: 0xfe80 << 112), length: 10)
}
