import Inspection
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

// Frames come in, and what the engine makes of them goes out.

extension Daemon {
  func receive(from port: Port) {
    let look = self.look
    let index = port.index
    let wasPending = port.isPending
    receive(nextLossCount: port.nextLossCount) {
      (engine, actions, recent, now) throws(SystemError) in
      let count = try port.socket.receive { frame, isTruncated in
        Self.take(
          frame, isTruncated, on: index, &engine, &actions, &recent, now: now, look: look,
          answeringOn: port)
      }
      if port.isPending, !wasPending { pending.append(port) }
      return count
    } overrun: {
      port.nextLossCount = $0
      countLosses(of: port)
    }
  }

  /// Takes up advertisements, whichever interface they come on.
  func receiveFromRuleLinks() {
    let look = self.look
    let socket = ruleLinks.socket
    receive(nextLossCount: ruleLinks.nextLossCount) {
      (engine, actions, recent, now) throws(SystemError) in
      try socket.receive { frame, isTruncated, index in
        Self.take(
          frame, isTruncated, on: InterfaceIndex(index), &engine, &actions, &recent, now: now,
          look: look)
      }
    } overrun: {
      ruleLinks.nextLossCount = $0
      countLosses(ofRuleLinks: ())
    }
  }

  /// What sees each frame with what it is and what became of it, where somebody looks.
  private typealias Look = (Event, Outcome, RawSpan, InterfaceIndex, Instant) -> Void

  private var look: Look? {
    isWatched || log.isDebugging ? { self.look(at: $0, $1, $2, on: $3, now: $4) } : nil
  }

  /// Reads a batch of frames, and does what the engine makes of them.
  ///
  /// What changes is in the arguments of `read`: so that nobody else changes it is checked once for
  /// a batch, and not at every step of every frame (SE-0176).
  private func receive(
    nextLossCount: Instant,
    _ read: (inout Engine, inout [Action], inout RecentMessages, Instant) throws(SystemError) ->
      Int,
    overrun: (Instant) -> Void
  ) {
    let now = now
    let answered = engine.counters.advertised
    let waited = engine.counters.waits.count
    do {
      let count = try read(&engine, &actions, &recent, now)
      coalescing.add(count, now: now)
      // Where a queue has run over, there is at least one batch in it.
      if count == PacketSocket.batchSize, now >= nextLossCount { overrun(now + .seconds(1)) }
    } catch {
      // The interface went down or away; netlink says which, and what to do.
      log.debug("\(error)")
    }
    performActions()
    // Of those who waited, the engine has counted how long.
    let newWaits = engine.counters.waits.count - waited
    let newAnswers = engine.counters.advertised - answered
    guard newAnswers > newWaits else { return }
    latency.add(self.now.nanoseconds - now.nanoseconds, times: newAnswers - newWaits)
  }

  /// Hands one frame to the engine.
  ///
  /// Plain questions are answered on `port` right away, unless somebody looks.
  private static func take(
    _ frame: RawSpan, _ isTruncated: Bool, on index: InterfaceIndex, _ engine: inout Engine,
    _ actions: inout [Action], _ recent: inout RecentMessages, now: Instant, look: Look?,
    answeringOn port: Port? = nil
  ) {
    let event: Event
    do throws(DropReason) {
      guard !isTruncated else { throw .truncatedFrame }
      switch try NeighborDiscoveryFrame(decoding: frame) {
      case .solicitation(let question):
        if look == nil, let port, let answer = engine.answer(question, on: index) {
          recent.add(question, .answered, on: index, at: now)
          return port.enqueue { answer.encode(into: &$0) }
        }
        event = .solicitation(question, on: index)
      case .advertisement(let advertisement): event = .advertisement(advertisement, on: index)
      }
    } catch {
      event = .malformed(error, on: index)
    }
    let outcome = engine.handle(event, now: now, into: &actions)
    recent.add(event, outcome, at: now)
    look?(event, outcome, frame, index, now)
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
    if ruleLinks.sender.isPending { ruleLinks.sender.flush() }
    if isWatched { tellMonitors() }
  }

