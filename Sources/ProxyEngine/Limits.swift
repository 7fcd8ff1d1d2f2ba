/// The bounds within which the engine stays whatever arrives, each with its overflow policy.
package struct Limits: Equatable, Sendable {
  /// Targets known at once; then the one that was never confirmed and not asked for the longest
  /// is forgotten, or a stale one, and where all are confirmed the new one is not taken up.
  package var sessions = 8192

  /// Askers waiting for one target; then the oldest is forgotten.
  package var askersPerSession = 8

  /// First solicitations per second, all rule interfaces together; then new targets wait.
  ///
  /// Targets that were confirmed are asked again regardless.
  package var solicitationsPerSecond = 200

  /// Route lookups per second; then new targets of `auto` rules wait, and for known ones what was
  /// found before a route change goes on to count.
  package var routeLookupsPerSecond = 5000

  /// Advertisements per second; then solicitations are dropped.
  package var advertisementsPerSecond = 200_000

  package init() {}

  /// Interfaces on which one target is asked for; of more those with the lowest indexes.
  static let interfacesPerTarget = 64

  /// How long a target that was confirmed is preferred to strangers after its `ttl`.
  static let staleLifetime: Duration = .seconds(600)

  /// How long after a host began to detect duplicates an answer is still of use to it.
  ///
  /// It waits RetransTimer, 1 s (RFC 4862 §5.4); the way back needs some of that.
  static let duplicateDetectionWindow: Duration = .milliseconds(700)
}

/// Lets `rate` events per second pass, up to one second's worth at once.
struct TokenBucket {
  private let interval: UInt64
  private let tolerance: UInt64
  /// When the bucket will be full again.
  private var full = Instant(nanoseconds: 0)

  init(rate: Int) {
    precondition(rate > 0)
    interval = 1_000_000_000 / UInt64(rate)
    tolerance = interval * UInt64(rate - 1)
  }

  /// Takes one token if there is one.
  mutating func take(now: Instant) -> Bool {
    let start = max(full, now)
    guard start.nanoseconds - now.nanoseconds <= tolerance else { return false }
    full.nanoseconds = start.nanoseconds + interval
    return true
  }
}
