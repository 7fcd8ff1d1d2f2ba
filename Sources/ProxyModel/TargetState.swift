/// What is known of a target, in words of RFC 4861 §7.3.2.
///
/// The raw values are public: JSON, metrics and `ndpctl sessions --state` have them.
public enum TargetState: String, CaseIterable, Sendable {
  /// Asked for by multicast, nothing heard yet; askers wait.
  case incomplete
  /// Confirmed less than `ttl` ago; askers are answered at once.
  case reachable
  /// Confirmed longer ago, being asked again by unicast; askers are answered at once.
  case probing
  /// Confirmed too long ago to be believed, and not asked for since; the next asker waits.
  case stale
  /// Silent; askers get silence until `deadtime` is over.
  case failed
}
