import NDPWire
import ProxyModel

// What the kernel's route to a target of an `auto` rule means.

extension Engine {
  /// Asks for the route to a known target again if some route has changed, and says whether it
  /// did; the asker waits then.
  ///
  /// Where there have been too many lookups already, what was found before goes on to count.
  mutating func lookUpRouteAgain(
    _ position: Int, for asker: Asker?, now: Instant, into actions: inout [Action]
  ) -> Bool {
    guard sessions[position].routeGeneration ?? routeGeneration != routeGeneration else {
      return false
    }
    if !sessions[position].awaitsRoute {
      guard takeRouteLookup(for: asker, of: position, now: now) else { return false }
      sessions[position].awaitsRoute = true
      lookUpRoute(position, into: &actions)
    }
    if let asker { add(asker, to: position, now: now) }
    return true
  }

  private mutating func takeRouteLookup(
    for asker: Asker?, of position: Int, now: Instant
  ) -> Bool {
    guard let asker else { return payForNobody(forRoute: true, now: now) }
    let worth = worth(of: asker, proxy: sessions[position].key.proxy)
    return budgets.routeLookups.take(for: asker.station, worth: worth, now: now)
  }

  /// Asks for the route of packets that come in on the proxy interface: where policy rules or VRFs
  /// go by that, it is another one than this host's own.
  mutating func lookUpRoute(_ position: Int, into actions: inout [Action]) {
    let key = sessions[position].key
    guard let index = rules.proxyInterfaces[key.proxy] else {
      preconditionFailure("a proxy without an interface has no sessions")
    }
    consequences.isLookedUp = true
    actions.append(.lookUpRoute(key.target, from: index))
  }

  /// Draws the conclusion for the session that waits for this route.
  ///
  /// Where the kernel could not be asked, what is known stays so, and the next question leads to
  /// the next lookup.
  mutating func apply(
    _ route: Route?, to target: IPv6Address, from index: InterfaceIndex, now: Instant,
    into actions: inout [Action]
  ) {
    guard let proxy = rules.proxy(on: index),
      let position = sessions.position(of: SessionKey(proxy: proxy, target: target)),
      sessions[position].awaitsRoute
    else { return }
    enter(index)
    sessions[position].awaitsRoute = false
    consequences.isAwaited = true
    if let route {
      sessions[position].routeGeneration = routeGeneration
      apply(route, toSession: position, now: now, into: &actions)
    } else {
      discard(.routeLookupFailed)
      keepWithoutRoute(position, now: now, into: &actions)
    }
  }

  /// Goes by what was known of a target before its route could not be looked up.
  private mutating func keepWithoutRoute(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    // It is old news from now on, so that the next question asks again.
    sessions[position].routeGeneration = routeGeneration &- 1
    switch sessions[position].state {
    case .reachable, .probing: answerWaiting(position, now: now, into: &actions)
    case .incomplete where sessions[position].sent > 0: return
    case .incomplete, .stale, .failed: forget(position, into: &actions)
    }
  }

  private mutating func apply(
    _ route: Route, toSession position: Int, now: Instant, into actions: inout [Action]
  ) {
    let proxy = sessions[position].key.proxy
    let own = rules.proxyInterfaces[proxy]
    let before = sessions[position].routeInterface
    // Where an `iface` rule of the same prefix has it asked for elsewhere nevertheless.
    sessions[position].isContested = own.map { route == .onLink($0) } ?? false
    if case .onLink(let index) = route, index != own {
      sessions[position].routeInterface = index
    } else {
      sessions[position].routeInterface = nil
    }
    switch route {
    case .onLink(let index) where canAsk(on: index, proxy: proxy):
      askOnLink(position, at: index, unlike: before, now: now, into: &actions)
    case .onLink(let index) where index != own && interfaces[index]?.hasNeighborDiscovery == false,
      .gateway(let index) where index != own:
      // Nobody there can be asked, or the target is not there to be asked: the route is the proof.
      confirm(position, by: .route(index), now: now, into: &actions)
    case .local, .anycast:
      confirm(position, by: .route(nil), now: now, into: &actions)
    case .onLink(let index)
    where index != own && interfaces[index]?.mayHaveNeighbors == true:
      lackSource(on: index, into: &actions)
      askWithoutRoute(position, now: now, into: &actions)
    case .onLink, .gateway, .unreachable:
      discard(.noRoute)
      askWithoutRoute(position, now: now, into: &actions)
    }
  }

  /// Gives up, unless an `iface` rule of the same prefix names other interfaces to ask on.
  private mutating func askWithoutRoute(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let key = sessions[position].key
    let hasOthers = rules.rule(of: key.proxy, covering: key.target).map {
      canAsk($0, proxy: key.proxy)
    }
    ask(position, isPossible: hasOthers ?? false, now: now, into: &actions)
  }

  /// Starts to ask for the target; gives up if there is nowhere to ask.
  private mutating func ask(
    _ position: Int, isPossible: Bool, now: Instant, into actions: inout [Action]
  ) {
    let isKnown = sessions[position].confirmed != nil
    var mayAsk = !isPossible || isKnown
    if !mayAsk {
      let key = sessions[position].key
      if sessions[position].askers.isEmpty { mayAsk = payForNobody(forRoute: false, now: now) }
      for asker in sessions[position].askers where !mayAsk {
        var asker = asker
        mayAsk = pay(forRoute: false, &asker, key, now: now)
      }
    }
    guard mayAsk else {
      discard(.solicitationLimit)
      // Whoever was asked just now must not be forgotten to have been.
      return sessions[position].lastSolicited == nil
        ? forget(position, into: &actions)
        : fail(position, isSilence: false, now: now, into: &actions)
    }
    startAsking(position, isPaid: !isKnown, now: now, into: &actions)
  }

  /// Asks on the interface that the route names, unless that is where the target is known to be.
  private mutating func askOnLink(
    _ position: Int, at index: InterfaceIndex, unlike before: InterfaceIndex?, now: Instant,
    into actions: inout [Action]
  ) {
    let session = sessions[position]
    if session.neighbor?.interface == index,
      session.state == .reachable || session.state == .probing
    {
      return answerWaiting(position, now: now, into: &actions)
    }
    // The way to a target that is being asked for, or has just been in vain, is still the same.
    if session.sent > 0, isAsked(position, on: index), before == index {
      if session.state == .incomplete { return }
      if session.state == .failed {
        sessions[position].askers = []
        return discard(.targetFailed)
      }
    }
    ask(position, isPossible: true, now: now, into: &actions)
  }

  /// Answers those who came while the route was looked up, the target being known.
  private mutating func answerWaiting(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let key = sessions[position].key
    publish(position, into: &actions)
    if sessions[position].isSecondHand, !sessions[position].askers.isEmpty {
      return startAsking(position, now: now, into: &actions)
    }
    let askers = sessions[position].askers
    sessions[position].askers = []
    if !askers.isEmpty { counters.rule = rules.position(of: key.proxy, covering: key.target) }
    for asker in askers {
      if asker.detectsDuplicates {
        defend(position, against: asker, now: now, into: &actions)
        continue
      }
      sessions[position].isWanted = true
      sessions[position].answers &+= 1
      counters.wait(now.nanoseconds - asker.since.nanoseconds)
      advertise(key.target, to: asker, proxy: key.proxy, now: now, into: &actions)
    }
  }
}
