import NDPWire
package import ProxyModel

// When a target is asked for, and what happens when time passes (RFC 4861 §7.2.2, §7.3.3).

extension Engine {
  /// Does whatever is due by `now`; harmless if nothing is.
  package mutating func handleTimeout(now: Instant, into actions: inout [Action]) {
    while let timer = timers.popDue(now: now) {
      switch timer {
      case .conditions: countConditions(now: now, into: &actions)
      case .announcements:
        announcePeriodically(now: now)
        sendAnnouncements(now: now, into: &actions)
      case .session(let position): endState(position, now: now, into: &actions)
      }
    }
  }

  private mutating func endState(_ position: Int, now: Instant, into actions: inout [Action]) {
    switch sessions[position].state {
    case .incomplete: retransmitOrFail(position, now: now, into: &actions)
    case .reachable: renewOrForget(position, now: now, into: &actions)
    case .probing: probeOrStartOver(position, now: now, into: &actions)
    case .stale where sessions[position].awaitsNeighbor:
      startAsking(position, now: now, into: &actions)
    case .stale, .failed: forget(position, into: &actions)
    }
  }

  private mutating func retransmitOrFail(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let timers = timers(of: position)
    if sessions[position].isClaimed, let claim = sessions[position].neighbor {
      // Nobody has objected.
      return confirm(position, by: .neighbor(claim), now: now, into: &actions)
    }
    if sessions[position].awaitsLocation { return forget(position, into: &actions) }
    if sessions[position].awaitsRoute {
      fail(position, now: now, into: &actions)
    } else if sessions[position].sent >= timers.solicitations {
      if sessions[position].wasAsked {
        fail(position, now: now, into: &actions)
      } else {
        giveUpUnasked(position, now: now, into: &actions)
      }
    } else {
      solicitByMulticast(position, now: now, into: &actions)
    }
  }

  /// Gives up on a target for which all questions were left out within a limit.
  ///
  /// It has not been silent, so the next question for it counts like any other.
  private mutating func giveUpUnasked(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    guard sessions[position].confirmed != nil else { return forget(position, into: &actions) }
    sessions[position].askers = []
    becomeStale(position, now: now)
  }

  /// Has a target asked again before it is answered for, and nobody wait for it.
  mutating func doubt(_ position: Int, now: Instant, into actions: inout [Action]) {
    withdraw(position, into: &actions)
    sessions[position].askers = []
    sessions[position].awaitsNeighbor = false
    sessions[position].awaitsRoute = false
    sessions[position].isClaimed = false
    becomeStale(position, now: now)
  }

  private mutating func becomeStale(_ position: Int, now: Instant) {
    sessions[position].state = .stale
    sessions[position].deadline = now + Limits.staleLifetime
    reschedule(position)
  }

  /// Gives up on a target for `deadtime`; where silence says little, because a link has just come
  /// up, until the next question.
  mutating func fail(
    _ position: Int, isSilence: Bool = true, now: Instant, into actions: inout [Action]
  ) {
    removeHostRoute(position, into: &actions)
    withdraw(position, into: &actions)
    failures.add(
      sessions[position].key, for: sessions[position].failureReason, now: now)
    solicited.mark(sessions[position].key, isAnswered: false)
    if isSilence, isSettling(position, now: now) { return forget(position, into: &actions) }
    sessions[position].state = .failed
    sessions[position].askers = []
    sessions[position].confirmed = nil
    sessions[position].awaitsRoute = false
    sessions[position].awaitsNeighbor = false
    // Where the answer was that it is elsewhere, `deadtime` may be over sooner than RetransTimer.
    sessions[position].deadline = max(
      now + timers(of: position).deadtime, earliestSolicitation(position, now: now))
    reschedule(position)
  }

  /// Whether a question for the target may have got lost on a link that has just come up.
  private func isSettling(_ position: Int, now: Instant) -> Bool {
    if let index = sessions[position].routeInterface, interfaces.isSettling(index, at: now) {
      return true
    }
    guard let rule = rule(ofSession: position), interfaces.hasSettling(at: now) else {
      return false
    }
    return (0..<rules.interfaceCount(of: rule)).contains { place in
      rules.interface(at: place, of: rule).map { interfaces.isSettling($0, at: now) } ?? false
    }
  }

  mutating func renewOrForget(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    if sessions[position].isPublished { return recall(position, now: now, into: &actions) }
    sessions[position].awaitsUsage = false
    let session = sessions[position]
    guard session.neighbor != nil else { return forget(position, into: &actions) }
    if session.awaitsNeighbor {
      sessions[position].awaitsNeighbor = false
      startProbing(position, now: now, into: &actions)
    } else if session.isDisputed, session.isWanted {
      // Perhaps one of those who claim it has gone.
      startAsking(position, now: now, into: &actions)
    } else if timers(of: position).keepsAlive, session.isWanted, !session.isSecondHand {
      lookUpNeighbor(position, now: now, into: &actions)
    } else {
      becomeStale(position, now: now)
    }
  }

