import FrameFuzzing
import NDPWire
import ProxyEngine
import ProxyModel

/// What a mutant needs to remember; a right gateway needs nothing of it but the first.
struct MutantMemory {
  /// The addresses that interfaces have when nothing is wrong.
  var homeAddresses: [[Interface.Address]] = []
  /// Targets that were answered for.
  var known: Set<IPv6Address> = []
  var lastAskers: [IPv6Address: (asker: IPv6Address, at: Instant)] = [:]
  var questions: [Instant] = []
  /// The last solicitation for each target.
  var lastSolicitations: [IPv6Address: (at: Instant, action: Action)] = [:]
  /// Solicitations to be sent again.
  var again: [(at: Instant, action: Action)] = []
  var advertisements = 0
  /// Who claimed a target first lately, and when.
  var claims: [IPv6Address: (station: MACAddress, index: InterfaceIndex, at: Instant)] = [:]
  /// Who spoke for each target last, and where.
  var words: [IPv6Address: (station: MACAddress, index: InterfaceIndex)] = [:]
  /// By whose word each target got a host route.
  var claimants: [IPv6Address: MACAddress] = [:]
  /// Who has asked for each target since it was last answered for.
  var waiting: [IPv6Address: [IPv6Address]] = [:]
}

extension Limits {
  func mutated(by mutant: Mutant?) -> Limits {
    var limits = self
    switch mutant {
    case .exceedsSolicitationLimit: limits.solicitationsPerSecond *= 8
    case .exceedsSessionLimit: limits.sessions *= 2
    case .exceedsAdvertisementLimit:
      limits.advertisementsPerSecond = limits.advertisementsPerSecond.map { $0 * 4 }
    case .exceedsLookupLimit: limits.routeLookupsPerSecond *= 4
    case .exceedsAskerLimit: limits.askersPerSession *= 4
    default: break
    }
    return limits
  }
}

extension Gateway {
  /// When the engine, or the mistake, wants to be woken.
  func nextDeadline(now: Instant) -> Instant? {
    let deadline = engine.nextDeadline
    if mutant == .spins, deadline != nil { return now }
    guard let again = memory.again.map(\.at).min() else { return deadline }
    return min(again, deadline ?? again)
  }

  // MARK: - Events

  /// The event as the engine gets it; `nil` if it does not.
  func admit(_ event: Event, now: Instant) -> Event? {
    switch (mutant, event) {
    case (.ignoresRouteChanges, .routesChanged): return nil
    case (.missesRemovedInterface, .interfaceRemoved): return nil
    case (.missesNewLinkLayerAddress, .interfaceChanged(let interface)):
      return .interfaceChanged(withOldLinkLayerAddress(interface))
    case (.ignoresUnicast, .solicitation(let frame, _)):
      return frame.message.destination == frame.message.target ? nil : event
    case (.servesFirstAsker, .solicitation(let frame, _)):
      return isFirstAsker(frame.message, now: now) ? event : nil
    case (.servesScannerFirst, .solicitation):
      return memory.questions.add(now) > limits.solicitationsPerSecond / 2 ? nil : event
    case (.believesHearsay, .advertisement(let frame, let index)):
      return .advertisement(frame.changed(isOverride: true), on: index)
    case (.believesUnsolicited, .advertisement(let frame, let index)):
      let own = attachment(index)?.interface.addresses.first?.address
      return .advertisement(frame.changed(destination: own, isSolicited: true), on: index)
    case (.rejectsAnswersWithoutOverride, .advertisement(let frame, _)):
      let isFull = frame.message.isOverride || frame.message.targetLinkLayerAddress != nil
      return isFull ? event : nil
    case (.overlooksProxyLink, .advertisement(_, let index)):
      let isOnlyProxy =
        ruleset.proxies.count == 1
        && attachment(index).map { proxy(on: $0.interface.name) != nil } == true
      return isOnlyProxy ? nil : event
    case (.believesFirstClaim, .advertisement(let frame, let index)):
      return isFirstClaim(frame, on: index, now: now) ? event : nil
    case (.comparesAddressesAcrossLinks, .solicitation(let frame, let index)):
      return isElsewhere(frame, than: index) ? nil : event
    default: return event
    }
  }

  /// Whether another interface has the link-local or link-layer address of an asker.
  private func isElsewhere(
    _ frame: EthernetFrame<NeighborSolicitation>, than index: InterfaceIndex
  ) -> Bool {
    attachments.contains {
      $0.exists && $0.interface.index != index
        && ($0.interface.linkLayerAddress == frame.source
          || $0.interface.has(frame.message.source))
    }
  }

  private func withOldLinkLayerAddress(_ interface: Interface) -> Interface {
    var changed = interface
    changed.linkLayerAddress = interface.linkLayerAddress.map {
      MACAddress(bits: $0.bits & ~0x1_0000)
    }
    return changed
  }

  private func isFirstClaim(
    _ frame: EthernetFrame<NeighborAdvertisement>, on index: InterfaceIndex, now: Instant
  ) -> Bool {
    let target = frame.message.target
    if let first = memory.claims[target], now < first.at + .seconds(1) {
      return first.station == frame.source && first.index == index
    }
    memory.claims[target] = (frame.source, index, now)
    return true
  }

