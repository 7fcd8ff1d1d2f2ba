import NDPWire
import ProxyModel

// Whose question counts how much, and who may wait for an answer.

extension Engine {
  /// How much the question of a station counts that asks for the first time.
  ///
  /// At most `Limits.acquaintances` comparisons.
  func worth(of asker: Asker, proxy: Int) -> Worth {
    guard let index = rules.proxyInterfaces[proxy] else { return .stranger }
    let isKnown = acquaintances.contains(asker.source, asker.station, on: index)
    return isKnown ? .acquaintance : .stranger
  }

  /// Takes a token for a question about a target of which nothing is known.
  ///
  /// One that was refused and is put again counts more.
  mutating func pay(
    forRoute isRoute: Bool, _ asker: inout Asker, _ key: SessionKey, now: Instant
  ) -> Bool {
    if take(forRoute: isRoute, asker, now: now) { return true }
    guard refusals.isRepeated(asker, key, now: now) else { return false }
    asker.worth = asker.worth.whenRepeated
    return take(forRoute: isRoute, asker, now: now)
  }

  private mutating func take(forRoute isRoute: Bool, _ asker: Asker, now: Instant) -> Bool {
    isRoute
      ? budgets.routeLookups.take(for: asker.station, worth: asker.worth, now: now)
      : budgets.solicitations.take(for: asker.station, worth: asker.worth, now: now)
  }

  mutating func add(_ asker: Asker, to position: Int, now: Instant) {
    var asker = asker
    let key = sessions[position].key
    asker.worth = max(asker.worth, worth(of: asker, proxy: key.proxy))
    let isCrowded = sessions[position].isCrowded(for: asker, limit: limits.askersPerSession)
    if isCrowded || asker.worth.isOfAcquaintance,
      refusals.isRepeated(asker, key, isRefused: isCrowded, now: now)
    {
      asker.worth = asker.worth.whenRepeated
    }
    let chance = random.next(below: UInt64(limits.askersPerSession) * 2)
    let former = sessions[position].add(
      asker, limit: limits.askersPerSession, chance: Int(chance), now: now)
    guard let former else { return }
    counters.evictAsker()
    // A neighbor that had a place and lost it counts more when it asks again. Strangers do not, for
    // a crowd of them would then count more than a router that the kernel does not know.
    if former.worth.isOfAcquaintance, !former.isSame(as: asker) {
      _ = refusals.isRepeated(former, key, now: former.since)
    }
  }
}