  /// Finds out whether a target is still there that nobody has asked for since its `ttl`.
  mutating func revive(_ position: Int, now: Instant, into actions: inout [Action]) {
    if sessions[position].awaitsNeighbor { return }
    let isDefence = sessions[position].askers.contains(where: { $0.detectsDuplicates })
    let session = sessions[position]
    let isSure =
      !session.isSecondHand && (!session.isContested || session.hostRoute != nil)
    if isDefence || !isSure || sessions[position].neighbor == nil {
      startAsking(position, now: now, into: &actions)
    } else {
      lookUpNeighbor(position, now: now, into: &actions)
    }
  }

  /// Asks a confirmed target again, no sooner than RetransTimer after it was last asked.
  mutating func startProbing(_ position: Int, now: Instant, into actions: inout [Action]) {
    sessions[position].state = .probing
    // Whoever claims it now has not answered the question by which it was found.
    sessions[position].isFresh = false
    sessions[position].wasAsked = false
    sessions[position].sent = 0
    if waits(position, now: now) { return }
    solicitByUnicast(position, now: now, into: &actions)
  }

  /// Asks for the target anew, no sooner than RetransTimer after it was asked.
  ///
  /// Gives up where there is no interface to ask on. `index` names one to ask on before others,
  /// `isPaid` says that it is known that a question may be put, and `hasMoved` that the kernel has
  /// another link-layer address for the target.
  mutating func startAsking(
    _ position: Int, firstOn index: InterfaceIndex? = nil, isPaid: Bool = false,
    hasMoved: Bool = false, now: Instant, into actions: inout [Action]
  ) {
    let session = sessions[position]
    // Where others may have the address by now, they are all asked, unless the kernel sends there;
    // and where there is one question only, nobody else would ever be asked.
    let wasStale =
      session.state == .stale && !session.isSecondHand && !session.isDisputed && !hasMoved
      && (!session.isContested || session.hostRoute != nil)
      && timers(of: position).solicitations > 1
    withdraw(position, into: &actions)
    sessions[position].state = .incomplete
    // Probes were questions, too.
    sessions[position].wasAsked = session.state == .probing && session.wasAsked
    sessions[position].awaitsNeighbor = false
    sessions[position].isClaimed = false
    sessions[position].isDisputed = false
    sessions[position].isUpstream = false
    sessions[position].sent = 0
    sessions[position].start = nextStart
    sessions[position].interfaces = .all
    guard canBeAsked(position) else { return fail(position, now: now, into: &actions) }
    let wasAskedHere =
      switch sessions[position].lastSolicited?.on {
      case nil, .some(.none): false
      case .one(let last): includes(.all, last, forSession: position)
      case .all: true
      }
    if wasAskedHere, waits(position, now: now) { return }
    // Most likely it is where it was, and nobody else need hear the question.
    if wasStale, let neighbor = sessions[position].neighbor,
      includes(.all, neighbor.interface, forSession: position),
      canAsk(on: neighbor.interface, proxy: sessions[position].key.proxy)
    {
      return solicitByUnicast(position, now: now, into: &actions)
    }
    solicitByMulticast(position, firstOn: index, isPaid: isPaid, now: now, into: &actions)
  }

  /// Whether there is an interface on which the target can be asked for.
  private func canBeAsked(_ position: Int) -> Bool {
    let proxy = sessions[position].key.proxy
    if let routed = sessions[position].routeInterface, canAsk(on: routed, proxy: proxy) {
      return true
    }
    return rule(ofSession: position).map { canAsk($0, proxy: proxy) } ?? false
  }

  /// When the target may be asked again: RetransTimer after it was last asked.
  func earliestSolicitation(_ position: Int, now: Instant) -> Instant {
    guard let last = sessions[position].lastSolicited else { return now }
    return max(last.at + timers(of: position).timeout, now)
  }

  /// Puts the next solicitation off if it would be too early, and says whether it did.
  private mutating func waits(_ position: Int, now: Instant) -> Bool {
    let earliest = earliestSolicitation(position, now: now)
    guard earliest > now else { return false }
    wait(position, until: earliest)
    return true
  }

  private mutating func probeOrStartOver(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    if sessions[position].sent < timers(of: position).solicitations {
      return solicitByUnicast(position, now: now, into: &actions)
    }
    // Perhaps the target has moved by now: ask everywhere, answer nobody.
    startAsking(position, now: now, into: &actions)
  }

  func timers(of position: Int) -> Ruleset.Timers {
    rules.proxies[sessions[position].key.proxy].timers
  }
}
