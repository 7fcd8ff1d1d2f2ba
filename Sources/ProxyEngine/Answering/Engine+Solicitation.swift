import NDPWire
import ProxyModel

// What a received solicitation leads to (RFC 4861 §7.2.3, §7.2.8).

extension Engine {
  mutating func receive(
    _ frame: EthernetFrame<NeighborSolicitation>, on index: InterfaceIndex, now: Instant,
    into actions: inout [Action]
  ) {
    let proxy = rules.proxy(on: index)
    if proxy.map(rules.asksWhereItAnswers) ?? true {
      let message = frame.message
      let speaker = message.source.isUnspecified ? message.target : message.source
      notice(speaker, speakingOn: index, from: frame.source, now: now, into: &actions)
    }
    guard let proxy, let place = interfaces.position(of: index) else {
      return discard(.notProxyInterface)
    }
    let message = frame.message
    if let reason = refusal(of: frame, at: place) { return discard(reason) }
    guard let rule = rules.position(of: proxy, covering: message.target) else {
      return discard(.noRule)
    }
    counters.follow(rule)
    if rules.rules[rule].isExclusion { return discard(.excluded) }
    // What looks like an IPv4 address is meant only where a rule says just that.
    if message.target.isIPv4Compatible, rules.rules[rule].prefix.length < 96 {
      return discard(.targetNotProxied)
    }
    guard let asker = asker(of: frame, proxy: proxy, at: place, now: now) else { return }
    let detection = rules.proxies[proxy].duplicateDetection
    if asker.detectsDuplicates, detection == .ignore {
      return discard(.duplicateAddressDetection)
    }
    if rules.remembersSolicitors(of: proxy) { remember(frame, forProxy: proxy) }
    guard rules.rules[rule].isEntitled else {
      let key = SessionKey(proxy: proxy, target: message.target)
      if !asker.detectsDuplicates {
        learn(key, rule: rules.rules[rule], now: now, into: &actions)
      }
      return discard(.conditionUnmet)
    }
    if interfaces.hasUsable(message.target) {
      // The kernel answers for an address only on the interface that has it.
      advertise(
        message.target, to: asker, from: place, proxy: proxy, now: now, into: &actions)
    } else if rules.rules[rule].isStatic {
      // A wide static rule must not keep hosts of the link from configuring addresses.
      let isWide = rules.rules[rule].prefix.length < 128
      if asker.detectsDuplicates, isWide, detection != .defend {
        return discard(.duplicateAddressDetection)
      }
      advertise(
        message.target, to: asker, from: place, proxy: proxy, now: now, into: &actions)
    } else {
      let key = SessionKey(proxy: proxy, target: message.target)
      ask(
        frame, for: asker, key: key, rule: rules.rules[rule], now: now, into: &actions)
    }
  }

  /// Why a solicitation is nobody's to answer whatever the rules say; `nil` if it may be.
  ///
  /// `place` is where in the table the interface is on which it came.
  private func refusal(
    of frame: EthernetFrame<NeighborSolicitation>, at place: Int
  ) -> DiscardReason? {
    let message = frame.message
    let target = message.target
    if !target.isProxyable { return .targetNotProxied }
    let speaker = message.source.isUnspecified ? target : message.source
    if interfaces.isOwn(frame.source, speaker, receivedAt: place) {
      // A station that looks for duplicates of one of our addresses is not us.
      let isOurs = frame.source == interfaces.interfaces[place].linkLayerAddress
      return message.source.isUnspecified && !isOurs ? .ownAddress : .ownFrame
    }
    if let claimed = message.sourceLinkLayerAddress, claimed != frame.source,
      interfaces.isOwn(claimed, message.source, receivedAt: place)
    {
      return .ownFrame
    }
    if message.source == target { return .askerIsTarget }
    if interfaces.interfaces[place].owns(target) { return .ownAddress }
    return nil
  }

  /// Who gets the answer; `nil`, and counted why, where nobody may.
  ///
  /// Some routers ask from addresses that are not on the link. They are answered within a limit,
  /// and only at the link-layer address that the frame came from.
  private mutating func asker(
    of frame: EthernetFrame<NeighborSolicitation>, proxy: Int, at place: Int, now: Instant
  ) -> Asker? {
    let source = frame.message.source
    let isOnLink =
      source.isLinkLocal || source.isUnspecified || interfaces.interfaces[place].reaches(source)
    if isOnLink {
      var asker = Asker(frame, now: now)
      if budgets.advertisements != nil { asker.worth = worth(of: asker, proxy: proxy) }
      return asker
    }
    guard rules.proxies[proxy].solicitors == .any else {
      discard(.askerOffLink)
      return nil
    }
    var asker = Asker(frame, answeredAt: frame.source, now: now)
    asker.worth = worth(of: asker, proxy: proxy)
    guard budgets.offLinkSolicitations.take(for: asker.station, worth: asker.worth, now: now) else {
      discard(.offLinkLimit)
      return nil
    }
    return asker
  }

