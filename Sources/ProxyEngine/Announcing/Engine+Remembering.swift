import NDPWire
import ProxyModel

// What is remembered of solicitations, and found out although nobody waits for it.

extension Engine {
  /// Takes a token for a question for which somebody may wait; nobody's are a station of their own.
  mutating func pay(
    forRoute isRoute: Bool, _ asker: inout Asker?, _ key: SessionKey, now: Instant
  ) -> Bool {
    guard var waiting = asker else { return payForNobody(forRoute: isRoute, now: now) }
    defer { asker = waiting }
    return pay(forRoute: isRoute, &waiting, key, now: now)
  }

  /// Takes a token for a question for which nobody waits.
  mutating func payForNobody(forRoute isRoute: Bool, now: Instant) -> Bool {
    let nobody = MACAddress(bits: 0)
    return isRoute
      ? routeLookupTokens.take(for: nobody, now: now)
      : solicitationTokens.take(for: nobody, now: now)
  }

  /// Remembers who solicits what.
  mutating func remember(_ frame: EthernetFrame<NeighborSolicitation>, forProxy proxy: Int) {
    let source = frame.message.source
    if source.isUnspecified { return }
    let station = SolicitedTargets.Station(
      address: source, linkLayerAddress: frame.message.sourceLinkLayerAddress ?? frame.source)
    solicited.note(
      SessionKey(proxy: proxy, target: frame.message.target), by: station,
      limit: max(Limits.rememberedTargets, limits.sessions))
  }
}
