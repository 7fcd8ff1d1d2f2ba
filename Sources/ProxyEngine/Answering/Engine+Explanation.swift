package import NDPWire
package import ProxyModel

// What a question would lead to: it is asked of a copy of the engine, and nothing comes of it.

/// What a question for one target leads to on one proxy interface.
package struct TargetExplanation: Sendable {
  /// The name of the proxy interface.
  package let proxy: String
  /// Every rule of the proxy that covers the target, the one that counts first.
  package let rules: [RuleSummary]
  /// The interfaces on which the rule that counts asks by name, those that are there now.
  package let ruleInterfaces: [InterfaceIndex]
  /// What is known of the target.
  package let session: SessionSummary?
  /// When the target was last given up, if that is remembered.
  package let failed: Instant?
  /// Why it was: nobody answered, or a host on the link of the proxy has it.
  package let failureReason: DiscardReason?
  /// What a question that came now would lead to; `nil` where there is no such interface.
  package let outcome: Outcome?
  /// The answer, if there would be one at once.
  package let advertisement: NeighborAdvertisement?
  /// On which interfaces a question would go out at once, whatever became of the solicitation.
  package let askedOn: [InterfaceIndex]
  /// What keeps the rule that counts from being in force.
  package let unmet: UnmetCondition?
}

extension Engine {
  /// What becomes of a question for a target on each proxy that has a rule for it.
  ///
  /// `kernel` answers the questions for the kernel among the actions, and does nothing else.
  /// `solicitor` is whoever put the last question on a proxy interface: the question is put in its
  /// name, or in that of a station with a link-local address where nobody has asked. Nothing
  /// changes; costs some hundred lookups for each proxy.
  package func explanations(
    of target: IPv6Address, now: Instant, solicitor: (InterfaceIndex) -> Solicitor? = { _ in nil },
    kernel: (Action) -> Event?
  ) -> [TargetExplanation] {
    let proxies = rules.proxies.indices.lazy.filter { [rules] proxy in
      rules.position(of: proxy, covering: target) != nil
    }
    return proxies.prefix(Limits.explainedProxies).map { proxy in
      let covering = rules(of: proxy, covering: target)
      let key = SessionKey(proxy: proxy, target: target)
      let failure = failures.latest(key)
      let trial = trial(of: target, on: proxy, by: solicitor, kernel: kernel, now: now)
      return TargetExplanation(
        proxy: rules.proxies[proxy].interface, rules: covering,
        ruleInterfaces: rules.rule(of: proxy, covering: target).map { rules.interfaces(of: $0) }
          ?? [],
        session: sessions.position(of: key).map { summary(ofSession: $0) },
        failed: failure?.at, failureReason: failure?.reason,
        outcome: trial.outcome, advertisement: trial.advertisement, askedOn: trial.askedOn,
        unmet: rules.position(of: proxy, covering: target).flatMap { unmetCondition(ofRule: $0) })
    }
  }

  private func trial(
    of target: IPv6Address, on proxy: Int, by solicitor: (InterfaceIndex) -> Solicitor?,
    kernel: (Action) -> Event?, now: Instant
  ) -> Trial {
    // Nobody asks for a group, and a question for one cannot be made.
    if target.isMulticast { return Trial(.ignored(.targetNotProxied)) }
    guard let index = rules.proxyInterfaces[proxy] else { return Trial(nil) }
    // What is asked for nevertheless, to know of it in time, is not answered.
    if let rule = rules.rule(of: proxy, covering: target), !rule.isExclusion, !rule.isEntitled {
      return Trial(.ignored(.conditionUnmet))
    }
    let asker = solicitor(index) ?? interfaces.stranger(besides: target)
    let trial = trial(of: target, on: index, by: asker, kernel: kernel, now: now)
    // What is only left alone for a while is so for a reason, which does not change with that.
    guard trial.outcome == .ignored(.targetFailed) else { return trial }
    let position = sessions.position(of: SessionKey(proxy: proxy, target: target))
    if let position, sessions[position].failureReason != .targetFailed {
      return Trial(.ignored(sessions[position].failureReason))
    }
    let cause = self.trial(
      of: target, on: index, by: asker, kernel: kernel, isUnknown: true, now: now)
    guard case .ignored(let reason) = cause.outcome, reason.isOfTarget else { return trial }
    return cause
  }