  /// Answers from what is known of the target, or finds out.
  private mutating func ask(
    _ frame: EthernetFrame<NeighborSolicitation>, for asker: Asker, key: SessionKey,
    rule: Rule, now: Instant, into actions: inout [Action]
  ) {
    guard let position = sessions.position(of: key) else {
      return begin(key, rule: rule, for: asker, now: now, into: &actions)
    }
    if lookUpRouteAgain(position, for: asker, now: now, into: &actions) { return }
    if sessions[position].state != .stale, asker.detectsDuplicates {
      return detectDuplicate(position, frame, for: asker, now: now, into: &actions)
    }
    countQuestion(for: position, now: now)
    switch sessions[position].state {
    case .reachable, .probing:
      sessions.touch(position)
      if sessions[position].isSecondHand {
        return askSecondHand(position, for: asker, now: now, into: &actions)
      }
      sessions[position].answers &+= 1
      advertise(key.target, to: asker, proxy: key.proxy, now: now, into: &actions)
    case .incomplete:
      add(asker, to: position, now: now)
    case .stale:
      add(asker, to: position, now: now)
      revive(position, now: now, into: &actions)
    case .failed:
      discard(.targetFailed)
    }
  }

  /// Takes down that somebody has just asked for a target.
  mutating func countQuestion(for position: Int, now: Instant) {
    sessions[position].isWanted = true
    sessions[position].isDoubted = false
    sessions[position].asked = now
  }

  /// Starts to find out about a target that nothing is known of.
  ///
  /// Nobody may wait for it.
  mutating func begin(
    _ key: SessionKey, rule: Rule, for asker: Asker?, now: Instant,
    into actions: inout [Action]
  ) {
    if isEcho(key, now: now) { return discard(.askedHere) }
    var asker = asker
    if let waiting = asker { asker?.worth = worth(of: waiting, proxy: key.proxy) }
    if rule.isAuto {
      guard pay(forRoute: true, &asker, key, now: now) else {
        return discard(.routeLookupLimit)
      }
    } else {
      guard canAsk(rule, proxy: key.proxy) else { return lackInterface(of: rule, into: &actions) }
      guard pay(forRoute: false, &asker, key, now: now) else {
        return discard(.solicitationLimit)
      }
    }
    guard makeRoom(now: now, into: &actions) else { return discard(.sessionLimit) }
    let timeout = rules.proxies[key.proxy].timers.timeout
    var session = Session(key: key, begun: now, deadline: now + timeout)
    session.start = nextStart
    if rule.isAuto {
      session.awaitsRoute = true
      session.routeGeneration = routeGeneration
    } else {
      session.interfaces = .all
    }
    let position = insert(session)
    if let asker { add(asker, to: position, now: now) }
    if rule.isAuto { return lookUpRoute(position, into: &actions) }
    sessions[position].awaitsLocation = true
    if let index = rules.proxyInterfaces[key.proxy] {
      consequences.isLookedUp = true
      actions.append(.locate(key.target, from: index))
    }
  }

  /// Goes on to ask for a target that is not a neighbor of the proxy.
  mutating func apply(
    _ location: Location, of target: IPv6Address, from index: InterfaceIndex, now: Instant,
    into actions: inout [Action]
  ) {
    guard let proxy = rules.proxy(on: index),
      let position = sessions.position(of: SessionKey(proxy: proxy, target: target)),
      sessions[position].awaitsLocation, let rule = rule(ofSession: position)
    else { return }
    enter(index)
    sessions[position].awaitsLocation = false
    consequences.isAwaited = true
    switch location {
    case .neighbor:
      discard(.targetUpstream)
      return forget(position, into: &actions)
    case .onProxyLink: sessions[position].isContested = true
    case .onLink(let other):
      if rules.names(rule, other) { sessions[position].routeInterface = other }
    case .elsewhere: break
    }
    // Nobody inside may keep a host of the proxy's link from configuring its address.
    let isContested = sessions[position].isContested
    let askers = sessions[position].askers
    if isContested, !askers.isEmpty, askers.allSatisfy({ $0.detectsDuplicates }) {
      discard(.duplicateAddressDetection)
      return forget(position, into: &actions)
    }
    let key = sessions[position].key
    if !isContested, let found = neighborFoundByOther(of: key, rule: rule, now: now) {
      confirm(position, by: .neighbor(found), now: now, into: &actions)
    } else {
      solicitByMulticast(position, isPaid: true, now: now, into: &actions)
    }
  }

