import NDPWire
import ProxyModel

// On which interfaces a target is asked for, and within which limits.

extension Engine {
  /// Asks for the target on its interfaces, and waits RetransTimer for an answer.
  ///
  /// First where it was last heard or the route leads. Of very many interfaces each question goes
  /// to others. Where too many strangers are asked for, a question is left out as if it was lost,
  /// unless it is known that it may be put.
  mutating func solicitByMulticast(
    _ position: Int, firstOn heard: InterfaceIndex? = nil, isPaid: Bool = false, now: Instant,
    into actions: inout [Action]
  ) {
    if let until = instantToWait(position, now: now) {
      return wait(position, until: until)
    }
    sessions[position].isAskedByUnicast = false
    var asked: AskedInterfaces = .all
    if isPaid || maySolicit(position, now: now) {
      sessions[position].wasAsked = true
      let start = actions.count
      let session = sessions[position]
      let first = heard ?? session.neighbor?.interface ?? session.routeInterface
      if let first, includes(.all, first, forSession: position) {
        solicitByMulticast(position, on: first, now: now, into: &actions)
      }
      if let routed = session.routeInterface, routed != first {
        solicitByMulticast(position, on: routed, now: now, into: &actions)
      }
      solicitOnNamedInterfaces(
        position, except: [first, session.routeInterface], now: now, into: &actions)
      if session.isContested, session.sent == 0 {
        solicitUpstream(position, now: now, into: &actions)
      }
      if actions.count == start + 1, case .solicit(_, let only) = actions[start] {
        asked = .one(only)
      }
    }
    awaitAnswer(position, on: asked, now: now)
  }

  /// Asks for a target on one more interface, which could not be asked on when the question was
  /// put.
  ///
  /// At once where it is certain that RetransTimer is over there, or with the next question.
  mutating func includeInQuestion(
    _ position: Int, _ index: InterfaceIndex, now: Instant, into actions: inout [Action]
  ) {
    sessions[position].sent = 1
    guard case .one(let other)? = sessions[position].lastSolicited?.on, other != index,
      maySolicit(position, now: now)
    else { return }
    solicitByMulticast(position, on: index, now: now, into: &actions)
    // The next question goes to both, and is not to come too soon for either.
    sessions[position].lastSolicited = (now, .all)
    wait(position, until: now + timers(of: position).timeout)
  }

  /// Asks on the interfaces that the rule names, or on those of very many whose turn it is.
  private mutating func solicitOnNamedInterfaces(
    _ position: Int, except asked: [InterfaceIndex?], now: Instant, into actions: inout [Action]
  ) {
    guard let rule = rule(ofSession: position) else { return }
    let count = rules.interfaceCount(of: rule)
    let length = questionLength(position, count: count, now: now)
    let start = count > length ? Int(sessions[position].start) % count : 0
    for offset in 0..<length {
      guard let index = rules.interface(at: (start + offset) % count, of: rule),
        !asked.contains(index)
      else { continue }
      solicitByMulticast(position, on: index, now: now, into: &actions)
    }
    guard count > length else { return }
    sessions[position].covered += UInt32(length)
    sessions[position].start = UInt32((start + length) % count)
    nextStart = sessions[position].start
  }

  /// On how many of the interfaces of a rule the next question for a target is put.
  ///
  /// A few are all. Of very many those are left to the questions to come whose turn is later. Where
  /// there are more strangers than may be asked for, whoever asks once is worth
  /// `Limits.interfacesPerQuestion`, and who asks again, as a router does, all that are left.
  private mutating func questionLength(_ position: Int, count: Int, now: Instant) -> Int {
    let least = Limits.interfacesPerQuestion
    guard count > least else { return count }
    let session = sessions[position]
    let isOver = session.sent == 0 || Int(session.covered) >= count
    if isOver { sessions[position].covered = 0 }
    let left = count - (isOver ? 0 : Int(session.covered))
    // Whoever asks again has one try left that can still be answered in time.
    let isRepeated = session.askers.contains { $0.worth >= .repeated }
    let rounds = min(Limits.roundsForAllInterfaces, timers(of: position).solicitations)
    let roundsLeft = isRepeated ? 1 : max(1, rounds - Int(session.sent))
    let length = min(left, max(least, (left + roundsLeft - 1) / roundsLeft))
    if length <= least { return length }
    if !isRepeated, !budgets.solicitations.hasPlenty(now: now) { return least }
    for _ in 0..<(length + least - 1) / least where !budgets.questionFrames.take(now: now) {
      return least
    }
    return length
  }

  private mutating func solicitByMulticast(
    _ position: Int, on index: InterfaceIndex, now: Instant, into actions: inout [Action]
  ) {
    let key = sessions[position].key
    guard canAsk(on: index, proxy: key.proxy), !otherHasAsked(position, on: index, now: now)
    else { return }
    let group = key.target.solicitedNodeMulticast
    solicit(
      position, on: index, destination: group, at: MACAddress(multicast: group), into: &actions)
  }

  /// When other proxies asked for the same target less than RetransTimer ago, on one interface or
  /// on any.
  ///
  /// The answer to that is an answer for both.
  private func questionsOfOthers(
    _ position: Int, on index: InterfaceIndex? = nil, now: Instant
  ) -> [Instant] {
    let retransmission = timers(of: position).timeout
    return others(besides: sessions[position].key).compactMap { other in
      guard let last = sessions[other].lastSolicited, last.at + retransmission > now,
        index.map({ includes(last.on, $0, forSession: other) }) ?? true
      else { return nil }
      return last.at
    }
  }

