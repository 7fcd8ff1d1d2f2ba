import LinuxNet
import NDPWire
import ProxyEngine

// Frames come in, and what the engine makes of them goes out.

extension Daemon {
  func receive(from port: Port) {
    let now = now
    let answered = engine.counters.advertised
    let waited = engine.counters.waits.count
    var look: Look?
    if isWatched || isDebugging {
      look = { self.look(at: $0, $1, $2, on: port, now: now) }
    }
    do {
      let count = try Self.receive(
        from: port, into: &engine, &actions, &recent, now: now, look: look)
      coalescing.add(count, now: now)
      // Where a queue has run over, there is at least one batch in it.
      if count == PacketSocket.batchSize, now >= port.nextLossCount {
        port.nextLossCount = now + .seconds(1)
        countLosses(of: port)
      }
    } catch {
      // The interface went down or away; netlink says which, and what to do.
      logger.debug("\(port.name): \(error)")
    }
    performActions()
    // Of those who waited, the engine has counted how long.
    let newWaits = engine.counters.waits.count - waited
    let newAnswers = engine.counters.advertised - answered
    guard newAnswers > newWaits else { return }
    latency.add(self.now.nanoseconds - now.nanoseconds, times: newAnswers - newWaits)
  }

  /// What sees each frame with what it is and what became of it, where somebody looks.
  private typealias Look = (Event, Decision?, RawSpan) -> Void

  /// Hands what has come to the engine.
  ///
  /// What changes is in the arguments: so that nobody else changes it is checked once for them all,
  /// and not at every step of every frame (SE-0176).
  private static func receive(
    from port: Port, into engine: inout Engine, _ actions: inout [Action],
    _ recent: inout RecentMessages, now: Instant, look: Look?
  ) throws(SystemError) -> Int {
    let index = port.index
    return try port.socket.receive { frame, isTruncated in
      let event = Event(frame, isTruncated: isTruncated, on: index)
      let discards = engine.counters.discardCount
      let start = actions.count
      engine.handle(event, now: now, into: &actions)
      let isDiscarded = engine.counters.discardCount != discards
      let decision = Decision(
        on: event, from: actions, since: start,
        discarded: isDiscarded ? engine.counters.latestDiscard : nil)
      if let decision { recent.add(event, decision, at: now) }
      look?(event, decision, frame)
    }
  }

  /// Does what the engine wants, including what it wants in answer to that, and sends it all.
  func performActions() {
    while !actions.isEmpty {
      swap(&actions, &performing)
      for action in performing { perform(action) }
      performing.removeAll(keepingCapacity: true)
    }
    for port in pending { port.flush() }
    pending.removeAll(keepingCapacity: true)
    if isWatched { tellMonitors() }
  }

  private func perform(_ action: Action) {
    switch action {
    case .advertise(let frame, let index):
      guard let port = port(on: index) else { return }
      if isDebugging { logger.debug("\(port.name): answering: \(frame.message.sentence)") }
      watch(action)
      enqueue(on: port) { frame.encode(into: &$0) }
    case .solicit(let frame, let index):
      guard let port = port(askingOn: index) else { return }
      if isDebugging { logger.debug("\(port.name): asking: \(frame.message.sentence)") }
      watch(action)
      enqueue(on: port) { frame.encode(into: &$0) }
    case .installHostRoute(let route):
      attemptRouteChange { () throws(SystemError) in
        try hostRoutes?.install(
          route.target, interface: route.interface.rawValue, gateway: route.gateway)
      }
    case .removeHostRoute(let route):
      attemptRouteChange { () throws(SystemError) in try hostRoutes?.remove(route.target) }
    case .reportMissingSource(let index):
      logger.warning(
        """
        \(name(of: index)): it has no address to speak from: nothing is answered or asked there; \
        see 'ip -6 address' for one that is neither tentative nor failed, and the key 'source'
        """)
    case .reportConflict(let target, let claimant, let index):
      warnSparingly(
        "\(name(of: index)): \(claimant) claims \(target), which another station has confirmed")
    case .lookUpRoute(let target):
      let route = lookUpRoute(to: target)
      logger.debug("route to \(target): \(sentence(about: route))")
      engine.handle(.route(route, to: target), now: now, into: &actions)
    }
  }

  private func attemptRouteChange(_ change: () throws(SystemError) -> Void) {
    do {
      try change()
    } catch {
      warnSparingly("autowire: \(error)")
    }
  }

  private func enqueue(on port: Port, _ encode: (inout MutableRawSpan) -> Int) {
    if !port.isPending { pending.append(port) }
    port.enqueue(encode)
  }

  private func lookUpRoute(to target: IPv6Address) -> Route {
    do {
      return Route(try routes.route(to: target, from: nil))
    } catch {
      warnSparingly("cannot look up the route to \(target): \(error)")
      return .unreachable
    }
  }
}

extension Event {
  /// What a frame is.
  fileprivate init(_ frame: RawSpan, isTruncated: Bool, on index: InterfaceIndex) {
    guard !isTruncated else {
      self = .malformed(.truncatedFrame, on: index)
      return
    }
    do {
      switch try NeighborDiscoveryFrame(decoding: frame) {
      case .solicitation(let solicitation): self = .solicitation(solicitation, on: index)
      case .advertisement(let advertisement): self = .advertisement(advertisement, on: index)
      }
    } catch {
      self = .malformed(error, on: index)
    }
  }
}

// MARK: - Losses

extension Daemon {
  /// Takes up how many frames a socket lost since the last time, and says so.
  func countLosses(of port: Port) {
    let overrun = port.socket.takeOverrunCount()
    overrunCount += overrun
    if overrun > 0 {
      warnSparingly("\(port.name): \(overrun) frames came faster than they could be taken")
    }
  }
}
