import ProxyModel

/// The targets that were given up last, after their sessions are forgotten.
struct FailureMemory {
  private var failures: [(key: SessionKey, at: Instant)] = []
  private var next = 0

  /// Takes down that a target was given up; of many, the oldest is not remembered any more.
  mutating func add(_ key: SessionKey, now: Instant) {
    if failures.count < Limits.rememberedFailures {
      failures.append((key, now))
    } else {
      failures[next] = (key, now)
      next = (next + 1) % failures.count
    }
  }

  /// When a target was last given up, if that is remembered.
  ///
  /// Looks at all of them.
  func latest(_ key: SessionKey) -> Instant? {
    failures.filter { $0.key == key }.map(\.at).max()
  }

  /// Forgets everything: positions of proxies mean others from now on.
  mutating func removeAll() {
    failures = []
    next = 0
  }
}
