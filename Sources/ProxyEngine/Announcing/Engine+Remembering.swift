package import NDPWire
import ProxyModel

/// A target that was solicited, and who solicited it.
package struct RememberedTarget: Equatable, Sendable {
  /// The name of the proxy interface.
  package let proxy: String
  /// The address.
  package let target: IPv6Address
  /// The last solicitors, the latest first.
  package let solicitors: [Solicitor]

  package init(proxy: String, target: IPv6Address, solicitors: [Solicitor]) {
    (self.proxy, self.target, self.solicitors) = (proxy, target, solicitors)
  }

  /// Where an advertisement for it goes.
  package struct Solicitor: Equatable, Sendable {
    /// The source of its solicitation.
    package let address: IPv6Address
    /// Where frames to it go.
    package let linkLayerAddress: MACAddress

    package init(address: IPv6Address, linkLayerAddress: MACAddress) {
      (self.address, self.linkLayerAddress) = (address, linkLayerAddress)
    }
  }
}

extension Engine {
  /// The targets that are remembered to have been solicited, that which was solicited last first.
  package var rememberedTargets: [RememberedTarget] {
    solicited.keys.map { key in
      RememberedTarget(
        proxy: rules.proxies[key.proxy].interface, target: key.target,
        solicitors: solicited.solicitors(of: key).map {
          .init(address: $0.address, linkLayerAddress: $0.linkLayerAddress)
        })
    }
  }

  /// Another number for everything that is remembered.
  package var rememberedChangeCount: UInt64 { solicited.changeCount }

  /// Remembers targets from before, that which was solicited last first; those that no rule of a
  /// proxy covers which remembers any are left out.
  package mutating func remember(_ targets: [RememberedTarget]) {
    let limit = max(Limits.rememberedTargets, limits.sessions)
    for remembered in targets.prefix(limit).reversed() {
      guard let proxy = rules.proxies.firstIndex(where: { $0.interface == remembered.proxy }),
        rules.remembersSolicitors(of: proxy),
        rules.position(of: proxy, covering: remembered.target) != nil
      else { continue }
      let key = SessionKey(proxy: proxy, target: remembered.target)
      for solicitor in remembered.solicitors.reversed() {
        solicited.note(
          key,
          by: .init(
            address: solicitor.address, linkLayerAddress: solicitor.linkLayerAddress),
          limit: limit)
      }
      if remembered.solicitors.isEmpty { solicited.note(key, by: nil, limit: limit) }
      // It is not known whether it was there: a scan must not make it forgotten.
      solicited.mark(key, isAnswered: true)
    }
  }
}

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
      ? budgets.routeLookups.take(for: nobody, now: now)
      : budgets.solicitations.take(for: nobody, now: now)
  }

  /// Remembers who solicits what.
  mutating func remember(_ frame: EthernetFrame<NeighborSolicitation>, forProxy proxy: Int) {
    let source = frame.message.source
    if source.isUnspecified { return }
    let station = SolicitedTargets.Station(
      address: source, linkLayerAddress: frame.message.sourceLinkLayerAddress ?? frame.source)
    let key = SessionKey(proxy: proxy, target: frame.message.target)
    let isNew = solicited.note(
      key, by: station, limit: max(Limits.rememberedTargets, limits.sessions))
    if isNew, isKnownToBeThere(key) || wasFound(key) { solicited.mark(key, isAnswered: true) }
  }
}
