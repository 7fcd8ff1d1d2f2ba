extension Ruleset {
  /// `announce`: when unsolicited advertisements are sent (RFC 4861 §7.2.6).
  public enum Announcements: Hashable, Sendable {
    /// As `yes` for a proxy with conditions, as `no` for others.
    case auto

    /// Never.
    case no

    /// When conditions become met, and when the proxy interface comes back or has another
    /// link-layer address.
    case yes

    /// Also at the start, and again and again.
    case every(Duration)
  }
}