  private func isFirstAsker(_ message: NeighborSolicitation, now: Instant) -> Bool {
    if let last = memory.lastAskers[message.target], last.asker != message.source,
      now < last.at + .milliseconds(200)
    {
      return false
    }
    memory.lastAskers[message.target] = (message.source, now)
    return true
  }

  // MARK: - Actions

  /// Adds what the mistake does.
  func mutateActions(after event: Event?, now: Instant) {
    guard let mutant else { return }
    sendAgain(now: now)
    if mutant == .probesAnswered { askOnceMore(after: event) }
    remember(now: now)
    if mutant == .asksTogether { askForEachProxy() }
    if mutant == .sharesNoRoutes { installBeyondShare(after: event) }
    if mutant == .movesWhileProbing { moveRoute(after: event, now: now) }
    if mutant == .servesLatecomers { dropEarlyAnswers(after: event) }
    if mutant == .answersTwice {
      actions += actions.filter { if case .advertise = $0 { true } else { false } }
    }
    guard case .solicitation(let frame, let index) = event,
      let interface = attachment(index)?.interface, let proxy = proxy(on: interface.name)
    else { return }
    if mutant == .answersAnywhere, let wanted = frame.message.sourceLinkLayerAddress {
      actions = actions.map { $0.sent(to: wanted, insteadOf: frame.source) }
    }
    if mutant == .asksBackwards {
      for case .solicit(let asked, let other) in actions where other != index {
        actions.append(.solicit(asked.sent(from: interface), on: index))
      }
    }
    if actions.isEmpty, isAnsweredByMistake(frame, proxy, on: interface),
      let answer = answer(to: frame, proxy, on: interface)
    {
      actions.append(.advertise(answer, on: index))
    }
  }

  private func isAnsweredByMistake(
    _ frame: EthernetFrame<NeighborSolicitation>, _ proxy: Ruleset.Proxy, on interface: Interface
  ) -> Bool {
    let message = frame.message
    let coverage = Coverage(of: message.target, by: proxy)
    let isDetection = message.isDuplicateAddressDetection
    switch mutant {
    case .answersExcluded: return !isDetection && coverage?.methods.isEmpty == true
    case .answersUncovered: return !isDetection && coverage == nil && !message.target.isNobodys
    case .answersOwnAddress: return !isDetection && interface.isOwnerOracle(of: message.target)
    case .neverForgets: return !isDetection && memory.known.contains(message.target)
    case .defendsFromCache: return isDetection && memory.known.contains(message.target)
    case .defendsAlways:
      return isDetection && coverage?.isStatic == true
        && !interface.isOwnerOracle(of: message.target)
    default: return false
    }
  }

  private func answer(
    to frame: EthernetFrame<NeighborSolicitation>, _ proxy: Ruleset.Proxy, on interface: Interface
  ) -> EthernetFrame<NeighborAdvertisement>? {
    let message = frame.message
    let isDetection = message.isDuplicateAddressDetection
    let peer = isDetection ? IPv6Address.allNodes : message.source
    guard let own = interface.linkLayerAddress,
      let source = interface.sources(of: message.target, to: peer, proxy).first
    else { return nil }
    return EthernetFrame(
      source: own,
      destination: isDetection ? .allNodes : message.sourceLinkLayerAddress ?? frame.source,
      message: NeighborAdvertisement(
        source: source, destination: peer, target: message.target, isRouter: proxy.isRouter,
        isSolicited: !isDetection, isOverride: proxy.isOverride, targetLinkLayerAddress: own))
  }

  private func remember(now: Instant) {
    for action in actions {
      switch action {
      case .advertise(let frame, _): memory.known.insert(frame.message.target)
      case .solicit(let frame, _):
        let target = frame.message.target
        memory.lastSolicitations[target] = (now, action)
        if mutant == .asksTooSoon {
          memory.again.append((now + .milliseconds(150), action))
        } else if mutant == .neverQuiet, memory.known.contains(target),
          memory.again.isEmpty
        {
          memory.again.append((now + .seconds(20), action))
        }
      default: continue
      }
    }
  }

  /// Installs routes that the engine leaves out because their neighbor has its share.
  private func installBeyondShare(after event: Event?) {
    if case .advertisement(let frame, let index) = event {
      memory.words[frame.message.target] = (frame.source, index)
    }
    for case .installHostRoute(let route) in actions {
      memory.claimants[route.target] = memory.words[route.target]?.station
    }
    let share = max(64, limits.sessions / 8)
    for case .advertise(let answer, _) in actions {
      let target = answer.message.target
      guard installed[target] == nil, let word = memory.words[target] else { continue }
      let count = installed.keys.count { memory.claimants[$0] == word.station }
      if count < share { continue }
      memory.claimants[target] = word.station
      actions.append(
        .installHostRoute(HostRoute(target: target, interface: word.index, gateway: nil)))
    }
  }

