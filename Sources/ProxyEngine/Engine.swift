import NDPWire

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
  var rules: RuleTable
  /// The R flag of each proxy that there ever was, by the name of its interface.
  var routerFlags: [String: Bool]
  let seed: UInt64
  var interfaces = InterfaceTable()
  var sessions = SessionTable()
  /// Targets that were silent lately.
  var failures = FailureMemory()
  /// Counts route changes: what was concluded from an older generation is asked again.
  ///
  /// It starts over after 2³²; by then no session is left that nobody has looked at since.
  var routeGeneration: UInt32 = 0
  /// `nil` where answers have no limit.
  var advertisementTokens: FairTokenBucket?
  var solicitationTokens: FairTokenBucket
  var routeLookupTokens: FairTokenBucket

  /// `seed` is to be secret on a network: it keeps stations from choosing with whom they share.
  package init(ruleset: Ruleset, limits: Limits = Limits(), seed: UInt64 = 0) {
    self.limits = limits
    self.seed = seed
    rules = RuleTable(ruleset)
    routerFlags = rules.routerFlags
    counters.setRules([RuleCount](repeating: RuleCount(), count: rules.rules.count))
    advertisementTokens = limits.advertisementsPerSecond.map {
      FairTokenBucket(rate: $0, seed: seed)
    }
    solicitationTokens = FairTokenBucket(rate: limits.solicitationsPerSecond, seed: seed)
    routeLookupTokens = FairTokenBucket(rate: limits.routeLookupsPerSecond, seed: seed)
  }

  /// When `handleTimeout` is due; `nil` while there is nothing to wait for.
  package var nextDeadline: Instant? { sessions.nextDeadline }

  /// How many targets are known or being asked for.
  package var sessionCount: Int { sessions.count }

  /// How many of them are in which state, by RFC 4861's names and in a fixed order.
  ///
  /// Costs their number.
  package var sessionCounts: [(state: String, count: Int)] {
    var counts: [Session.State: Int] = [:]
    for position in sessions.takenPositions { counts[sessions[position].state, default: 0] += 1 }
    return Session.State.allCases.map { ("\($0)", counts[$0] ?? 0) }
  }

  /// Takes one event and appends what is to be done.
  package mutating func handle(_ event: Event, now: Instant, into actions: inout [Action]) {
    switch event {
    case .solicitation(let frame, let interface):
      enter(interface)
      counters.receiveSolicitation()
      receive(frame, on: interface, now: now, into: &actions)
      counters.leave()
    case .advertisement(let frame, let interface):
      enter(interface)
      counters.receiveAdvertisement()
      receive(frame, on: interface, now: now, into: &actions)
      counters.leave()
    case .malformed(let reason, let interface):
      if let interface { enter(interface) }
      counters.drop(reason)
      counters.leave()
    case .interfaceChanged(let interface):
      change(interface, into: &actions)
    case .interfaceRemoved(let index):
      remove(index, into: &actions)
    case .route(let route, let target):
      apply(route, to: target, now: now, into: &actions)
      counters.leave()
    case .routesChanged:
      routeGeneration &+= 1
    }
  }
}

// MARK: - Interfaces

extension Engine {
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

  private mutating func change(_ interface: Interface, into actions: inout [Action]) {
    let previous = interfaces[interface.index]
    if let previous {
      let isSame =
        previous.name == interface.name && interface.isUp
        && previous.linkLayerAddress == interface.linkLayerAddress
      if !isSame { forgetSessions(using: interface.index, into: &actions) }
    }
    interfaces.update(interface)
    if previous?.name != interface.name {
      counters.release(interface.index)
      rules.resolve(in: interfaces)
    }
    let couldAsk = previous.map { $0.canSolicit && $0.isRunning } ?? false
    if !couldAsk, interface.canSolicit, interface.isRunning {
      forgetSessionsInVain(without: interface.index, into: &actions)
    }
  }

  private mutating func remove(_ index: InterfaceIndex, into actions: inout [Action]) {
    // Sessions of a proxy are found by its interface, so they go before it does.
    forgetSessions(using: index, into: &actions)
    interfaces.remove(index)
    counters.release(index)
    rules.resolve(in: interfaces)
  }

  /// Forgets every target asked for, confirmed or routed by way of an interface.
  private mutating func forgetSessions(
    using index: InterfaceIndex, into actions: inout [Action]
  ) {
    for position in sessions.takenPositions {
      let session = sessions[position]
      let isAffected =
        rules.proxyInterfaces[session.key.proxy] == index
        || session.interfaces.contains(index) || session.hostRoute?.interface == index
      if isAffected { forget(position, into: &actions) }
    }
  }
}

extension Engine {
  /// Forgets every target that was asked for in vain while an interface could not be asked on, and
  /// that may be there.
  private mutating func forgetSessionsInVain(
    without index: InterfaceIndex, into actions: inout [Action]
  ) {
    for position in sessions.takenPositions {
      let session = sessions[position]
      guard session.state == .failed || session.state == .incomplete,
        let rule = rules.rule(of: session.key.proxy, covering: session.key.target)
      else { continue }
      let isConcerned =
        session.routeInterface == index || rules.interfaces(of: rule).contains(index)
      if isConcerned { forget(position, into: &actions) }
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
    guard advertisementTokens?.take(for: asker.station, now: now) != false else {
      return counters.discard(.advertisementLimit)
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
  }
}

// MARK: - Sources

extension Engine {
  /// Counts that an interface has no address to speak from, and says so once until it changes.
  mutating func lackSource(on index: InterfaceIndex?, into actions: inout [Action]) {
    counters.discard(.noSourceAddress)
    guard let index, interfaces.markWithoutSource(index) else { return }
    actions.append(.reportMissingSource(on: index))
  }
}

extension Asker {
  fileprivate var destination: IPv6Address { detectsDuplicates ? .allNodes : source }
  fileprivate var frameDestination: MACAddress {
    detectsDuplicates ? .allNodes : linkLayerAddress
  }
}
