/// The limits that a configuration sets for all proxies together, each with its overflow policy.
public struct Limits: Equatable, Sendable {
  /// `max-sessions`: targets known at once; then the one that was never confirmed and not asked for
  /// the longest is forgotten, where these are few a stale one, and where these are few a
  /// confirmed one.
  public var sessions = 8192

  /// `max-solicitations`: solicitations per second for targets that were never confirmed, all rule
  /// interfaces together; then new targets are not taken up, and others are asked less often.
  ///
  /// Like the limits below it is shared fairly among the solicitors' link-layer addresses. Targets
  /// that were confirmed are asked again regardless.
  public var solicitationsPerSecond = 400

  /// `max-route-lookups`: route lookups per second; then new targets of `auto` rules wait, and for
  /// known ones what was found before a route change goes on to count.
  public var routeLookupsPerSecond = 5000

  /// `max-advertisements`: advertisements per second, or `nil` for no limit; then solicitations are
  /// dropped.
  ///
  /// An answer costs as much as its question, so that a limit would protect nobody.
  public var advertisementsPerSecond: Int?

  /// `max-announcements`: unsolicited advertisements per second, all proxies together; the others
  /// wait their turn.
  public var announcementsPerSecond = 500

  /// Solicitors waiting for one target; then the oldest of the station with most of them is
  /// forgotten.
  ///
  /// No key changes it.
  public var askersPerSession = 8

  /// Makes limits that all have their defaults.
  public init() {}
}
