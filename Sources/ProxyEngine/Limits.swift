/// The bounds within which the engine stays whatever arrives, each with its overflow policy.
package struct Limits: Equatable, Sendable {
  /// Targets known at once; then the one that was never confirmed and not asked for the longest
  /// is forgotten, where these are few a stale one, and where these are few a confirmed one.
  package var sessions = 8192

  /// Askers waiting for one target; then the oldest of the station with most of them is forgotten.
  package var askersPerSession = 8

  /// Solicitations per second for targets that were never confirmed, all rule interfaces together;
  /// then new targets are not taken up, and others are asked less often.
  ///
  /// Like the limits below it is shared fairly among the askers' link-layer addresses
  /// (`FairTokenBucket`). Targets that were confirmed are asked again regardless.
  package var solicitationsPerSecond = 400

  /// Route lookups per second; then new targets of `auto` rules wait, and for known ones what was
  /// found before a route change goes on to count.
  package var routeLookupsPerSecond = 5000

  /// Advertisements per second, or `nil` for no limit; then solicitations are dropped.
  ///
  /// An answer costs as much as its question.
  package var advertisementsPerSecond: Int?

  package init() {}

  /// Interfaces on which one target is asked for; of more those with the lowest indexes.
  static let interfacesPerTarget = 64

  /// Interfaces that have counters of their own; then those that are gone lose theirs, and others
  /// are counted in the total alone.
  static let countedInterfaces = 256

  /// Proxies on which it is explained what becomes of a question; of more, the first.
  static let explainedProxies = 16

  /// Targets that were given up and are remembered; then the oldest is not any more.
  static let rememberedFailures = 256

  /// How long a target that was confirmed is preferred to strangers after its `ttl`.
  static let staleLifetime: Duration = .seconds(600)

  /// How long after our question for a target one on the same interface is taken for its echo.
  ///
  /// Another proxy passes it on at once; hosts ask again, so that one in error loses a second.
  static let echoWindow: Duration = .milliseconds(100)

  /// How long after a host began to detect duplicates an answer is still of use to it.
  ///
  /// It waits RetransTimer, 1 s (RFC 4862 §5.4); the way back needs some of that.
  static let duplicateDetectionWindow: Duration = .milliseconds(700)
}