  /// Leads a target's packets to another station than the one that is being probed.
  private func moveRoute(after event: Event?, now: Instant) {
    guard case .advertisement(let frame, let index) = event,
      let last = memory.lastSolicitations[frame.message.target],
      case .solicit(let probe, _) = last.action, !probe.destination.isMulticast,
      now < last.at + .seconds(1), probe.destination != frame.source,
      installed[frame.message.target] != nil
    else { return }
    actions.append(
      .installHostRoute(HostRoute(target: frame.message.target, interface: index, gateway: nil)))
  }

  /// Takes the answers away from those whose place somebody else had, had he come later.
  private func dropEarlyAnswers(after event: Event?) {
    if case .solicitation(let frame, _) = event {
      memory.waiting[frame.message.target, default: []].append(frame.message.source)
    }
    let answered = Set(
      actions.compactMap { action -> IPv6Address? in
        if case .advertise(let frame, _) = action { frame.message.target } else { nil }
      })
    for target in answered {
      let waiting = memory.waiting.removeValue(forKey: target) ?? []
      let late = Set(waiting.suffix(limits.askersPerSession))
      actions.removeAll { action in
        guard case .advertise(let frame, _) = action, frame.message.target == target,
          !frame.message.destination.isMulticast
        else { return false }
        return !late.contains(frame.message.destination)
      }
    }
  }

  /// Repeats each question for a target that two proxies may ask for.
  private func askForEachProxy() {
    for action in actions {
      guard case .solicit(let frame, _) = action else { continue }
      let target = frame.message.target
      let interested = ruleset.proxies.count {
        Coverage(of: target, by: $0)?.methods.isEmpty == false
      }
      if interested > 1 { actions.append(action) }
    }
  }

  /// Has a target asked again, RetransTimer after it was asked, that has answered.
  private func askOnceMore(after event: Event?) {
    guard case .advertisement(let frame, _) = event, frame.message.isSolicited,
      let last = memory.lastSolicitations.removeValue(forKey: frame.message.target)
    else { return }
    let pause = ruleset.proxies.map(\.timers.timeout).max()!
    memory.again.append((last.at + pause + .milliseconds(1), last.action))
  }

  private func sendAgain(now: Instant) {
    let due = memory.again.filter { $0.at <= now }
    memory.again.removeAll { $0.at <= now }
    for (_, action) in due {
      guard case .solicit(let frame, let index) = action,
        let interface = attachment(index)?.interface, interface.isUp, !interface.usable.isEmpty
      else { continue }
      if mutant == .neverQuiet { memory.again.append((now + .seconds(20), action)) }
      // While the engine asks, nobody sees that it never stops.
      if mutant == .neverQuiet, engine.nextDeadline != nil { continue }
      actions.append(.solicit(frame.sent(from: interface), on: index))
    }
    if mutant == .asksTooSoon, !due.isEmpty { memory.again.removeAll() }
  }

  // MARK: - Octets

  /// The frame as it leaves.
  func bend(_ octets: [UInt8]) -> [UInt8] {
    guard let mutant, octets.count > 58 else { return octets }
    var bent = octets
    let isAdvertisement = octets[54] == 136
    memory.advertisements += 1
    switch mutant {
    case .flipsRouter where isAdvertisement && memory.advertisements % 20 == 0: bent[58] ^= 0x80
    case .setsOverride where isAdvertisement: bent[58] |= 0x20
    case .solicitedToAllNodes where isAdvertisement: bent[58] |= 0x40
    case .breaksChecksum where memory.advertisements % 20 == 0:
      bent[57] ^= 1
      return bent
    default: return octets
    }
    bent.mend()
    return bent
  }
}

extension EthernetFrame<NeighborAdvertisement> {
  fileprivate func changed(
    destination: IPv6Address? = nil, isSolicited: Bool? = nil, isOverride: Bool? = nil
  ) -> Self {
    EthernetFrame(
      source: source, destination: self.destination,
      message: NeighborAdvertisement(
        source: message.source, destination: destination ?? message.destination,
        target: message.target, isRouter: message.isRouter,
        isSolicited: (isSolicited ?? message.isSolicited)
          && !(destination ?? message.destination).isMulticast,
        isOverride: isOverride ?? message.isOverride,
        targetLinkLayerAddress: message.targetLinkLayerAddress))
  }
}

extension EthernetFrame<NeighborSolicitation> {
  fileprivate func sent(from interface: Interface) -> Self {
    let own = interface.linkLayerAddress ?? source
    return EthernetFrame(
      source: own, destination: destination,
      message: NeighborSolicitation(
        source: interface.usable.first ?? message.source,
        destination: message.destination, target: message.target, sourceLinkLayerAddress: own))
  }
}

extension Action {
  /// The same, but an answer goes to another station.
  fileprivate func sent(to wanted: MACAddress, insteadOf station: MACAddress) -> Action {
    guard case .advertise(let frame, let index) = self, frame.destination == station else {
      return self
    }
    return .advertise(
      EthernetFrame(source: frame.source, destination: wanted, message: frame.message), on: index)
  }
}
