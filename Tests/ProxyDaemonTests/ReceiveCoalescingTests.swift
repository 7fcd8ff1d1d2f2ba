import ProxyEngine
import ProxyModel
import Testing

@testable import ProxyDaemon

/// Frames at even rates, in batches of one size, for a second.
struct ReceiveCoalescingTests {
  /// How many of the looks are followed by a pause.
  private func pauses(
    framesPerSecond: Int, together: Int, in coalescing: inout ReceiveCoalescing, from start: UInt64
  ) -> (looks: Int, pauses: Int) {
    let looks = framesPerSecond / together
    var pauses = 0
    for look in 0..<looks {
      let time = start + UInt64(look) * 1_000_000_000 / UInt64(looks)
      coalescing.add(together, now: Instant(nanoseconds: time))
      if coalescing.takePause() { pauses += 1 }
    }
    return (looks, pauses)
  }

  @Test(arguments: [1, 100, 1_000, 9_000])
  func `nobody waits where frames come slowly`(rate: Int) {
    var coalescing = ReceiveCoalescing()
    #expect(pauses(framesPerSecond: rate, together: 1, in: &coalescing, from: 1).pauses == 0)
  }

  @Test(arguments: [(20_000, 1), (20_000, 4), (50_000, 15)])
  func `frames gather where they come fast`(rate: Int, together: Int) {
    var coalescing = ReceiveCoalescing()
    let counts = pauses(framesPerSecond: rate, together: together, in: &coalescing, from: 1)
    // All but those of the first windows.
    #expect(counts.pauses >= counts.looks * 97 / 100)
  }

  @Test(arguments: [16, 64])
  func `full batches are waited for no longer`(together: Int) {
    var coalescing = ReceiveCoalescing()
    let counts = pauses(framesPerSecond: 200_000, together: together, in: &coalescing, from: 1)
    #expect(counts.pauses == 0)
  }

  @Test func `the first frame after a silence does not wait`() {
    var coalescing = ReceiveCoalescing()
    _ = pauses(framesPerSecond: 20_000, together: 1, in: &coalescing, from: 1)
    coalescing.add(1, now: Instant(nanoseconds: 60_000_000_000))
    let pauses = coalescing.takePause()
    #expect(!pauses)
  }

  @Test func `nobody waits for what had to wait and comes at once`() {
    var coalescing = ReceiveCoalescing()
    var pauses = 0
    // A thousand a second, of which half a second's have gathered.
    for look in 0..<100 {
      let time = UInt64(1 + look) * 1_000_000
      coalescing.add(look == 50 ? 500 : 1, now: Instant(nanoseconds: time))
      if coalescing.takePause() { pauses += 1 }
    }
    #expect(pauses == 0)
  }

  @Test func `what brought no frame is followed by no pause`() {
    var coalescing = ReceiveCoalescing()
    _ = pauses(framesPerSecond: 20_000, together: 1, in: &coalescing, from: 1)
    let pauses = coalescing.takePause()
    #expect(!pauses)
  }
}