  private func perform(_ action: Action) {
    switch action {
    case .advertise(let frame, let index):
      guard let port = port(on: index) else { return }
      log.debug("\(port.name): answering: \(frame.message.sentence)")
      watch(action)
      enqueue(on: port) { frame.encode(into: &$0) }
    case .solicit(let frame, let index):
      log.debug("\(name(of: index)): asking: \(frame.message.sentence)")
      watch(action)
      ruleLinks.sender.enqueue(on: index.rawValue) { frame.encode(into: &$0) }
    case .installHostRoute(let route):
      attemptRouteChange { () throws(SystemError) in
        try hostRoutes?.install(
          route.target, interface: route.interface.rawValue, gateway: route.gateway,
          table: host.routingTable(of: route.interface.rawValue) ?? HostRouteTable.mainTable)
      }
    case .removeHostRoute(let route):
      attemptRouteChange { () throws(SystemError) in try hostRoutes?.remove(route.target) }
    case .reportMissingSource(let index):
      log.warning(
        """
        \(name(of: index)): it has no address to speak from: nothing is answered or asked there; \
        see 'ip -6 address' for one that is neither tentative nor failed, and the key 'source'
        """)
    case .reportConflict(let target, let claimant, let index):
      warnSparingly(
        "\(name(of: index)): \(claimant) claims \(target), which another station has confirmed")
    case .lookUpRoute(let target, let index):
      let route = lookUpRoute(to: target, from: index)
      if let route { log.debug("route to \(target): \(sentence(about: route))") }
      engine.handle(.route(route, to: target, from: index), now: now, into: &actions)
    case .locate(let target, let index):
      let location = location(of: target, from: index)
      engine.handle(.located(location, of: target, from: index), now: now, into: &actions)
    case .lookUpNeighbor(let target, let index):
      let neighbor = lookUpNeighbor(target, on: index)
      engine.handle(.neighbor(neighbor, of: target, on: index), now: now, into: &actions)
    case .offerNeighbor(let address, let linkLayerAddress, let index):
      attemptRouteChange { () throws(SystemError) in
        _ = try neighborTable?.offer(address, at: linkLayerAddress, on: index.rawValue)
      }
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

  /// The kernel's route for a packet that came in on an interface; `nil` where it cannot say.
  func lookUpRoute(to target: IPv6Address, from index: InterfaceIndex) -> Route? {
    do {
      try takeRouteNews()
      let route = Route(try routes.route(to: target, from: index.rawValue))
      // Packets sent to the loopback interface come back, and nobody takes them.
      return route == .onLink(Self.loopback) ? .unreachable : route
    } catch {
      warnSparingly("cannot look up the route to \(target) from \(name(of: index)): \(error)")
      return nil
    }
  }

  /// The loopback interface has this index in every network namespace (LOOPBACK_IFINDEX).
  private static let loopback = InterfaceIndex(1)

  /// Where the kernel holds an address to be, seen from a proxy interface.
  ///
  /// What is only stale may have moved since, or anybody may have made the kernel know it: it is
  /// asked for there, too. Six system calls at the most.
  private func location(of target: IPv6Address, from index: InterfaceIndex) -> Location {
    if defaultRouter(on: index) == target { return .neighbor }
    if let neighbor = lookUpNeighbor(target, on: index), neighbor.linkLayerAddress != nil {
      switch neighbor.state {
      case .reachable, .probing: return .neighbor
      case .stale: return .onProxyLink
      case .failed, .incomplete: break
      }
    }
    switch lookUpRoute(to: target, from: index) {
    case .onLink(index): return .onProxyLink
    case .onLink(let other): return .onLink(other)
    case .gateway, .local, .anycast, .unreachable, nil: return .elsewhere
    }
  }

  /// What the kernel's neighbor cache has of an address; `nil` where it has nothing.
  private func lookUpNeighbor(_ address: IPv6Address, on index: InterfaceIndex) -> CachedNeighbor? {
    do {
      return try neighborLookup.entry(for: address, on: index.rawValue).map { CachedNeighbor($0) }
    } catch {
      log.debug("cannot look for \(address) in the neighbor cache: \(error)")
      return nil
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

  /// The same of the socket on which advertisements arrive.
  func countLosses(ofRuleLinks: ()) {
    let overrun = ruleLinks.socket.takeOverrunCount()
    overrunCount += overrun
    if overrun > 0 {
      warnSparingly("\(overrun) advertisements came faster than they could be taken")
    }
  }

  /// Takes up what all sockets lost.
  func countAllLosses() {
    for port in ports { countLosses(of: port) }
    countLosses(ofRuleLinks: ())
  }
}
