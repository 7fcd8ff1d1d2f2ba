import NDPWire
import ProxyModel
import TestSupport
import Testing

@testable import ProxyEngine

private func instant(milliseconds: UInt64) -> Instant {
  Instant(nanoseconds: 1_000_000_000_000 + milliseconds * 1_000_000)
}

struct TokenBucketTests {
  @Test(arguments: [1, 2, 3, 4, 7, 100, 400, 5000])
  func `no second has more than the rate, whenever it begins`(rate: Int) {
    var generator = SeededGenerator(seed: UInt64(rate))
    var bucket = TokenBucket(rate: rate)
    var passed: [UInt64] = []
    var time: UInt64 = 1_000_000_000
    while time < 20_000_000_000 {
      let burst = Bool.random(using: &generator) ? 2 * rate : 1
      for _ in 0..<burst where bucket.take(now: Instant(nanoseconds: time)) { passed.append(time) }
      time += UInt64.random(in: 0...(3_000_000_000 / UInt64(rate)), using: &generator)
    }
    // Of the one that is `limit` places later, more than a second must separate each.
    let limit = max(rate, 2)
    let later = passed.dropFirst(limit)
    #expect(zip(passed, later).allSatisfy { $1 - $0 >= 1_000_000_000 })
    #expect(passed.count >= 7 * rate)
  }

  @Test func `a station alone gets nearly all there is`() {
    var bucket = FairTokenBucket(rate: 400, seed: 1)
    let passed = (0..<50_000).count { bucket.take(for: mac(1), now: instant(milliseconds: $0 / 5)) }
    #expect(2900...4000 ~= passed, "in 10 s")
  }

  @Test func `one that takes everything leaves the others their share`() {
    var bucket = FairTokenBucket(rate: 400, seed: 1)
    var refused: [UInt64: Int] = [:]
    for millisecond in 0..<10_000 as Range<UInt64> {
      let now = instant(milliseconds: millisecond)
      for _ in 0..<5 { _ = bucket.take(for: mac(1), now: now) }
      // Ten others, four times a second each.
      for other in 2..<12 as Range<UInt64> where (millisecond + 20 * other) % 250 == 0 {
        if !bucket.take(for: mac(other), now: now) { refused[other, default: 0] += 1 }
      }
    }
    #expect(refused == [:])
  }

  @Test func `who shares with whom depends on the seed`() {
    /// Whether station 1 takes the share of station 2.
    func areTogether(seed: UInt64) -> Bool {
      var bucket = FairTokenBucket(rate: 800, seed: seed)
      for _ in 0..<126 { _ = bucket.take(for: mac(1), now: instant(milliseconds: 0)) }
      return !bucket.take(for: mac(2), now: instant(milliseconds: 5))
    }
    let together = (0..<1000).count { areTogether(seed: $0) }
    #expect(4...40 ~= together, "one of 64")
  }
}
