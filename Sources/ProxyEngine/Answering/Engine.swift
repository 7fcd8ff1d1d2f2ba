import NDPWire
package import ProxyModel

/// Decides what to answer: events in, actions out, time as an argument.
///
/// It owns no descriptor and reads no clock. Feed it every event in order; after each call perform
/// the actions, and call `handleTimeout` when `nextDeadline` has passed. A call too many changes
/// nothing. Answering from a static rule or a known target allocates nothing, provided `actions`
/// keeps its capacity.
package struct Engine: ~Copyable {
  /// What was done and what was not, and why.
  package internal(set) var counters = Counters()

  /// The bounds in force.
  package internal(set) var limits: Limits
  var rules: RuleTable { didSet { answers.outdate() } }
  /// What is answered at once.
  var answers = Answers()
  /// The R flag of each proxy that there ever was, by the name of its interface.
  var routerFlags: [String: Bool]
  var interfaces = InterfaceTable() { didSet { answers.outdate() } }
  var sessions = SessionTable()
  /// What there is to wait for: sessions, conditions and announcements.
  var timers = TimerTable()
  /// Targets that were silent lately.
  var failures = FailureMemory()
  /// Counts route changes: what was concluded from an older generation is asked again.
  ///
  /// It starts over after 2³²; by then no session is left that nobody has looked at since.
  package internal(set) var routeGeneration: UInt32 = 0
  /// What the event that is being handled has led to so far.
  var consequences = Consequences()
  /// Where among the interfaces of a rule the next new target is asked for first.
  var nextStart: UInt32 = 0
  /// Decides by how much renewals are spread.
  var random: RandomSequence
  /// Targets that are to make room for others, unless they were asked for elsewhere; then so many
  /// others are looked at.
  var leaving: [SessionKey: Int] = [:]
  /// How much may be done now.
  var budgets: Budgets
  /// Neighbors of proxy interfaces that the kernel has confirmed.
  var acquaintances = Acquaintances()
  var refusals: Refusals
  var hostRoutes = HostRouteCounts()
  var conditions = ConditionTable() {
    didSet { timers.set(.conditions, to: conditions.nextDeadline) }
  }
  var otherGateways = OtherGateways()
  /// What was solicited of proxies whose targets are announced, or that have conditions.
  var solicited = SolicitedTargets()
  var announcements: AnnouncementPlan {
    didSet { timers.set(.announcements, to: announcements.nextDeadline) }
  }

  /// `seed` is to be secret on a network: it keeps stations from choosing with whom they share.
  package init(ruleset: Ruleset, limits: Limits = Limits(), seed: UInt64 = 0) {
    self.limits = limits
    rules = RuleTable(ruleset)
    routerFlags = rules.routerFlags
    counters.setRules([RuleCount](repeating: RuleCount(), count: rules.rules.count))
    random = RandomSequence(seed: seed)
    budgets = Budgets(limits, seed: seed)
    refusals = Refusals(seed: seed)
    announcements = AnnouncementPlan(rate: limits.announcementsPerSecond)
  }

  /// When `handleTimeout` is due; `nil` while there is nothing to wait for.
  package var nextDeadline: Instant? { timers.first?.deadline }

  /// How many targets are known or being asked for.
  package var sessionCount: Int { sessions.count }

  /// How many of them are in which state, by RFC 4861's names and in a fixed order.
  ///
  /// Costs their number.
  package var sessionCounts: [(state: TargetState, count: Int)] {
    var counts: [TargetState: Int] = [:]
    for position in sessions.takenPositions { counts[sessions[position].state, default: 0] += 1 }
    return TargetState.allCases.map { ($0, counts[$0] ?? 0) }
  }

  /// Takes one event, appends what is to be done, and says what became of it.
  ///
  /// `Outcome.lookedUp` is what became of a solicitation only until the kernel's answer, which is
  /// an event of its own: its outcome is that of the solicitation.
  @discardableResult
  package mutating func handle(
    _ event: Event, now: Instant, into actions: inout [Action]
  ) -> Outcome {
    consequences = Consequences()
    switch event {
    case .solicitation(let frame, let interface):
      enter(interface)
      counters.receiveSolicitation()
      receive(frame, on: interface, now: now, into: &actions)
      counters.leave()
      return consequences.ofSolicitation
    case .advertisement(let frame, let interface):
      enter(interface)
      counters.receiveAdvertisement()
      receive(frame, on: interface, now: now, into: &actions)
      counters.leave()
      return consequences.ofAdvertisement
    case .malformed(let reason, let interface):
      if let interface { enter(interface) }
      counters.drop(reason)
      counters.leave()
      return .dropped(reason)
    case .interfacesRead(let interfaces):
      read(interfaces, now: now, into: &actions)
    case .interfaceChanged(let interface):
      change(interface, now: now, into: &actions)
    case .interfaceRemoved(let index):
      remove(index, into: &actions)
    case .route(let route, let target, let index):
      apply(route, to: target, from: index, now: now, into: &actions)
      counters.leave()
      return consequences.ofKernelAnswer
    case .located(let location, let target, let index):
      apply(location, of: target, from: index, now: now, into: &actions)
      counters.leave()
      return consequences.ofKernelAnswer
    case .neighbor(let neighbor, let target, let index):
      apply(neighbor, of: target, on: index, now: now, into: &actions)
      counters.leave()
      return consequences.ofKernelAnswer
    case .usage(let usage, let target, let index):
      apply(usage, of: target, on: index, now: now, into: &actions)
      counters.leave()
    case .condition(let condition, let holds):
      apply(condition, holds: holds, now: now, into: &actions)
    case .routesChanged:
      routeGeneration &+= 1
    }
    return .noted
  }
}

