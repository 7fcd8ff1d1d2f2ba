import LinuxNet
import ProxyEngine
import ProxyModel

/// When something happened, by both clocks.
///
/// What people are told is the time of day that it was then. It is read once: computed anew from an
/// age it would differ from call to call, and a change of it would look like another event.
struct Moment {
  /// By the clock that never goes back.
  let instant: Instant
  /// Milliseconds since 1970, as the clock was set at that moment.
  let milliseconds: UInt64

  /// Both clocks as they are.
  static var now: Moment {
    Moment(
      instant: Instant(nanoseconds: BootClock.nanoseconds),
      milliseconds: WallClock.nanoseconds / 1_000_000)
  }
}
