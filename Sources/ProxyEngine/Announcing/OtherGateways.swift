import NDPWire
import ProxyModel

/// What is known of other gateways that answer for the same targets.
struct OtherGateways {
  /// When rules came into force here, or out of it, for the last time.
  private var entitlementChanged: Instant?
  /// When another gateway last advertised a target of ours.
  private(set) var heard: Instant?
  /// When rules had come into force here, or out of it, before that.
  private(set) var entitlementBeforeHeard: Instant?
  /// Stations that were reported to advertise our targets, since rules last came into force.
  private var reported: Set<MACAddress> = []

  /// Takes up that other rules are in force here from now on.
  mutating func noteEntitlement(now: Instant) {
    entitlementChanged = now
    reported = []
  }

  /// Takes up that a station advertises a target of ours; returns whether that is to be reported.
  ///
  /// Each station is, once, up to `Limits.reportedGateways` of them.
  mutating func hear(_ station: MACAddress, now: Instant) -> Bool {
    (heard, entitlementBeforeHeard) = (now, entitlementChanged)
    return reported.count < Limits.reportedGateways && reported.insert(station).inserted
  }
}