// MARK: - Interfaces

extension Engine {
  /// Counts that a message leads to nothing, and why.
  mutating func discard(_ reason: DiscardReason) {
    counters.discard(reason)
    consequences.reason = reason
  }

  /// Counts what follows as this interface's.
  mutating func enter(_ index: InterfaceIndex) {
    admit(index)
    counters.enter(index)
  }

  /// Makes sure that an interface, if there is one, is counted by itself.
  mutating func admit(_ index: InterfaceIndex) {
    if counters.counts(index) { return }
    if let name = interfaces[index]?.name { counters.admit(index, named: name) }
  }

  /// Takes up all interfaces as they are now.
  ///
  /// Those of the first time have been there before us, those that are new later have just come.
  private mutating func read(
    _ newer: [Interface], now: Instant, into actions: inout [Action]
  ) {
    let isFirst = interfaces.interfaces.isEmpty
    let present = Set(newer.map { $0.index })
    for index in interfaces.interfaces.map({ $0.index }) where !present.contains(index) {
      remove(index, into: &actions)
    }
    for interface in newer { change(interface, isNew: !isFirst, now: now, into: &actions) }
  }

  /// Costs the addresses of the interface and, where it means something else for targets than
  /// before, the number of sessions.
  private mutating func change(
    _ interface: Interface, isNew: Bool = true, now: Instant, into actions: inout [Action]
  ) {
    let index = interface.index
    let previous = interfaces[index]
    if previous == interface { return }
    if let previous {
      let isSame =
        previous.name == interface.name && interface.isUp
        && previous.linkLayerAddress == interface.linkLayerAddress
      if !isSame { forgetSessions(using: index, keepingRoutesAt: now, into: &actions) }
    }
    let couldAsk = previous?.isRunning == true && interfaces.canSolicit(on: index)
    interfaces.update(interface)
    if isNew, previous?.mayHaveNeighbors != true, interface.mayHaveNeighbors {
      interfaces.markReady(index, at: now)
    }
    if previous?.names != interface.names {
      forgetSessions(ofProxiesLosing: index, named: interface.names, into: &actions)
      counters.release(index)
      rules.rename(index, from: previous?.names ?? [], to: interface.names)
    }
    if !couldAsk, interface.isRunning, interfaces.canSolicit(on: index) {
      askAgain(on: index, now: now, into: &actions)
    }
    announceIfReturned(interface, unlike: previous, isNew: isNew, now: now)
  }

  private mutating func remove(_ index: InterfaceIndex, into actions: inout [Action]) {
    // Sessions of a proxy are found by its interface, so they go before it does.
    forgetSessions(using: index, into: &actions)
    acquaintances.forget(index)
    let names = interfaces[index]?.names ?? []
    interfaces.remove(index)
    counters.release(index)
    rules.rename(index, from: names, to: [])
  }

  /// Forgets every target confirmed or routed by way of an interface, or asked for there alone.
  ///
  /// Where the interface is only another than before, `now` is given. Then a target to which the
  /// kernel has a route of ours is asked again before it is answered for, and is not forgotten:
  /// neighbors go on sending without a question. It keeps the route, unless that leads out of this
  /// interface: then it is asked again as soon as that is possible.
  private mutating func forgetSessions(
    using index: InterfaceIndex, keepingRoutesAt now: Instant? = nil, into actions: inout [Action]
  ) {
    guard sessions.count > 0 else { return }
    for position in sessions.takenPositions {
      let session = sessions[position]
      let isProxys = rules.proxyInterfaces[session.key.proxy] == index
      let isTargets =
        session.interfaces == .one(index) || session.routeInterface == index
        || session.hostRoute?.route.interface == index || isAsked(position, onlyOn: index)
      // There is more than one change on the way down.
      if now != nil, hasLostHostRoute(position, on: index) { continue }
      if let now, isProxys || isTargets, session.neighbor != nil,
        let route = session.hostRoute?.route
      {
        if route.interface == index { removeHostRoute(position, into: &actions) }
        doubt(position, now: now, into: &actions)
      } else if isProxys || isTargets {
        forget(position, into: &actions)
      }
    }
  }

  /// Forgets every target of the proxies that have this interface by a name that it has no more.
  private mutating func forgetSessions(
    ofProxiesLosing index: InterfaceIndex, named names: [String], into actions: inout [Action]
  ) {
    let lost = Set(
      rules.proxies.indices.filter {
        rules.proxyInterfaces[$0] == index && !names.contains(rules.proxies[$0].interface)
      })
    if lost.isEmpty { return }
    for position in sessions.takenPositions where lost.contains(sessions[position].key.proxy) {
      forget(position, into: &actions)
    }
  }

