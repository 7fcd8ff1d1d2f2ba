package import LinuxNet
package import Logging
import NDPWire
package import ProxyConfig
import ProxyEngine

/// The loop that joins the rooms: waits for the kernel, tells the engine, does what it says.
///
/// One thread; it sleeps until a frame, a change of the host, a deadline or a signal comes.
package final class Daemon {
  private var engine: Engine
  private let plan: PortPlan
  private let logger: Logger
  private let poll: EventPoll
  private let timer: TimerDescriptor
  private let signals: SignalDescriptor
  private let monitor: HostMonitor
  private let routes: RouteLookup

  private var host = HostTable()
  /// Few, so that looking through them beats hashing.
  private var ports: [Port] = []
  private var conditions: [String: PortPlan.Condition] = [:]
  /// Reused for every event, so that answering allocates nothing.
  private var actions: [Action] = []
  private var pending: [Port] = []
  /// When to try again what could not be done.
  private var retry: Instant?
  private var mustResynchronize = false
  private var warnings = WarningLimit()
  private var isStopping = false

  /// Opens everything that a running daemon needs and reads the host's interfaces.
  ///
  /// Throws `EPERM` without CAP_NET_RAW.
  package init(_ configuration: Configuration, logger: Logger) throws(SystemError) {
    try PacketSocket.requirePermission()
    let ruleset = Ruleset(configuration)
    engine = Engine(ruleset: ruleset, limits: ProxyEngine.Limits(configuration))
    // Whoever wants to see every message also wants to see those that no rule is about.
    plan = PortPlan(ruleset, hearsEverything: logger.logLevel <= .debug)
    self.logger = logger
    poll = try EventPoll()
    timer = try TimerDescriptor()
    signals = try SignalDescriptor(SignalDescriptor.termination + SignalDescriptor.requests)
    monitor = try HostMonitor(routes: ruleset.asksForRoutes)
    routes = try RouteLookup()
    actions.reserveCapacity(PacketSocket.batchSize)
    try poll.watch(timer, token: Token.timer)
    try poll.watch(signals, token: Token.signals)
    try poll.watch(monitor, token: Token.monitor)
    resynchronize()
  }

  /// Works until a signal ends it.
  package func run() throws(SystemError) {
    while !isStopping {
      try timer.arm(at: nextDeadline?.nanoseconds)
      var failure: SystemError?
      try poll.wait { token in
        do throws(SystemError) {
          try take(token)
        } catch {
          failure = failure ?? error
        }
      }
      if let failure { throw failure }
    }
    let unsent = ports.reduce(0) { $0 + $1.socket.sendFailures }
    logger.info("\(engine.counters.summary) unsent=\(unsent)")
  }

  private func tryAgain() {
    retry = nil
    if mustResynchronize { resynchronize() } else { reviewPorts() }
  }

  private var nextDeadline: Instant? {
    guard let retry else { return engine.nextDeadline }
    return engine.nextDeadline.map { min($0, retry) } ?? retry
  }

  /// What is answered where, and what is waited for, in a few words.
  package var summary: String {
    let served = plan.proxyNames.filter { conditions[$0] == .usable }
    let awaited = plan.names.filter { conditions[$0] != .usable }
    let parts = [("answering on ", served), ("waiting for ", awaited)].filter { !$0.1.isEmpty }
    let text = parts.map { $0.0 + $0.1.joined(separator: ", ") }.joined(separator: "; ")
    return text.isEmpty ? "nothing is configured, so nothing is answered" : text
  }

  private func take(_ token: UInt64) throws(SystemError) {
    switch token {
    case Token.timer:
      try timer.acknowledge()
      engine.handleTimeout(now: now, into: &actions)
      performActions()
      if let retry, retry <= now { tryAgain() }
    case Token.signals:
      while let signal = try signals.next() {
        if SignalDescriptor.termination.contains(signal) {
          logger.notice("stopping: signal \(signal)")
          isStopping = true
        } else {
          logger.notice("signal \(signal) ignored; to take up a changed configuration, restart")
        }
      }
    case Token.monitor:
      try takeHostChanges()
    default:
      // A port may have gone while its readiness was on its way.
      if let port = port(on: Token.interface(token)) { receive(from: port) }
    }
  }

  private var now: Instant { Instant(nanoseconds: MonotonicClock.nanoseconds) }
}

/// What `EventPoll` gives back: small numbers for ourselves, others for interfaces.
private enum Token {
  static let timer: UInt64 = 1
  static let signals: UInt64 = 2
  static let monitor: UInt64 = 3
  private static let ports: UInt64 = 1 << 32

  static func port(_ index: InterfaceIndex) -> UInt64 { ports | UInt64(index.rawValue) }
  static func interface(_ token: UInt64) -> InterfaceIndex {
    InterfaceIndex(Int32(truncatingIfNeeded: token))
  }
}

// MARK: - Frames

extension Daemon {
  private func receive(from port: Port) {
    let now = now
    do {
      _ = try port.socket.receive { frame, isTruncated in
        let discarded = engine.counters.discardCount
        engine.handle(
          event(frame, isTruncated: isTruncated, on: port), now: now, into: &actions)
        if engine.counters.discardCount != discarded, let reason = engine.counters.latestDiscard {
          logger.debug("\(port.name): ignored: \(reason.sentence)")
        }
      }
    } catch {
      // The interface went down or away; netlink says which, and what to do.
      logger.debug("\(port.name): \(error)")
    }
    performActions()
  }

