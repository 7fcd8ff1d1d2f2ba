import NDPWire
import ProxyEngine
import ProxyModel

/// Who really is where, and was: what the proxies can only find out by asking.
struct Truth {
  /// Every stay of every address, the latest last.
  private var stays: [IPv6Address: [Stay]] = [:]

  /// A time during which an address answered on a link.
  struct Stay {
    let station: Int
    let link: Int
    let from: Instant
    /// `nil` while it lasts.
    var to: Instant?
  }

  mutating func come(_ target: IPv6Address, _ station: Int, to link: Int, now: Instant) {
    stays[target, default: []].append(Stay(station: station, link: link, from: now))
  }

  mutating func leave(_ target: IPv6Address, _ station: Int, now: Instant) {
    guard let place = stays[target]?.lastIndex(where: { $0.station == station && $0.to == nil })
    else { return }
    stays[target]![place].to = now
  }

  /// Somebody on a link claims an address, true or not.
  mutating func claim(_ target: IPv6Address, on link: Int, now: Instant) {
    stays[target, default: []].append(Stay(station: -1, link: link, from: now, to: now))
  }

  /// The attacker claims an address: what is stable stays so.
  mutating func usurp(_ target: IPv6Address, on link: Int, now: Instant) {
    stays[target, default: []].removeAll { $0.station == -2 && $0.link == link }
    stays[target]!.append(Stay(station: -2, link: link, from: now, to: now))
  }

  /// Whether the attacker has ever claimed an address.
  func isUsurped(_ target: IPv6Address) -> Bool {
    stays[target]?.contains { $0.station == -2 } ?? false
  }

  /// When the target last was on a link; `nil` if never.
  func lastAlive(_ target: IPv6Address, on link: Int, now: Instant) -> Instant? {
    (stays[target] ?? []).filter { $0.link == link }.map { $0.to ?? now }.max()
  }

  /// Since when exactly one station has had the target, on this link; `nil` where it is not so.
  func stableSince(_ target: IPv6Address, on link: Int) -> Instant? {
    let all = (stays[target] ?? []).filter { $0.station != -2 }
    let open = all.filter { $0.to == nil }
    guard open.count == 1, open[0].link == link else { return nil }
    let changes = all.map { $0.to ?? $0.from }
    return max(open[0].from, changes.max() ?? open[0].from)
  }
}