  /// Whether a target is being asked for, or was in vain, on this interface and no other.
  private func isAsked(_ position: Int, onlyOn index: InterfaceIndex) -> Bool {
    guard sessions[position].interfaces == .all, let rule = rule(ofSession: position) else {
      return false
    }
    return rules.interfaceCount(of: rule) == 1 && rules.names(rule, index)
  }

  /// Takes up a session for a key that has none.
  mutating func insert(_ session: Session) -> Int {
    if sessions.count == 0 { timers.reserve(SessionTable.reserved) }
    let position = sessions.insert(session)
    timers.set(.session(position), to: session.deadline)
    return position
  }

  /// The rule that covers a session's target.
  func rule(ofSession position: Int) -> Rule? {
    let key = sessions[position].key
    return rules.rule(of: key.proxy, covering: key.target)
  }

  /// Whether a target was there, and its route went with the interface.
  private func hasLostHostRoute(_ position: Int, on index: InterfaceIndex) -> Bool {
    let session = sessions[position]
    return session.state == .stale && session.neighbor?.interface == index
      && session.hostRoute == nil && rules.proxies[session.key.proxy].installsHostRoutes
      && !session.isDisputed && !session.isSecondHand
  }

  /// Has every target asked for again that was asked for in vain while an interface could not be
  /// asked on, and that may be there.
  private mutating func askAgain(
    on index: InterfaceIndex, now: Instant, into actions: inout [Action]
  ) {
    guard sessions.count > 0 else { return }
    var restored: Int64 = 0
    for position in sessions.takenPositions {
      let session = sessions[position]
      if hasLostHostRoute(position, on: index) {
        // Not all at once: nobody has to be answered.
        let pause = Duration.seconds(1) * restored / limits.solicitationsPerSecond
        restored += 1
        sessions[position].awaitsNeighbor = true
        wait(position, until: now + pause)
        continue
      }
      guard session.state == .failed || session.state == .incomplete,
        let rule = rule(ofSession: position),
        session.routeInterface == index || rules.names(rule, index)
      else { continue }
      if session.state == .incomplete, session.sent > 0 {
        includeInQuestion(position, index, now: now, into: &actions)
      } else {
        forget(position, into: &actions)
      }
    }
  }
}

// MARK: - Advertising

extension Engine {
  /// Tells one asker that `target` is reached through the proxy interface.
  ///
  /// RFC 4861 §7.2.4 and §7.2.8: the Override flag is clear, so that a real owner wins; the
  /// target link-layer address is always there; a host that detects duplicates is told by way of
  /// all nodes, without the Solicited flag.
  mutating func advertise(
    _ target: IPv6Address, to asker: Asker, proxy: Int, now: Instant, into actions: inout [Action]
  ) {
    guard let index = rules.proxyInterfaces[proxy], let place = interfaces.position(of: index)
    else { return lackSource(on: rules.proxyInterfaces[proxy], into: &actions) }
    advertise(target, to: asker, from: place, proxy: proxy, now: now, into: &actions)
  }

  /// The same where it is known at which place in the table the proxy's interface is.
  mutating func advertise(
    _ target: IPv6Address, to asker: Asker, from place: Int, proxy: Int, now: Instant,
    into actions: inout [Action]
  ) {
    let index = interfaces.interfaces[place].index
    let source: IPv6Address? =
      switch rules.proxies[proxy].source {
      case .target: target
      case let source: interfaces.sourceAddress(at: place, source, towards: asker.destination)
      }
    guard let own = interfaces.interfaces[place].linkLayerAddress, let source else {
      return lackSource(on: index, into: &actions)
    }
    guard isEntitled(target, proxy: proxy) else { return discard(.conditionUnmet) }
    guard budgets.takeAdvertisement(for: asker, now: now) else {
      return discard(.advertisementLimit)
    }
    let advertisement = NeighborAdvertisement(
      source: source, destination: asker.destination, target: target,
      isRouter: rules.proxies[proxy].isRouter, isSolicited: !asker.detectsDuplicates,
      isOverride: rules.proxies[proxy].isOverride, targetLinkLayerAddress: own)
    actions.append(
      .advertise(
        EthernetFrame(
          source: own, destination: asker.frameDestination, message: advertisement),
        on: index))
    admit(index)
    counters.advertise(on: index)
    consequences.isAnswered = true
  }
}

// MARK: - Sources

extension Engine {
  /// Counts that an interface has no address to speak from, and says so once until it changes.
  mutating func lackSource(on index: InterfaceIndex?, into actions: inout [Action]) {
    discard(.noSourceAddress)
    // Each packet may come here: what is known already must not count as a change.
    guard let index, !interfaces.isWithoutSource(index) else { return }
    interfaces.markWithoutSource(index)
    actions.append(.reportMissingSource(on: index))
  }
}

extension Asker {
  fileprivate var destination: IPv6Address { detectsDuplicates ? .allNodes : source }
  fileprivate var frameDestination: MACAddress {
    detectsDuplicates ? .allNodes : linkLayerAddress
  }
}
