import ProxyModel

/// The targets that were given up last, after their sessions are forgotten.
struct FailureMemory {
  private var failures: [(key: SessionKey, at: Instant, reason: DiscardReason)] = []
  private var next = 0

  /// Takes down that a target was given up; of many, the oldest is not remembered any more.
  mutating func add(_ key: SessionKey, for reason: DiscardReason, now: Instant) {
    if failures.count < Limits.rememberedFailures {
      failures.append((key, now, reason))
    } else {
      failures[next] = (key, now, reason)
      next = (next + 1) % failures.count
    }
  }

  /// When a target was last given up and why, if that is remembered.
  ///
  /// Looks at all of them.
  func latest(_ key: SessionKey) -> (at: Instant, reason: DiscardReason)? {
    failures.filter { $0.key == key }.max { $0.at < $1.at }.map { ($0.at, $0.reason) }
  }

  /// Forgets everything: positions of proxies mean others from now on.
  mutating func removeAll() {
    failures = []
    next = 0
  }
}
