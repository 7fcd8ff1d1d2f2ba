import NDPWire

// What the kernel's route to a target of an `auto` rule means (DESIGN §3.2.4).

extension Engine {
  /// Asks for the route to a known target again if some route has changed, and says whether it
  /// did; the asker waits then.
  ///
  /// Where there have been too many lookups already, what was found before goes on to count.
  mutating func lookUpRouteAgain(
    _ position: Int, for asker: Asker, now: Instant, into actions: inout [Action]
  ) -> Bool {
    guard sessions[position].routeGeneration ?? routeGeneration != routeGeneration else {
      return false
    }
    if !sessions[position].awaitsRoute {
      guard routeLookupTokens.take(for: asker.station, now: now) else { return false }
      sessions[position].awaitsRoute = true
      actions.append(.lookUpRoute(sessions[position].key.target))
    }
    add(asker, to: position)
    return true
  }

  /// Draws the conclusion for every session that waits for this route.
  mutating func apply(
    _ route: Route, to target: IPv6Address, now: Instant, into actions: inout [Action]
  ) {
    for proxy in rules.proxies.indices {
      let key = SessionKey(proxy: proxy, target: target)
      guard let position = sessions.position(of: key), sessions[position].awaitsRoute else {
        continue
      }
      sessions[position].awaitsRoute = false
      sessions[position].routeGeneration = routeGeneration
      if let index = rules.proxyInterfaces[proxy] { enter(index) }
      apply(route, toSession: position, now: now, into: &actions)
    }
  }

  private mutating func apply(
    _ route: Route, toSession position: Int, now: Instant, into actions: inout [Action]
  ) {
    let proxy = sessions[position].key.proxy
    let own = rules.proxyInterfaces[proxy]
    if case .onLink(let index) = route, index != own {
      sessions[position].routeInterface = index
    } else {
      sessions[position].routeInterface = nil
    }
    switch route {
    case .onLink(let index) where canAsk(on: index, proxy: proxy):
      askOnLink(position, at: index, now: now, into: &actions)
    case .onLink(let index) where index != own && interfaces[index]?.hasNeighborDiscovery == false,
      .gateway(let index) where index != own:
      // Nobody there can be asked, or the target is not there to be asked: the route is the proof.
      confirm(position, by: .route(index), now: now, into: &actions)
    case .local:
      confirm(position, by: .route(nil), now: now, into: &actions)
    case .onLink(let index)
    where index != own && interfaces[index]?.mayHaveNeighbors == true:
      lackSource(on: index, into: &actions)
      askWithoutRoute(position, now: now, into: &actions)
    case .onLink, .gateway, .unreachable:
      counters.discard(.noRoute)
      askWithoutRoute(position, now: now, into: &actions)
    }
  }

  /// Gives up, unless an `iface` rule of the same prefix names other interfaces to ask on.
  private mutating func askWithoutRoute(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let key = sessions[position].key
    guard let rule = rules.rule(of: key.proxy, covering: key.target) else { return }
    ask(position, on: interfacesToAsk(rule, proxy: key.proxy), now: now, into: &actions)
  }

  /// Starts to ask for the target on these interfaces; gives up if there are none.
  private mutating func ask(
    _ position: Int, on asked: [InterfaceIndex], now: Instant, into actions: inout [Action]
  ) {
    let isKnown = sessions[position].confirmed != nil
    var mayAsk = asked.isEmpty || isKnown
    if !mayAsk {
      mayAsk = sessions[position].askers.contains { asker in
        solicitationTokens.take(for: asker.station, now: now)
      }
    }
    guard mayAsk else {
      counters.discard(.solicitationLimit)
      return forget(position, into: &actions)
    }
    startAsking(position, on: asked, paid: isKnown ? 0 : 1, now: now, into: &actions)
  }

  /// Asks on the interface that the route names, unless that is where the target is known to be.
  private mutating func askOnLink(
    _ position: Int, at index: InterfaceIndex, now: Instant, into actions: inout [Action]
  ) {
    let session = sessions[position]
    if session.neighbor?.interface == index,
      session.state == .reachable || session.state == .probing
    {
      return answerWaiting(position, now: now, into: &actions)
    }
    // The way to a target that is being asked for, or has just been in vain, is still the same.
    if session.interfaces.contains(index) {
      if session.state == .incomplete { return }
      if session.state == .failed {
        sessions[position].askers = []
        return counters.discard(.targetFailed)
      }
    }
    guard let rule = rules.rule(of: session.key.proxy, covering: session.key.target) else { return }
    let named = interfacesToAsk(rule, proxy: session.key.proxy)
    let others = named.filter { $0 != index }
    ask(position, on: [index] + others, now: now, into: &actions)
  }

  /// Answers those who came while the route was looked up, the target being known.
  private mutating func answerWaiting(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    let key = sessions[position].key
    if sessions[position].isSecondHand, !sessions[position].askers.isEmpty {
      let asked = interfacesToAskAgain(position)
      return startAsking(position, on: asked, now: now, into: &actions)
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
