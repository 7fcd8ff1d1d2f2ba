package import NDPWire

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
  /// What a question that came now would lead to.
  package let outcome: Outcome

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
  /// `route` is the kernel's to the target. The question is put by a station with a link-local
  /// address. Nothing changes; costs some hundred lookups for each proxy.
  package func explanations(
    of target: IPv6Address, route: Route, now: Instant
  ) -> [TargetExplanation] {
    let proxies = rules.proxies.indices.lazy.filter { [rules] proxy in
      rules.position(of: proxy, covering: target) != nil
    }
    return proxies.prefix(Limits.explainedProxies).map { proxy in
      let covering = rules(of: proxy, covering: target)
      let key = SessionKey(proxy: proxy, target: target)
      return TargetExplanation(
        proxy: rules.proxies[proxy].name, rules: covering,
        ruleInterfaces: rules.rule(of: proxy, covering: target).map { rules.interfaces(of: $0) }
          ?? [],
        session: sessions.position(of: key).map { summary(ofSession: $0) },
        failed: failures.latest(key),
        outcome: outcome(of: target, on: proxy, route: route, now: now))
    }
  }

  private func outcome(
    of target: IPv6Address, on proxy: Int, route: Route, now: Instant
  ) -> TargetExplanation.Outcome {
    // Nobody asks for a group, and a question for one cannot be made.
    if target.isMulticast { return .silence(.targetNotProxied) }
    guard let index = rules.proxyInterfaces[proxy] else { return .noInterface }
    var trial = Engine(copying: self, about: target)
    var actions: [Action] = []
    let question = Event.solicitation(interfaces.question(for: target), on: index)
    trial.handle(question, now: now, into: &actions)
    if actions.contains(.lookUpRoute(target)) {
      trial.handle(.route(route, to: target), now: now, into: &actions)
    }
    for case .advertise(let frame, on: index) in actions { return .answer(frame.message) }
    let asked = actions.compactMap { if case .solicit(_, let index) = $0 { index } else { nil } }
    if !asked.isEmpty { return .asks(asked) }
    return trial.counters.latestDiscard.map { .silence($0) } ?? .waits
  }

  /// A copy that knows of one target alone.
  ///
  /// What is big is shared, and a question does not change it.
  private init(copying other: borrowing Engine, about target: IPv6Address) {
    limits = other.limits
    seed = other.seed
    rules = other.rules
    routerFlags = other.routerFlags
    interfaces = other.interfaces
    routeGeneration = other.routeGeneration
    advertisementTokens = other.advertisementTokens
    solicitationTokens = other.solicitationTokens
    routeLookupTokens = other.routeLookupTokens
    for proxy in other.rules.proxies.indices {
      let key = SessionKey(proxy: proxy, target: target)
      guard let position = other.sessions.position(of: key) else { continue }
      _ = sessions.insert(other.sessions[position])
    }
  }
}

extension InterfaceTable {
  /// A question for a target by a station that is not this host.
  fileprivate func question(for target: IPv6Address) -> EthernetFrame<NeighborSolicitation> {
    var number: UInt64 = 1
    while has(station(number)) || has(address(number)) || address(number) == target { number += 1 }
    let group = target.solicitedNodeMulticast
    return EthernetFrame(
      source: station(number), destination: MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: address(number), destination: group, target: target,
        sourceLinkLayerAddress: station(number)))
  }

  /// `02:00:5e:00:00:00` and up: nobody's, the local bit being set.
  private func station(_ number: UInt64) -> MACAddress {
    MACAddress(bits: 0x0200_5e00_0000 | number)
  }

  /// `fe80::` and a number.
  private func address(_ number: UInt64) -> IPv6Address {
    IPv6Address(bits: 0xfe80 << 112 | UInt128(number))
  }
}
