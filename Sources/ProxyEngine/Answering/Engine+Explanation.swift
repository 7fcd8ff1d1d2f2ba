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
  /// What a question that came now would lead to.
  package let outcome: Outcome
  /// What keeps the rule that counts from being in force.
  package let unmet: UnmetCondition?

  /// What a question would lead to.
  package enum Outcome: Sendable {
    /// This answer, at once.
    case answer(NeighborAdvertisement)
    /// The target is asked for on these interfaces, and whoever asks waits for its answer.
    case asks([InterfaceIndex])
    /// The target has been asked for, and whoever asks waits for its answer.
    case waits
    /// Nothing.
    case silence(DiscardReason)
    /// There is no such interface to be asked on.
    case noInterface
  }
}

extension Engine {
  /// What becomes of a question for a target on each proxy that has a rule for it.
  ///
  /// `route` is the kernel's to the target from an interface, `nil` where it could not be asked.
  /// `solicitor` is whoever put the last question on a proxy interface: the question is put in its
  /// name, or in that of a station with a link-local address where nobody has asked. Nothing
  /// changes; costs some hundred lookups for each proxy.
  package func explanations(
    of target: IPv6Address, now: Instant, solicitor: (InterfaceIndex) -> Solicitor? = { _ in nil },
    route: (InterfaceIndex) -> Route?
  ) -> [TargetExplanation] {
    let proxies = rules.proxies.indices.lazy.filter { [rules] proxy in
      rules.position(of: proxy, covering: target) != nil
    }
    return proxies.prefix(Limits.explainedProxies).map { proxy in
      let covering = rules(of: proxy, covering: target)
      let key = SessionKey(proxy: proxy, target: target)
      let failure = failures.latest(key)
      return TargetExplanation(
        proxy: rules.proxies[proxy].interface, rules: covering,
        ruleInterfaces: rules.rule(of: proxy, covering: target).map { rules.interfaces(of: $0) }
          ?? [],
        session: sessions.position(of: key).map { summary(ofSession: $0) },
        failed: failure?.at, failureReason: failure?.reason,
        outcome: outcome(of: target, on: proxy, by: solicitor, route: route, now: now),
        unmet: rules.position(of: proxy, covering: target).flatMap { unmetCondition(ofRule: $0) })
    }
  }

  private func outcome(
    of target: IPv6Address, on proxy: Int, by solicitor: (InterfaceIndex) -> Solicitor?,
    route: (InterfaceIndex) -> Route?, now: Instant
  ) -> TargetExplanation.Outcome {
    // Nobody asks for a group, and a question for one cannot be made.
    if target.isMulticast { return .silence(.targetNotProxied) }
    guard let index = rules.proxyInterfaces[proxy] else { return .noInterface }
    // What is asked for nevertheless, to know of it in time, is not answered.
    if let rule = rules.rule(of: proxy, covering: target), !rule.isExclusion, !rule.isEntitled {
      return .silence(.conditionUnmet)
    }
    let asker = solicitor(index) ?? interfaces.stranger(besides: target)
    let outcome = outcome(of: target, on: index, by: asker, route: route, now: now)
    // What is only left alone for a while is so for a reason, which does not change with that.
    guard case .silence(.targetFailed) = outcome else { return outcome }
    let position = sessions.position(of: SessionKey(proxy: proxy, target: target))
    if let position, sessions[position].failureReason != .targetFailed {
      return .silence(sessions[position].failureReason)
    }
    let cause = self.outcome(
      of: target, on: index, by: asker, route: route, isUnknown: true, now: now)
    guard case .silence(let reason) = cause, reason.isOfTarget else { return outcome }
    return cause
  }

  /// What a question of one station leads to; `isUnknown` is as if nobody had asked before.
  private func outcome(
    of target: IPv6Address, on index: InterfaceIndex, by asker: Solicitor,
    route: (InterfaceIndex) -> Route?, isUnknown: Bool = false, now: Instant
  ) -> TargetExplanation.Outcome {
    var trial = Engine(copying: self, about: isUnknown ? nil : target)
    var actions: [Action] = []
    trial.handle(.solicitation(asker.question(for: target), on: index), now: now, into: &actions)
    if actions.contains(.locate(target, from: index)) {
      trial.handle(.located(.elsewhere, of: target, from: index), now: now, into: &actions)
    }
    if actions.contains(.lookUpRoute(target, from: index)) {
      trial.handle(.route(route(index), to: target, from: index), now: now, into: &actions)
    }
    for case .lookUpNeighbor(target, let link) in actions {
      trial.handle(.neighbor(nil, of: target, on: link), now: now, into: &actions)
    }
    for case .advertise(let frame, on: index) in actions { return .answer(frame.message) }
    let asked = actions.compactMap { if case .solicit(_, let index) = $0 { index } else { nil } }
    if !asked.isEmpty { return .asks(asked) }
    return trial.counters.latestDiscard.map { .silence($0) } ?? .waits
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
