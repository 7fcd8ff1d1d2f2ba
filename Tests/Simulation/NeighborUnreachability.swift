import NDPWire
import ProxyEngine
import ProxyModel

// How a station resolves and probes its neighbors (RFC 4861 §7.2.2, §7.3.3).

extension World {
  /// A packet for `target` leaves a station.
  func send(packetTo target: IPv6Address, from number: Int) {
    let station = stations[number]
    guard station.link != nil, station.state(of: target) == nil else { return }
    guard var neighbor = station.neighbors[target] else {
      station.neighbors[target] = Station.Neighbor(since: now)
      return solicit(target, from: number)
    }
    forward(packetTo: target, from: number)
    guard neighbor.state == .stale else { return }
    neighbor.state = .delay
    station.neighbors[target] = neighbor
    wait(for: .seconds(5), number, target)
  }

  /// Sets the one timer of a neighbor.
  func wait(for duration: Duration, _ number: Int, _ target: IPv6Address) {
    let station = stations[number]
    station.neighbors[target]!.ticket += 1
    schedule(
      .neighborTimer(
        station: number, target: target, ticket: station.neighbors[target]!.ticket,
        life: station.life), after: duration)
  }

  /// MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT.
  private static let solicitations = 3

  func neighborTimeout(_ number: Int, _ target: IPv6Address, ticket: Int) {
    let station = stations[number]
    guard var neighbor = station.neighbors[target], neighbor.ticket == ticket else { return }
    switch neighbor.state {
    case .reachable:
      neighbor.state = .stale
    case .delay:
      neighbor.state = .probe
      neighbor.sent = 0
    case .incomplete, .probe:
      if neighbor.sent >= Self.solicitations {
        station.neighbors[target] = nil
        guard neighbor.state == .incomplete else { return }
        figures.unresolved += 1
        judge.checkFirstContact(of: number, with: target)
        return
      }
    case .stale: return
    }
    station.neighbors[target] = neighbor
    if neighbor.state != .stale { solicit(target, from: number) }
  }

  /// Asks by multicast or unicast, as the state has it, and waits RetransTimer.
  private func solicit(_ target: IPv6Address, from number: Int) {
    let station = stations[number]
    guard let neighbor = station.neighbors[target] else { return }
    station.neighbors[target]!.sent += 1
    let speaker = station.speaker(from: station.source(towards: target))
    if neighbor.state == .probe, let place = neighbor.linkLayerAddress {
      transmit(station.dialect.probe(of: target, at: place, by: speaker), from: number)
    } else {
      transmit(station.dialect.firstContact(with: target, by: speaker), from: number)
    }
    wait(for: .seconds(1), number, target)
  }
}