  /// Whether the question of another proxy on an interface counts as this one's.
  func otherHasAsked(_ position: Int, on index: InterfaceIndex, now: Instant) -> Bool {
    !questionsOfOthers(position, on: index, now: now).isEmpty
  }

  /// When to ask, where others have just asked on every interface on which this one would.
  private func instantToWait(_ position: Int, now: Instant) -> Instant? {
    guard let first = questionsOfOthers(position, now: now).min() else { return nil }
    let proxy = sessions[position].key.proxy
    func isFree(_ index: InterfaceIndex) -> Bool {
      canAsk(on: index, proxy: proxy) && !otherHasAsked(position, on: index, now: now)
    }
    if let routed = sessions[position].routeInterface, isFree(routed) { return nil }
    if let rule = rule(ofSession: position) {
      let count = rules.interfaceCount(of: rule)
      let hasFree = (0..<count).contains { place in
        rules.interface(at: place, of: rule).map(isFree) ?? false
      }
      if hasFree { return nil }
    }
    return first + timers(of: position).timeout
  }

  /// Puts the next solicitation off.
  mutating func wait(_ position: Int, until instant: Instant) {
    sessions[position].deadline = instant
    reschedule(position)
  }

  /// Takes up a session's new deadline and precedence.
  mutating func reschedule(_ position: Int) {
    timers.set(.session(position), to: sessions[position].deadline)
    sessions.relist(position)
  }

  /// The sessions that other proxies have for the same target.
  ///
  /// Allocates nothing where there is one proxy only.
  func others(besides key: SessionKey) -> [Int] {
    guard rules.proxies.count > 1 else { return [] }
    var others: [Int] = []
    var siblings = sessions.sessions(of: key.target)
    while let position = siblings.next(in: sessions) {
      if sessions[position].key.proxy != key.proxy { others.append(position) }
    }
    return others
  }

  /// Whether one more question may be asked by multicast, which a whole link has to hear.
  ///
  /// Those for targets that have spoken themselves come first. For others, whoever waits for the
  /// answer and has a token pays for it.
  private mutating func maySolicit(_ position: Int, now: Instant) -> Bool {
    let isKnown = sessions[position].confirmed != nil && !sessions[position].isSecondHand
    if isKnown {
      if budgets.solicitations.takeFirst(now: now) { return true }
      discard(.solicitationLimit)
      return false
    }
    for asker in sessions[position].askers
    where budgets.solicitations.take(for: asker.station, worth: asker.worth, now: now) {
      return true
    }
    // Nobody waits for one that was asked for because it was heard.
    let isOrphan = sessions[position].askers.isEmpty
    if isOrphan, budgets.solicitations.take(for: MACAddress(bits: 0), now: now) { return true }
    discard(.solicitationLimit)
    return false
  }

  /// Asks on the link of the proxy itself whether somebody there has the target.
  private mutating func solicitUpstream(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    guard let index = rules.proxyInterfaces[sessions[position].key.proxy],
      interfaces.canSolicit(on: index), !otherHasAsked(position, on: index, now: now)
    else { return }
    let group = sessions[position].key.target.solicitedNodeMulticast
    solicit(
      position, on: index, destination: group, at: MACAddress(multicast: group), into: &actions)
  }

  /// Asks the neighbor that confirmed the target, and waits RetransTimer for an answer.
  mutating func solicitByUnicast(
    _ position: Int, now: Instant, into actions: inout [Action]
  ) {
    guard let neighbor = sessions[position].neighbor else {
      preconditionFailure("only a target with a neighbor is probed")
    }
    if let last = questionsOfOthers(position, on: neighbor.interface, now: now).max() {
      return wait(position, until: last + timers(of: position).timeout)
    }
    solicit(
      position, on: neighbor.interface, destination: sessions[position].key.target,
      at: neighbor.linkLayerAddress, into: &actions)
    sessions[position].isAskedByUnicast = true
    sessions[position].wasAsked = true
    awaitAnswer(position, on: .one(neighbor.interface), now: now)
  }

  private mutating func awaitAnswer(
    _ position: Int, on asked: AskedInterfaces, now: Instant
  ) {
    sessions[position].sent += 1
    sessions[position].lastSolicited = (now, asked)
    sessions[position].deadline = now + timers(of: position).timeout
    reschedule(position)
  }

  private mutating func solicit(
    _ position: Int, on index: InterfaceIndex, destination: IPv6Address,
    at linkLayerAddress: MACAddress, into actions: inout [Action]
  ) {
    guard let place = interfaces.position(of: index),
      let own = interfaces.interfaces[place].linkLayerAddress,
      let source = interfaces.solicitationSource(at: place)
    else { return lackSource(on: index, into: &actions) }
    let solicitation = NeighborSolicitation(
      source: source, destination: destination, target: sessions[position].key.target,
      sourceLinkLayerAddress: own)
    actions.append(
      .solicit(
        EthernetFrame(source: own, destination: linkLayerAddress, message: solicitation),
        on: index))
    admit(index)
    counters.solicit(on: index)
    consequences.isAsked = true
  }
}
