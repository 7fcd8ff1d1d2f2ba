import CLinux

/// The time of day, for people; it may go back.
package enum WallClock {
  /// Nanoseconds since 1970.
  package static var nanoseconds: UInt64 { CLOCK_REALTIME.nanoseconds }
}
