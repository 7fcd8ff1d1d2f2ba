/// How the gateways stand to each other; link 0 is upstream.
package enum Topology: String, CaseIterable, Sendable {
  /// One gateway, with rules upstream.
  case single
  /// One gateway between two links, with rules on both.
  case bothWays
  /// One gateway with rules on two links, both of which ask on a third.
  case sharing
  /// Two gateways between the same links, each with rules on another.
  case facing
  /// Two gateways with rules upstream.
  case parallel
  /// The second one below the first.
  case chain
  /// One gateway, and an attacker.
  case hostile
}
