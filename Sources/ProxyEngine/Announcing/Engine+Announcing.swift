import NDPWire
package import ProxyModel

// Unsolicited advertisements: who sent to another gateway before learns at once that targets are
// reached by this one (RFC 4861 §7.2.6).
//
// What is announced is what would be answered now. Targets that have to be found first are asked
// for, and announced when they are.

extension Engine {
  /// Announces the targets of a proxy that were solicited, the latest first; only those of some
  /// rules, where these are given.
  ///
  /// Those that are there come first, then those that were there before, for a scan may have made
  /// many others. Where the interface cannot speak yet, it is done when it can.
  mutating func announceTargets(
    ofProxy proxy: Int, onlyRules: Set<Int>? = nil, now: Instant
  ) {
    guard canAnnounce(proxy) else {
      announcements.postponed.insert(proxy)
      return
    }
    announcements.postponed.remove(proxy)
    let keys = solicited.keys.filter { key in
      guard key.proxy == proxy else { return false }
      guard let onlyRules else { return true }
      return rules.position(of: proxy, covering: key.target).map(onlyRules.contains) ?? false
    }
    counters.beginAnnouncements()
    var classes = [[SessionKey]](repeating: [], count: 4)
    for key in keys { classes[announcementClass(of: key)].append(key) }
    announcements.queue.start(Array(classes.joined()), now: now) { [rules] key in
      guard key.proxy == proxy else { return false }
      guard let onlyRules else { return true }
      return rules.position(of: proxy, covering: key.target).map(onlyRules.contains) ?? true
    }
  }

  /// Which targets are announced first: 0 is there, 1 was until lately, 2 was at some time, 3 was
  /// never.
  private func announcementClass(of key: SessionKey) -> Int {
    if isKnownToBeThere(key) { return 0 }
    if wasFound(key) { return 1 }
    return solicited.isAnswered(key) ? 2 : 3
  }

  /// Whether the interface of a proxy is there and has an address to speak from.
  private func canAnnounce(_ proxy: Int) -> Bool {
    guard let index = rules.proxyInterfaces[proxy], let interface = interfaces[index] else {
      return false
    }
    let source = rules.proxies[proxy].source
    return interface.isUp && interface.isRunning && interface.linkLayerAddress != nil
      && (source == .target || interface.addresses.sourceAddress(source, towards: .allNodes) != nil)
  }

  /// Whether some rule of a proxy is in force.
  func isInForce(_ proxy: Int) -> Bool {
    rules.positions(ofProxy: proxy).contains {
      rules.rules[$0].isEntitled && !rules.rules[$0].isExclusion
    }
  }

  func isKnownToBeThere(_ key: SessionKey) -> Bool {
    rules.position(of: key.proxy, covering: key.target).map { isKnownToBeThere(key, rule: $0) }
      ?? false
  }

  /// Takes up that an interface is another than before: one that has come back, or has another
  /// link-layer address, announces what is reached by it.
  mutating func announceIfReturned(
    _ interface: Interface, unlike previous: Interface?, isNew: Bool, now: Instant
  ) {
    guard let proxy = rules.proxy(on: interface.index), rules.announces(proxy) else { return }
    let isBack =
      previous.map { !($0.isUp && $0.isRunning) && interface.isUp && interface.isRunning } ?? isNew
    let hasMoved = previous != nil && previous?.linkLayerAddress != interface.linkLayerAddress
    let startsNow = previous == nil && !isNew && rules.announcesAtStart(proxy)
    if isBack || hasMoved || startsNow || announcements.postponed.contains(proxy),
      isInForce(proxy)
    {
      announceTargets(ofProxy: proxy, now: now)
    }
    if let period = rules.announcementPeriod(of: proxy), announcements.nextPeriod[proxy] == nil {
      announcements.nextPeriod[proxy] = now + period
    }
  }

  /// Announces again what is announced from time to time, unless it has not been announced at all.
  mutating func announcePeriodically(now: Instant) {
    for (proxy, instant) in announcements.nextPeriod where instant <= now {
      guard let period = rules.announcementPeriod(of: proxy) else {
        announcements.nextPeriod[proxy] = nil
        continue
      }
      announcements.nextPeriod[proxy] = now + period
      if isInForce(proxy), !announcements.queue.hasFirstRound(ofProxy: proxy) {
        announceTargets(ofProxy: proxy, now: now)
      }
    }
  }

  /// Sends the next announcements, if it is time.
  mutating func sendAnnouncements(now: Instant, into actions: inout [Action]) {
    guard let deadline = announcements.queue.nextDeadline, deadline <= now else { return }
    // The queue is out of the engine meanwhile, for it has all of that.
    var queue = announcements.queue
    announcements.queue = AnnouncementQueue(rate: limits.announcementsPerSecond)
    queue.sendBatch(now: now) { announce($0, atMost: $1, now: now, into: &actions) }
    queue.takeUrgent(from: announcements.queue)
    announcements.queue = queue
  }

  /// Announces a target, or asks for it, with a limited number of frames.
  private mutating func announce(
    _ turn: AnnouncementQueue.Turn, atMost limit: Int, now: Instant, into actions: inout [Action]
  ) -> AnnouncementQueue.Result {
    let key = turn.key
    guard let rule = rules.position(of: key.proxy, covering: key.target),
      let index = rules.proxyInterfaces[key.proxy], let place = interfaces.position(of: index),
      mayAnswer(for: key.target, by: rule, at: place)
    else { return .void }
    guard isKnownToBeThere(key, rule: rule) else {
      guard turn.round == 0 else { return .void }
      findOut(key, rule: rules.rules[rule], now: now, into: &actions)
      guard let position = sessions.position(of: key) else { return .refused }
      sessions[position].isToBeAnnounced = true
      return .asked
    }
    let solicitors =
      turn.round == 1
      ? solicited.solicitors(of: key).prefix(limits.announcementsPerSecond) : []
    if solicitors.isEmpty {
      announce(key, at: place, to: .allNodes, .allNodes, into: &actions)
      return .sent(1)
    }
    guard solicitors.count <= limit else { return .tooLong }
    for solicitor in solicitors {
      announce(
        key, at: place, to: solicitor.address, solicitor.linkLayerAddress, into: &actions)
    }
    return .sent(solicitors.count)
  }

