/// A point in time: nanoseconds on a clock that never goes back, counted from an arbitrary zero.
///
/// The engine never reads a clock: whoever calls it says what time it is.
public struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since the arbitrary zero.
  public var nanoseconds: UInt64

  public init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The instant `duration` later; durations are never negative here.
  public static func + (instant: Instant, duration: Duration) -> Instant {
    Instant(nanoseconds: instant.nanoseconds + duration.wholeNanoseconds)
  }
}

extension Duration {
  /// The duration in nanoseconds; traps if it is negative or longer than 500 years.
  public var wholeNanoseconds: UInt64 {
    let parts = components
    return UInt64(parts.seconds) * 1_000_000_000 + UInt64(parts.attoseconds) / 1_000_000_000
  }
}
