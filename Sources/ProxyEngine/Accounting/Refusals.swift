import NDPWire
import ProxyModel

/// The questions that were refused lately.
struct Refusals {
  private let seed: UInt64
  private var ofStrangers = RefusedQuestions()
  /// Strangers, of whom there may be very many, do not make these forgotten.
  private var ofNeighbors = RefusedQuestions()

  /// `seed` decides which questions have a place in common.
  init(seed: UInt64) { self.seed = seed }

  /// The same seed, and no question.
  var emptied: Refusals { Refusals(seed: seed) }

  /// Whether a question was refused before, as long ago as a router waits.
  ///
  /// By default it is refused now, too, and taken down.
  mutating func isRepeated(
    _ asker: Asker, _ key: SessionKey, isRefused: Bool = true, now: Instant
  ) -> Bool {
    let mixed = RandomSequence.mixed(UInt64(truncatingIfNeeded: key.target.bits) ^ seed)
    let hash = RandomSequence.mixed(
      mixed ^ UInt64(truncatingIfNeeded: key.target.bits >> 64) &+ asker.station.bits
        ^ UInt64(truncatingIfNeeded: asker.source.bits))
    return asker.worth == .stranger
      ? ofStrangers.isRepeated(hash, isRefused: isRefused, now: now)
      : ofNeighbors.isRepeated(hash, isRefused: isRefused, now: now)
  }
}