  /// Asks anew for a target that a proxy spoke for.
  ///
  /// It might have spoken from memory, and we from what it said: two such proxies would keep a
  /// target alive between them that is long gone (RFC 4389 §6). So it has to ask, too.
  private mutating func askSecondHand(
    _ position: Int, for asker: Asker, now: Instant, into actions: inout [Action]
  ) {
    add(asker, to: position, now: now)
    startAsking(position, now: now, into: &actions)
  }

  /// Counts that a rule cannot be followed because there is nowhere to ask.
  private mutating func lackInterface(of rule: Rule, into actions: inout [Action]) {
    let named = rules.interfaces(of: rule)
    let mute = named.first { interfaces[$0]?.mayHaveNeighbors == true }
    if let mute, !interfaces.canSolicit(on: mute) {
      return lackSource(on: mute, into: &actions)
    }
    discard(.ruleInterfaceUnavailable)
  }

  /// Whether another proxy of ours has just asked for the target on the very interface on which it
  /// is now asked for: another proxy there passes our own question on (RFC 4389 §6).
  private func isEcho(_ key: SessionKey, now: Instant) -> Bool {
    guard let index = rules.proxyInterfaces[key.proxy] else { return false }
    return others(besides: key).contains { other in
      // Of our first question only: who asks in earnest at the same pace would always be too early.
      guard sessions[other].sent == 1, let last = sessions[other].lastSolicited,
        includes(last.on, index, forSession: other)
      else { return false }
      return now < last.at + Limits.echoWindow
    }
  }

  /// Where another proxy has just found the target, among the interfaces of a rule.
  private func neighborFoundByOther(
    of key: SessionKey, rule: Rule, now: Instant
  ) -> Session.Neighbor? {
    let retransmission = rules.proxies[key.proxy].timers.timeout
    for other in others(besides: key) {
      let session = sessions[other]
      guard let neighbor = session.neighbor, let confirmed = session.confirmed,
        !session.isSecondHand, rules.names(rule, neighbor.interface),
        canAsk(on: neighbor.interface, proxy: key.proxy), now < confirmed + retransmission
      else { continue }
      return neighbor
    }
    return nil
  }

  /// Whether there is an interface on which the targets of a rule can be asked for now.
  ///
  /// Looks at them until one is found.
  func canAsk(_ rule: Rule, proxy: Int) -> Bool {
    (0..<rules.interfaceCount(of: rule)).contains { place in
      rules.interface(at: place, of: rule).map { canAsk(on: $0, proxy: proxy) } ?? false
    }
  }

  /// A target is never asked for where the question came from.
  func canAsk(on index: InterfaceIndex, proxy: Int) -> Bool {
    index != rules.proxyInterfaces[proxy] && interfaces.canSolicit(on: index)
  }

  /// Lets only the owner itself defend its address, never what was heard of it before.
  ///
  /// RFC 4389 §4.1.3.1 and RFC 6957 §4.2.
  private mutating func detectDuplicate(
    _ position: Int, _ frame: EthernetFrame<NeighborSolicitation>, for asker: Asker, now: Instant,
    into actions: inout [Action]
  ) {
    let session = sessions[position]
    if session.neighbor?.linkLayerAddress == frame.source {
      // Perhaps the owner itself came over to this link (RFC 4389 §3), so it is asked whether it
      // is still where it was; anybody could send this, so it is not taken to be gone.
      if session.state == .reachable { startProbing(position, now: now, into: &actions) }
      return discard(.duplicateAddressDetection)
    }
    switch session.state {
    case .incomplete, .stale:
      add(asker, to: position, now: now)
    case .reachable, .probing:
      defend(position, against: asker, now: now, into: &actions)
    case .failed:
      discard(.targetFailed)
    }
  }

  /// Asks the owner whether it is there, and answers when it says so.
  ///
  /// An owner that spoke so lately that it may not be asked again in time has just said so.
  mutating func defend(
    _ position: Int, against asker: Asker, now: Instant, into actions: inout [Action]
  ) {
    let session = sessions[position]
    // Nobody on another link keeps a host of the proxy's own link from configuring its address.
    guard session.neighbor != nil, let confirmed = session.confirmed, !session.isContested else {
      return discard(.duplicateAddressDetection)
    }
    if session.state == .probing { return add(asker, to: position, now: now) }
    if earliestSolicitation(position, now: now) < now + Limits.duplicateDetectionWindow {
      add(asker, to: position, now: now)
      startProbing(position, now: now, into: &actions)
    } else if !session.isSecondHand, confirmed + Limits.duplicateDetectionWindow > now {
      advertise(session.key.target, to: asker, proxy: session.key.proxy, now: now, into: &actions)
    } else {
      discard(.duplicateAddressDetection)
    }
  }
}
