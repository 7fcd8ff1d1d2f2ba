package import NDPWire
package import ProxyModel

/// What is known of one target, for people to read.
package struct SessionSummary: Sendable {
  /// The name of the proxy interface.
  package let proxy: String
  /// The address.
  package let target: IPv6Address
  /// By RFC 4861's names.
  package let state: TargetState
  /// Where it is asked for, or where it is.
  package let interfaces: [InterfaceIndex]
  /// Where frames to it go; `nil` until it answered, and where a route is the proof.
  package let linkLayerAddress: MACAddress?
  /// Whether a proxy vouches for it, and not the target itself.
  package let isSecondHand: Bool
  /// How many wait for an answer.
  package let waiting: Int
  /// Questions sent in this state.
  package let sent: Int
  /// How often somebody was answered; it starts over after 2³².
  package let answers: UInt32
  /// When it began to be known.
  package let begun: Instant
  /// When somebody last asked for it.
  package let asked: Instant
  /// When it last answered itself.
  package let confirmed: Instant?
  /// When the state's time is up.
  package let deadline: Instant
}

extension Engine {
  /// The sessions in the slots from a place on, no more than `limit` of them, and where to go on.
  ///
  /// Costs the number of slots passed over.
  package func sessionSummaries(
    from start: Int, limit: Int
  ) -> (sessions: [SessionSummary], next: Int?) {
    let (positions, next) = sessions.takenPositions(from: start, limit: limit)
    return (positions.map { summary(ofSession: $0) }, next)
  }

  /// What is known of a target that was solicited on an interface; one lookup.
  package func sessionSummary(
    of target: IPv6Address, solicitedOn index: InterfaceIndex
  ) -> SessionSummary? {
    guard let proxy = rules.proxy(on: index),
      let position = sessions.position(of: SessionKey(proxy: proxy, target: target))
    else { return nil }
    return summary(ofSession: position)
  }

  func summary(ofSession position: Int) -> SessionSummary {
    let session = sessions[position]
    return SessionSummary(
      proxy: rules.proxies[session.key.proxy].interface, target: session.key.target,
      state: session.state, interfaces: interfaces(ofSession: position),
      linkLayerAddress: session.confirmed == nil ? nil : session.neighbor?.linkLayerAddress,
      isSecondHand: session.isSecondHand,
      waiting: session.askers.count, sent: Int(session.sent), answers: session.answers,
      begun: session.begun, asked: session.asked, confirmed: session.confirmed,
      deadline: session.deadline)
  }

  /// Where a target is asked for, or where it is.
  private func interfaces(ofSession position: Int) -> [InterfaceIndex] {
    let session = sessions[position]
    switch session.interfaces {
    case .none: return []
    case .one(let index): return [index]
    case .all:
      let routed = [session.routeInterface].compactMap { $0 }
      let named = rule(ofSession: position).map { rules.interfaces(of: $0) } ?? []
      return routed + named.filter { !routed.contains($0) }
    }
  }

  /// Forgets what is known of targets in a prefix, and returns how many there were.
  ///
  /// Costs the number of sessions.
  package mutating func forgetTargets(
    in prefix: IPv6Prefix, into actions: inout [Action]
  ) -> Int {
    let positions = sessions.takenPositions.filter { prefix.contains(sessions[$0].key.target) }
    for position in positions { forget(position, into: &actions) }
    return positions.count
  }
}
