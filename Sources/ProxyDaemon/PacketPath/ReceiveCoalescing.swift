import ProxyEngine
import ProxyModel

/// When to let frames gather before looking for more, as network cards coalesce interrupts.
///
/// To wake up costs more than to answer. Where frames come fast, but one by one, some tenths of a
/// millisecond bring several at once; where they come slower nobody waits, and where they fill
/// batches anyway nobody needs to.
struct ReceiveCoalescing {
  private var windowEnd = Instant(nanoseconds: 0)
  private var count = 0
  private var wasFast = false
  private var isBusy = false
  private var latest = 0

  /// How long frames gather.
  static let pause = Duration.microseconds(300)
  /// Frames in each of two windows from which on they do: 10,000 a second, and no lone burst.
  static let threshold = 100
  /// As many at once are enough.
  static let crowd = 16
  private static let window = Duration.milliseconds(10)

  /// Counts frames that were received together.
  mutating func add(_ frames: Int, now: Instant) {
    latest += frames
    count += frames
    guard now >= windowEnd else { return }
    let isFast = now < windowEnd + Self.window && count >= Self.threshold
    isBusy = isFast && wasFast
    wasFast = isFast
    count = 0
    windowEnd = now + Self.window
  }

  /// Whether to pause before the next look; asked once after each.
  mutating func takePause() -> Bool {
    defer { latest = 0 }
    return isBusy && 1..<Self.crowd ~= latest
  }
}
