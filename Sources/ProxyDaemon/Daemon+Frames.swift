import LinuxNet
import NDPWire
import ProxyEngine

// Frames come in, and what the engine makes of them goes out.

extension Daemon {
  func receive(from port: Port) {
    let now = now
    let answered = engine.counters.advertised
    let waited = engine.counters.waits.count
    do {
      let count = try port.socket.receive { frame, isTruncated in
        let event = event(frame, isTruncated: isTruncated, on: port)
        let mark = mark
        engine.handle(event, now: now, into: &actions)
        note(event, since: mark, on: port, frame: frame, now: now)
      }
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

  private func event(_ frame: RawSpan, isTruncated: Bool, on port: Port) -> Event {
    guard !isTruncated else { return .malformed(.truncatedFrame, on: port.index) }
    do {
      switch try NeighborDiscoveryFrame(decoding: frame) {
      case .solicitation(let solicitation):
        logger.debug("\(port.name): \(solicitation.message.sentence)")
        return .solicitation(solicitation, on: port.index)
      case .advertisement(let advertisement):
        logger.debug("\(port.name): \(advertisement.message.sentence)")
        return .advertisement(advertisement, on: port.index)
      }
    } catch {
      logger.debug("\(port.name): dropped a malformed frame: \(error)")
      return .malformed(error, on: port.index)
    }
  }

  /// Does what the engine wants, including what it wants in answer to that, and sends it all.
  func performActions() {
    var position = 0
    while position < actions.count {
      perform(actions[position])
      position += 1
    }
    actions.removeAll(keepingCapacity: true)
    for port in pending { port.flush() }
    pending.removeAll(keepingCapacity: true)
    if isWatched { tellMonitors() }
  }

  private func perform(_ action: Action) {
    switch action {
    case .advertise(let frame, let index):
      guard let port = port(on: index) else { return }
      logger.debug("\(port.name): answering: \(frame.message.sentence)")
      watch(action, on: port)
      enqueue(on: port) { frame.encode(into: &$0) }
    case .solicit(let frame, let index):
      guard let port = port(askingOn: index) else { return }
      logger.debug("\(port.name): asking: \(frame.message.sentence)")
      watch(action, on: port)
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
      return Route(try routes.route(to: target))
    } catch {
      warnSparingly("cannot look up the route to \(target): \(error)")
      return .unreachable
    }
  }
}

// MARK: - Losses

/// Frames that were lost on this host.
struct Losses {
  /// Not sent: the interface was down or gone, or its queue was full.
  var unsent: UInt64 = 0
  /// Not received: they came faster than they were taken.
  var overrun: UInt64 = 0
}

extension Daemon {
  /// Takes up what a socket lost since the last time, and says so.
  func countLosses(of port: Port) {
    let overrun = port.socket.takeOverrunCount()
    let unsent = port.socket.takeUnsentCount()
    losses.overrun += overrun
    losses.unsent += unsent
    if overrun > 0 {
      warnSparingly("\(port.name): \(overrun) frames came faster than they could be taken")
    }
    if unsent > 0 {
      logger.debug("\(port.name): \(unsent) frames could not be sent")
    }
  }
}
