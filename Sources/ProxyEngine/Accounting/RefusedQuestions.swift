import ProxyModel

/// The questions that were refused lately, by their hashes, so that one that comes again is known.
///
/// 32 KiB, and nothing before the first refusal. A question has a few places, and the one that was
/// refused longest ago gives way. Once in some hundreds a new question is taken for one of these.
struct RefusedQuestions {
  private var cells: [UInt16] = []

  /// How many groups of places there are; a power of two.
  private static let groupCount = 1 << 12
  private static let groupSize = 4
  /// How exactly times are known: an eighth of a second.
  ///
  /// The lower bits of a cell have the time and begin again after 16 s, the upper ones are part of
  /// the hash.
  private static let tick: UInt64 = 125_000_000
  private static let timeMask: UInt16 = 0x7f
  /// How long ago the same question may have come, in ticks: half a second to three and a half.
  private static let rhythm: ClosedRange<UInt16> = 4...28

  /// Whether a question was refused before, as long ago as a router waits until it asks again.
  ///
  /// If it is refused now, takes it down.
  mutating func isRepeated(_ hash: UInt64, isRefused: Bool = true, now: Instant) -> Bool {
    if cells.isEmpty {
      guard isRefused else { return false }
      cells = [UInt16](repeating: 0, count: Self.groupCount * Self.groupSize)
    }
    let first = Int(hash & UInt64(Self.groupCount - 1)) * Self.groupSize
    let tag = UInt16(truncatingIfNeeded: hash >> 48) & ~Self.timeMask
    let time = UInt16(truncatingIfNeeded: now.nanoseconds / Self.tick) & Self.timeMask
    var (oldest, greatestAge) = (first, UInt16(0))
    for place in first..<first + Self.groupSize {
      let cell = cells[place]
      if cell == 0 {
        (oldest, greatestAge) = (place, .max)
        continue
      }
      let age = (time &- cell) & Self.timeMask
      if cell & ~Self.timeMask == tag {
        if isRefused, age >= Self.rhythm.lowerBound { cells[place] = tag | time }
        return Self.rhythm.contains(age)
      }
      if age >= greatestAge { (oldest, greatestAge) = (place, age) }
    }
    if isRefused { cells[oldest] = tag | time }
    return false
  }
}
