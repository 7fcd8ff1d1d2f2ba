import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport

/// The neighbor cache of a gateway's kernel (RFC 4861 §5.1, §7.3): who packets are forwarded to.
///
/// Linux keeps one, asks by itself whether its neighbors are still there, and tells the daemon.
struct KernelNeighbors {
  private var entries: [Key: Entry] = [:]

  struct Key: Hashable {
    let interface: InterfaceIndex
    let target: IPv6Address
  }

  struct Entry {
    /// `nil` where it has failed.
    var neighbor: Station.Neighbor?
    /// When it was last confirmed.
    var confirmed: Instant?
  }

  subscript(key: Key) -> Entry? {
    get { entries[key] }
    set { entries[key] = newValue }
  }

  /// Drops what is known on an interface that went down or changed.
  mutating func flush(_ index: InterfaceIndex) {
    entries = entries.filter { $0.key.interface != index }
  }

  /// The longest that Linux believes a neighbor: 1.5 times REACHABLE_TIME (RFC 4861 §6.3.2).
  static let reachableTime = 15_000...45_000 as ClosedRange<Int64>
  /// DELAY_FIRST_PROBE_TIME (RFC 4861 §10).
  static let delay: Duration = .seconds(5)
  /// How long after its last word a neighbor may still be believed or probed.
  static let patience: Duration = .seconds(45 + 5 + 3)
}

extension KernelNeighbors.Entry {
  /// As the kernel tells it.
  func cached(now: Instant) -> CachedNeighbor {
    let state: CachedNeighbor.State =
      switch neighbor?.state {
      case .incomplete: .incomplete
      case .reachable: .reachable
      case .stale: .stale
      case .delay, .probe: .probing
      case nil: .failed
      }
    return CachedNeighbor(
      state: state, linkLayerAddress: neighbor?.linkLayerAddress,
      age: confirmed.map { now.since($0) } ?? .zero)
  }
}

// MARK: - Forwarding

extension World {
  /// A packet leaves a station for where it believes the target to be.
  func forward(packetTo target: IPv6Address, from number: Int) {
    let station = stations[number]
    guard let link = station.link,
      let place = station.neighbors[target]?.linkLayerAddress
    else { return }
    for gateway in gateways where gateway.kernel != nil {
      let isMeant = gateway.attachments.contains {
        $0.link == link && $0.isUp && $0.interface.linkLayerAddress == place
      }
      if isMeant { forward(packetTo: target, at: gateway) }
    }
  }

  /// A kernel passes a packet on to a neighbor, and finds out about that as RFC 4861 says.
  private func forward(packetTo target: IPv6Address, at gateway: Gateway) {
    guard let index = gateway.wayOut(to: target) else { return }
    let key = KernelNeighbors.Key(interface: index, target: target)
    let entry = gateway.kernel?[key]
    switch entry?.neighbor?.state {
    case nil:
      gateway.kernel![key] = .init(neighbor: Station.Neighbor(since: now), confirmed: nil)
      solicit(key, at: gateway)
    case .stale:
      gateway.kernel![key]!.neighbor!.state = .delay
      wait(for: KernelNeighbors.delay, key, at: gateway)
    case .incomplete, .reachable, .delay, .probe: return
    }
  }

  private func wait(for duration: Duration, _ key: KernelNeighbors.Key, at gateway: Gateway) {
    kernelTickets += 1
    gateway.kernel![key]!.neighbor!.ticket = kernelTickets
    schedule(.kernelTimer(gateway: gateway.number, key, ticket: kernelTickets), after: duration)
  }

  func kernelTimeout(_ number: Int, _ key: KernelNeighbors.Key, ticket: Int) {
    let gateway = gateways[number]
    guard var neighbor = gateway.kernel?[key]?.neighbor, neighbor.ticket == ticket else { return }
    switch neighbor.state {
    case .reachable: neighbor.state = .stale
    case .delay:
      neighbor.state = .probe
      neighbor.sent = 0
    case .incomplete, .probe:
      if neighbor.sent >= 3 {
        gateway.kernel![key]!.neighbor = nil
        return tell(key, at: gateway)
      }
    case .stale: return
    }
    gateway.kernel![key]!.neighbor = neighbor
    if neighbor.state == .stale { tell(key, at: gateway) } else { solicit(key, at: gateway) }
  }

