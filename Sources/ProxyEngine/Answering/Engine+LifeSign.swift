import NDPWire
import ProxyModel

// What it means that a target speaks on its own: it is there now, wherever it was before.

extension Engine {
  /// Asks at once for a target that was silent or elsewhere and has now been heard on an interface.
  ///
  /// Nobody vouches for what was heard, so it only makes us ask: no sooner than RetransTimer after
  /// the last time, within the limits, and only where the rules send us. What the kernel has had
  /// confirmed by the very station that we know is a confirmation.
  mutating func notice(
    _ target: IPv6Address, speakingOn index: InterfaceIndex, from station: MACAddress,
    isConfirmed: Bool = false, now: Instant, into actions: inout [Action]
  ) {
    var siblings = sessions.sessions(of: target)
    while let position = siblings.next(in: sessions) {
      let isKnown = sessions[position].neighbor?.isAt(station, on: index) == true
      switch sessions[position].state {
      case .failed where earliestSolicitation(position, now: now) <= now:
        guard mayBeAsked(position, on: index),
          budgets.solicitations.take(for: station, now: now)
        else { continue }
        startAsking(position, firstOn: index, isPaid: true, now: now, into: &actions)
      case .reachable where isKnown && isConfirmed, .probing where isKnown && isConfirmed,
        .stale where isKnown && isConfirmed:
        guard let neighbor = sessions[position].neighbor else { continue }
        confirm(position, by: .neighbor(neighbor), now: now, into: &actions)
      case .reachable where !isKnown && sessions[position].neighbor != nil:
        guard mayBeAsked(position, on: index), !sessions[position].isDoubted else { continue }
        sessions[position].isDoubted = true
        // It may have moved: whoever confirmed it is asked first, then everybody.
        startProbing(position, now: now, into: &actions)
      case .stale
      where !isKnown && mayBeAsked(position, on: index) && sessions[position].hostRoute == nil:
        // Where it was is no place to ask first any more, unless the kernel sends there.
        sessions[position].neighbor = nil
      case .incomplete, .reachable, .probing, .stale, .failed:
        continue
      }
    }
  }

  /// Whether the rules send us to an interface to ask for a target, and it can be asked for there.
  private func mayBeAsked(_ position: Int, on index: InterfaceIndex) -> Bool {
    includes(.all, index, forSession: position)
      && canAsk(on: index, proxy: sessions[position].key.proxy)
  }
}