  /// What a question of one station leads to; `isUnknown` is as if nobody had asked before.
  private func trial(
    of target: IPv6Address, on index: InterfaceIndex, by asker: Solicitor,
    kernel: (Action) -> Event?, isUnknown: Bool = false, now: Instant
  ) -> Trial {
    var engine = Engine(copying: self, about: isUnknown ? nil : target)
    var actions: [Action] = []
    var trial = Trial(
      engine.handle(.solicitation(asker.question(for: target), on: index), now: now, into: &actions)
    )
    var place = 0
    while place < actions.count {
      switch actions[place] {
      case .advertise(let frame, on: index): trial.advertisement = frame.message
      case .solicit(_, let link): trial.askedOn.append(link)
      case .lookUpRoute, .locate, .lookUpNeighbor:
        guard let answer = kernel(actions[place]) else { break }
        let outcome = engine.handle(answer, now: now, into: &actions)
        if outcome != .noted { trial.outcome = outcome }
      default: break
      }
      place += 1
    }
    return trial
  }

  /// What a question would lead to.
  private struct Trial {
    var outcome: Outcome?
    var advertisement: NeighborAdvertisement?
    var askedOn: [InterfaceIndex] = []

    init(_ outcome: Outcome?) { self.outcome = outcome }
  }

  /// A copy that knows of one target alone, or of none.
  ///
  /// What is big is shared, and a question does not change it.
  private init(copying other: borrowing Engine, about target: IPv6Address?) {
    limits = other.limits
    rules = other.rules
    routerFlags = other.routerFlags
    interfaces = other.interfaces
    routeGeneration = other.routeGeneration
    random = other.random
    budgets = other.budgets
    refusals = other.refusals.emptied
    announcements = AnnouncementPlan(rate: other.limits.announcementsPerSecond)
    acquaintances = other.acquaintances
    guard let target else { return }
    for proxy in other.rules.proxies.indices {
      let key = SessionKey(proxy: proxy, target: target)
      guard let position = other.sessions.position(of: key) else { continue }
      var session = other.sessions[position]
      // In this table it is in no order yet.
      session.listed = nil
      _ = insert(session)
    }
  }
}

extension DiscardReason {
  /// Whether it lies in the target, its rule or its route, and not in how much is asked just now.
  fileprivate var isOfTarget: Bool {
    switch self {
    case .noRoute, .ruleInterfaceUnavailable, .noSourceAddress, .targetUpstream: true
    default: false
    }
  }
}

extension Session {
  /// Why it is not answered for once it has failed.
  var failureReason: DiscardReason { isUpstream ? .targetUpstream : .targetFailed }
}

/// Whoever puts a question.
package struct Solicitor: Equatable, Sendable {
  /// The source of its packets; `::` for a host that detects duplicates.
  package let address: IPv6Address
  /// The source of its frames.
  package let linkLayerAddress: MACAddress
  /// Its source link-layer address option, if it has one.
  package let claimed: MACAddress?

  package init(address: IPv6Address, linkLayerAddress: MACAddress, claimed: MACAddress?) {
    (self.address, self.linkLayerAddress, self.claimed) = (address, linkLayerAddress, claimed)
  }

  /// Its question for a target, by multicast.
  fileprivate func question(for target: IPv6Address) -> EthernetFrame<NeighborSolicitation> {
    let group = target.solicitedNodeMulticast
    return EthernetFrame(
      source: linkLayerAddress, destination: MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: address, destination: group, target: target, sourceLinkLayerAddress: claimed))
  }
}

extension InterfaceTable {
  /// A station that is not this host, nor the target.
  fileprivate func stranger(besides target: IPv6Address) -> Solicitor {
    // fe80:: and a number, and 02:00:5e:00:00:00 and up: nobody's, the local bit being set.
    let taken = Set(interfaces.flatMap { $0.addresses }.map { $0.address } + [target])
    let ours = Set(interfaces.compactMap { $0.linkLayerAddress })
    var number: UInt64 = 1
    while taken.contains(IPv6Address(bits: 0xfe80 << 112 | UInt128(number)))
      || ours.contains(MACAddress(bits: 0x0200_5e00_0000 | number))
    {
      number += 1
    }
    let station = MACAddress(bits: 0x0200_5e00_0000 | number)
    return Solicitor(
      address: IPv6Address(bits: 0xfe80 << 112 | UInt128(number)), linkLayerAddress: station,
      claimed: station)
  }
}