  /// Asks by multicast or unicast, as the state has it, and waits RetransTimer.
  private func solicit(_ key: KernelNeighbors.Key, at gateway: Gateway) {
    guard let neighbor = gateway.kernel![key]?.neighbor,
      let place = gateway.attachments.firstIndex(where: { $0.interface.index == key.interface })
    else { return }
    gateway.kernel![key]!.neighbor!.sent += 1
    wait(for: .seconds(1), key, at: gateway)
    let attachment = gateway.attachments[place]
    guard attachment.isUp, let link = attachment.link, let own = attachment.interface.usable.first,
      let station = attachment.interface.linkLayerAddress
    else { return }
    let speaker = Dialect.Speaker(linkLayerAddress: station, linkLocal: own, address: own)
    let octets =
      if neighbor.state == .probe, let there = neighbor.linkLayerAddress {
        Dialect.linuxRouter.probe(of: key.target, at: there, by: speaker)
      } else {
        Dialect.linuxRouter.firstContact(with: key.target, by: speaker)
      }
    transmit(octets, on: link, from: .gateway(gateway.number, interface: place))
  }

  /// The kernel of a gateway hears an advertisement; the daemon hears of it afterwards.
  func kernelHears(_ message: NeighborAdvertisement, on index: InterfaceIndex, at gateway: Gateway)
  {
    let key = KernelNeighbors.Key(interface: index, target: message.target)
    guard var neighbor = gateway.kernel?[key]?.neighbor else { return }
    let (state, place) = (neighbor.state, neighbor.linkLayerAddress)
    guard neighbor.take(message) else { return }
    gateway.kernel![key]!.neighbor = neighbor
    // What nobody solicited confirms nothing (RFC 4861 §7.3.1).
    if neighbor.state == .reachable, message.isSolicited {
      gateway.kernel![key]!.confirmed = now
      let time = Int64.random(in: KernelNeighbors.reachableTime, using: &random)
      wait(for: .milliseconds(time), key, at: gateway)
    }
    // Linux tells of what has changed, not of what was confirmed again.
    guard neighbor.state != state || neighbor.linkLayerAddress != place else { return }
    tell(key, at: gateway)
  }

  /// Tells the daemon what has become of an entry.
  private func tell(_ key: KernelNeighbors.Key, at gateway: Gateway) {
    guard let entry = gateway.kernel?[key] else { return }
    let cached = entry.cached(now: now)
    trace.note(now, "\(gateway.name): kernel has \(key.target) \(cached.state)")
    figures.kernelNews += 1
    handle(.neighbor(cached, of: key.target, on: key.interface), at: gateway)
  }

  /// What a kernel has of an address; `nil` where it never forwarded anything there.
  func cachedNeighbor(
    _ target: IPv6Address, on index: InterfaceIndex, at gateway: Gateway
  ) -> CachedNeighbor? {
    let key = KernelNeighbors.Key(interface: index, target: target)
    return gateway.kernel?[key]?.cached(now: now)
  }

  /// The kernel takes an address that the daemon offers, unless it has an entry.
  func offer(
    _ target: IPv6Address, at place: MACAddress, on index: InterfaceIndex, to gateway: Gateway
  ) {
    let key = KernelNeighbors.Key(interface: index, target: target)
    guard gateway.kernel != nil, gateway.kernel?[key]?.neighbor == nil else { return }
    var neighbor = Station.Neighbor(since: now)
    neighbor.state = .stale
    neighbor.linkLayerAddress = place
    gateway.kernel![key] = .init(neighbor: neighbor, confirmed: nil)
  }
}

extension Gateway {
  /// The interface by which its kernel reaches a target directly; `nil` where it does not.
  fileprivate func wayOut(to target: IPv6Address) -> InterfaceIndex? {
    if hasUsable(target) { return nil }
    if let route = installed[target] { return route.gateway == nil ? route.interface : nil }
    if case .onLink(let index) = route(to: target) { return index }
    return nil
  }
}