  private func event(_ frame: RawSpan, isTruncated: Bool, on port: Port) -> Event {
    guard !isTruncated else { return .malformed(.truncatedFrame) }
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
      return .malformed(error)
    }
  }

  /// Does what the engine wants, including what it wants in answer to that, and sends it all.
  private func performActions() {
    var position = 0
    while position < actions.count {
      perform(actions[position])
      position += 1
    }
    actions.removeAll(keepingCapacity: true)
    for port in pending { port.flush() }
    pending.removeAll(keepingCapacity: true)
  }

  private func perform(_ action: Action) {
    switch action {
    case .advertise(let frame, let index):
      guard let port = port(on: index) else { return }
      logger.debug("\(port.name): answering: \(frame.message.sentence)")
      enqueue(on: port) { frame.encode(into: &$0) }
    case .solicit(let frame, let index):
      guard let port = port(askingOn: index) else { return }
      logger.debug("\(port.name): asking: \(frame.message.sentence)")
      enqueue(on: port) { frame.encode(into: &$0) }
    case .lookUpRoute(let target):
      let route = lookUpRoute(to: target)
      logger.debug("route to \(target): \(sentence(about: route))")
      engine.handle(.route(route, to: target), now: now, into: &actions)
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

/// At most one warning a second about what may go wrong with every packet.
private struct WarningLimit {
  private var next = Instant(nanoseconds: 0)
  private var suppressed = 0

  /// How many warnings were suppressed since the last one that was not; `nil` suppresses this one.
  mutating func pass(now: Instant) -> Int? {
    guard now >= next else {
      suppressed += 1
      return nil
    }
    defer { suppressed = 0 }
    next = now + .seconds(1)
    return suppressed
  }
}

// MARK: - Interfaces

extension Daemon {
  private func warnSparingly(_ text: String) {
    guard let suppressed = warnings.pass(now: now) else { return }
    logger.warning("\(text)\(suppressed == 0 ? "" : " (and \(suppressed) more like it)")")
  }

  private func takeHostChanges() throws(SystemError) {
    var linksChanged = false
    do {
      try monitor.receive { change in
        take(change)
        if case .routes = change { return }
        linksChanged = true
      }
    } catch {
      guard error.isOverrun else { throw error }
      logger.notice("more changes of interfaces than netlink could hold; reading them anew")
      resynchronize()
    }
    performActions()
    if linksChanged { reviewPorts() }
  }

  private func take(_ change: HostChange) {
    guard let event = host.apply(change) else { return }
    engine.handle(event, now: now, into: &actions)
    if case .interfaceRemoved(let index) = event { closePorts { $0.index == index } }
  }

  /// Reads the host's interfaces as they are now, or tries again in a second.
  ///
  /// An interface may have been away and come back unseen, and a socket on it would be deaf: all
  /// are opened anew.
  private func resynchronize() {
    mustResynchronize = false
    do {
      let newer = try HostTable(readFrom: monitor)
      for event in host.events(towards: newer) + [.routesChanged] {
        engine.handle(event, now: now, into: &actions)
      }
      host = newer
      ports.removeAll()
      reviewPorts()
    } catch {
      logger.error("cannot read the interfaces: \(error); trying again in a second")
      mustResynchronize = true
      retry = now + .seconds(1)
    }
  }

  /// Opens the sockets that can be opened, closes those without an interface, and says what is
  /// different from before.
  private func reviewPorts() {
    for name in plan.names {
      var condition = plan.condition(of: name, in: host)
      let link = host.link(named: name)
      // A port keeps to its interface when that is renamed, but its rules do not.
      let usable = condition.allowsSocket ? link.map { InterfaceIndex($0.index) } : nil
      closePorts { ($0.name == name) != ($0.index == usable) }
      if condition.allowsSocket, let link, let purpose = plan.purpose(of: name) {
        do {
          _ = try open(link, purpose)
        } catch {
          condition = .failing("\(error)")
          retry = now + .seconds(1)
        }
      }
      report(condition, of: name)
    }
  }

  private func report(_ condition: PortPlan.Condition, of name: String) {
    guard conditions.updateValue(condition, forKey: name) != condition else { return }
    switch condition {
    case .usable: logger.info("\(condition.sentence(about: name))")
    case .missing, .unmatched, .down: logger.warning("\(condition.sentence(about: name))")
    case .enslaved, .notEthernet, .noNeighbors, .failing:
      logger.error("\(condition.sentence(about: name))")
    }
  }

  private func port(on index: InterfaceIndex) -> Port? {
    ports.first { $0.index == index }
  }

  private func closePorts(where isOver: (Port) -> Bool) {
    ports.removeAll(where: isOver)
  }

  private func open(_ link: Link, _ purpose: Port.Purpose) throws(SystemError) -> Port {
    let index = InterfaceIndex(link.index)
    if let port = port(on: index) { return port }
    let port = try Port(index: index, name: link.name, purpose: purpose)
    try poll.watch(port.socket, token: Token.port(index))
    ports.append(port)
    return port
  }

  /// The port on which to ask, opened if a route has just named its interface.
  private func port(askingOn index: InterfaceIndex) -> Port? {
    guard let link = host.links[index.rawValue], link.master == nil else { return nil }
    do {
      let port = try open(link, Port.Purpose(takesAdvertisements: true))
      try port.takeAdvertisements()
      return port
    } catch {
      // It may have gone a moment ago: then netlink is about to say so.
      warnSparingly("\(link.name): \(error)")
      return nil
    }
  }

  private func sentence(about route: Route) -> String {
    switch route {
    case .onLink(let index): "on-link, on \(name(of: index))"
    case .gateway(let index): "through a router on \(name(of: index))"
    case .local: "this host"
    case .unreachable: "none"
    }
  }

  private func name(of index: InterfaceIndex) -> String {
    host.links[index.rawValue]?.name ?? "interface \(index.rawValue)"
  }
}
