import ProxyEngine
package import ProxyModel

/// What holds of every run, whatever the seed.
package enum Invariant: String, CaseIterable, Sendable {
  /// An answer is for a target that a rule covers and that is nobody's own.
  case coverage
  /// An answer for a target that is not there ends when what was known of it ends.
  case evidence
  /// A live target is answered for within the bound.
  case liveness
  /// Hosts that detect duplicates get what the configuration says, after fresh confirmation.
  case duplicateDetection
  /// Neither sessions, nor askers, nor messages per second exceed their limits.
  case limits
  /// What has just been said is not asked for again, and the answer to a question is taken.
  case economy
  /// Two solicitations for one target on one interface are never closer than RetransTimer.
  case spacing
  /// A frame is what a strict reader takes it for, from us, with the right flags and addresses.
  case form
  /// An advertisement answers a solicitation, each at most one.
  case answersOnly
  /// A target is asked for only where its rule says, never where the question came from.
  case direction
  /// Nothing is sent on an interface that is not there.
  case interface
  /// After a timeout the next deadline is in the future.
  case spin
  /// Some time after the last stimulus nothing is left to do, and little was asked until then.
  case quiet
  /// The decoder accepts what a slow and obvious validator accepts.
  case decoding
  /// No route and no answer leads to somebody else than the owner of an address.
  case integrity
  /// A router's three questions suffice, whatever else is asked.
  case firstContact
  /// The engine's counters are what it did.
  case counters
}

/// A broken invariant.
package struct Violation: Error, CustomStringConvertible, Sendable {
  /// Which one.
  package let invariant: Invariant
  /// When.
  package let time: Instant
  /// What happened.
  package let detail: String

  package var description: String {
    "\(invariant.rawValue) at \(time.seconds): \(detail)"
  }
}

extension Instant {
  /// Seconds since the start of a run, to the microsecond.
  var seconds: String {
    let microseconds = (nanoseconds - Instant.start.nanoseconds) / 1000
    let fraction = String(microseconds % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
    return "\(microseconds / 1_000_000).\(zeros)\(fraction)"
  }

  /// When every run starts; not zero, so that nothing mistakes zero for a time.
  static let start = Instant(nanoseconds: 1_000_000_000_000)

  /// The instant `duration` earlier, or the beginning of time.
  static func - (instant: Instant, duration: Duration) -> Instant {
    let length = duration.wholeNanoseconds
    return Instant(nanoseconds: instant.nanoseconds > length ? instant.nanoseconds - length : 0)
  }
}
