import NDPWire

// What it means that a target speaks on its own: it is there now, wherever it was before.

extension Engine {
  /// Asks at once for a target that was silent or elsewhere and has now been heard on an interface.
  ///
  /// Nobody vouches for what was heard, so it only makes us ask: no sooner than RetransTimer after
  /// the last time, within the limits, and only where the rules send us.
  mutating func notice(
    _ target: IPv6Address, speakingOn index: InterfaceIndex, from station: MACAddress, now: Instant,
    into actions: inout [Action]
  ) {
    for proxy in rules.proxies.indices {
      let key = SessionKey(proxy: proxy, target: target)
      guard let position = sessions.position(of: key) else { continue }
      let session = sessions[position]
      switch session.state {
      case .failed where earliestSolicitation(position, now: now) <= now:
        let asked = interfacesToAskAgain(position)
        guard asked.contains(index), solicitationTokens.take(for: station, now: now) else {
          continue
        }
        startAsking(position, on: asked, paid: 1, now: now, into: &actions)
      case .reachable where isElsewhere(session, than: index):
        guard interfacesToAskAgain(position).contains(index) else { continue }
        // It may have moved: whoever confirmed it is asked first, then everybody.
        startProbing(position, now: now, into: &actions)
      case .incomplete, .reachable, .probing, .stale, .failed:
        continue
      }
    }
  }

  private func isElsewhere(_ session: Session, than index: InterfaceIndex) -> Bool {
    session.neighbor.map { $0.interface != index } == true
  }
}