  private mutating func announce(
    _ key: SessionKey, at place: Int, to destination: IPv6Address,
    _ frameDestination: MACAddress, into actions: inout [Action]
  ) {
    let interface = interfaces.interfaces[place]
    let proxy = rules.proxies[key.proxy]
    let source: IPv6Address? =
      proxy.source == .target
      ? key.target : interfaces.sourceAddress(at: place, proxy.source, towards: destination)
    guard let own = interface.linkLayerAddress, let source else {
      return lackSource(on: interface.index, into: &actions)
    }
    // The Override flag is what makes those change their mind who know another gateway.
    let advertisement = NeighborAdvertisement(
      source: source, destination: destination, target: key.target, isRouter: proxy.isRouter,
      isSolicited: false, isOverride: true, targetLinkLayerAddress: own)
    actions.append(
      .advertise(
        EthernetFrame(source: own, destination: frameDestination, message: advertisement),
        on: interface.index))
    admit(interface.index)
    counters.announce(on: interface.index)
  }

  /// Whether a question for the target would not be refused, were it there.
  private func mayAnswer(for target: IPv6Address, by position: Int, at place: Int) -> Bool {
    let rule = rules.rules[position]
    let isOrdinary =
      target.isProxyable && (!target.isIPv4Compatible || rule.prefix.length >= 96)
    return isOrdinary && !rule.isExclusion && rule.isEntitled
      && !interfaces.interfaces[place].owns(target) && interfaces.interfaces[place].isUp
  }

  /// Whether a target was found, however long ago.
  func wasFound(_ key: SessionKey) -> Bool {
    guard let position = sessions.position(of: key) else { return false }
    return [.stale, .reachable, .probing].contains(sessions[position].state)
  }

  /// Whether a question for the target would be answered at once, were it asked.
  private func isKnownToBeThere(_ key: SessionKey, rule: Int) -> Bool {
    if rules.rules[rule].isStatic || interfaces.hasUsable(key.target) { return true }
    guard let position = sessions.position(of: key) else { return false }
    return sessions[position].isBelieved(routesAt: routeGeneration)
  }

  /// Announces a target that was found just now, if it was asked for to be announced or its proxy
  /// wants that of every new one (RFC 9131).
  mutating func announceIfWanted(_ position: Int, isNew: Bool, now: Instant) {
    let key = sessions[position].key
    let isAwaited = sessions[position].isToBeAnnounced
    sessions[position].isToBeAnnounced = false
    guard isAwaited || isNew && rules.proxies[key.proxy].announcesNewTargets,
      !sessions[position].isSecondHand, isEntitled(key.target, proxy: key.proxy)
    else { return }
    announcements.queue.add(key, now: now)
  }
}

// MARK: - Other gateways

extension Engine {
  /// Whether another station advertises a target on a proxy interface for which this host answers;
  /// it is reported once for each station.
  mutating func isOfOtherGateway(
    _ frame: EthernetFrame<NeighborAdvertisement>, on index: InterfaceIndex, at place: Int,
    now: Instant, _ actions: inout [Action]
  ) -> Bool {
    guard let proxy = rules.proxy(on: index), rules.isShared(proxy) else { return false }
    let message = frame.message
    let own = interfaces.interfaces[place].linkLayerAddress
    // A frame of our own that somebody sends back is nobody else's.
    if frame.source == own, message.source == message.target { return false }
    let key = SessionKey(proxy: proxy, target: message.target)
    guard let rule = rules.position(of: proxy, covering: message.target),
      mayAnswer(for: message.target, by: rule, at: place), isKnownToBeThere(key, rule: rule)
    else { return false }
    if otherGateways.hear(frame.source, now: now) {
      actions.append(.reportConflict(message.target, claimedBy: frame.source, on: index))
    }
    return true
  }

  /// When another gateway last advertised a target of ours.
  package var otherGatewayHeard: Instant? { otherGateways.heard }

  /// When rules had come into force, or out of it, before that.
  package var entitlementBeforeHeard: Instant? { otherGateways.entitlementBeforeHeard }

  /// Whether an interface is that of a proxy.
  package func isProxyInterface(_ index: InterfaceIndex) -> Bool { rules.proxy(on: index) != nil }
}

extension RuleTable {
  /// Whether a proxy has another gateway beside it, as far as the configuration says so.
  func isShared(_ proxy: Int) -> Bool { conditionalProxies[proxy] }

  /// Whether the targets of a proxy are announced.
  func announces(_ proxy: Int) -> Bool {
    switch proxies[proxy].announcements {
    case .auto: conditionalProxies[proxy]
    case .no: false
    case .yes, .every: true
    }
  }

  /// Whether it is remembered who solicits the targets of a proxy.
  func remembersSolicitors(of proxy: Int) -> Bool { conditionalProxies[proxy] || announces(proxy) }

  func announcesAtStart(_ proxy: Int) -> Bool { announcementPeriod(of: proxy) != nil }

  func announcementPeriod(of proxy: Int) -> Duration? {
    guard proxy < proxies.count, case .every(let period) = proxies[proxy].announcements else {
      return nil
    }
    return period
  }
}
