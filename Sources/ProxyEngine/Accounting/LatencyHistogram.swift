/// How often something took how long, in buckets that double from a microsecond to 17 seconds.
package struct LatencyHistogram: Sendable {
  /// One more than there are bounds: the last is for what took longer.
  package private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
  /// All times together, in nanoseconds.
  package private(set) var sum: UInt64 = 0
  /// How many there were.
  package private(set) var count: UInt64 = 0

  /// The upper bounds of the buckets in nanoseconds: 1, 2, 4, … microseconds.
  package static let bounds = (0...24).map { UInt64(1000) << $0 }

  /// Starts with nothing.
  package init() {}

  /// Counts something that took so many nanoseconds, perhaps several times.
  ///
  /// A few instructions.
  package mutating func add(_ nanoseconds: UInt64, times: UInt64 = 1) {
    // A bucket takes what is no more than its bound.
    let microseconds = (nanoseconds + 999) / 1000
    let place = microseconds <= 1 ? 0 : UInt64.bitWidth - (microseconds - 1).leadingZeroBitCount
    counts[min(place, counts.count - 1)] += times
    sum &+= nanoseconds &* times
    count += times
  }

  /// Adds what another has counted.
  package mutating func add(_ other: LatencyHistogram) {
    for place in counts.indices { counts[place] += other.counts[place] }
    sum &+= other.sum
    count += other.count
  }
}
