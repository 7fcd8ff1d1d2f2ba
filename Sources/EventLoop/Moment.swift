import LinuxNet
package import ProxyModel

/// When something happened, by both clocks.
///
/// What people are told is the time of day that it was then. It is read once: computed anew from an
/// age it would differ from call to call, and a change of it would look like another event.
package struct Moment {
  /// By the clock that never goes back.
  package let instant: Instant
  /// Milliseconds since 1970, as the clock was set at that moment.
  package let milliseconds: UInt64

  /// The time of day of some other moment, as the clock is set now, in microseconds since 1970.
  package static func microseconds(at instant: Instant) -> UInt64 {
    let (clock, day) = (BootClock.nanoseconds, WallClock.nanoseconds)
    return (day &+ instant.nanoseconds &- clock) / 1000
  }

  /// Both clocks as they are.
  package static var now: Moment {
    Moment(
      instant: Instant(nanoseconds: BootClock.nanoseconds),
      milliseconds: WallClock.nanoseconds / 1_000_000)
  }
}
