import ProxyEngine
import ProxyModel

/// At most one warning a second about what may go wrong with every packet.
struct WarningLimit {
  private var next = Instant(nanoseconds: 0)
  private var suppressed = 0

  /// How many warnings were suppressed since the last one that was not; `nil` suppresses this one.
  mutating func pass(now: Instant) -> Int? {
    guard now >= next else {
      suppressed += 1
      return nil
    }
    defer { suppressed = 0 }
    next = now + .seconds(1)
    return suppressed
  }
}
