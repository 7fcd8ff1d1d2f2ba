import NDPWire
import ProxyModel
import Testing

@testable import ProxyEngine

/// How many targets wait to be announced.
struct AnnouncementQueueTests {
  private static func key(_ number: Int) -> SessionKey {
    SessionKey(proxy: 0, target: IPv6Address(bits: UInt128(number)))
  }

  @Test func `however many targets are found, no more wait than can be announced in time`() {
    var queue = AnnouncementQueue(rate: 10)
    var sent = 0
    for number in 0..<100_000 {
      let now = Instant(nanoseconds: 1_000_000_000_000 + UInt64(number) * 10_000_000)
      queue.add(Self.key(number), now: now)
      queue.sendBatch(now: now) { _, _ in
        sent += 1
        return .sent(1)
      }
    }
    #expect(9_990...10_000 ~= sent)
    #expect(queue.count <= Limits.urgentAnnouncements + 10 * 28 + 1)
  }

  @Test func `what is refused again and again is left out in the end`() {
    var queue = AnnouncementQueue(rate: 10)
    var now = Instant(nanoseconds: 1_000_000_000_000)
    queue.start([Self.key(1)], now: now) { _ in false }
    var asked = 0
    while let deadline = queue.nextDeadline {
      now = max(now, deadline)
      queue.sendBatch(now: now) { _, _ in
        asked += 1
        return .refused
      }
    }
    #expect(asked == Limits.refusedAnnouncements + 1 && queue.count == 0)
  }

  @Test func `nobody's time is spent on turns that are not due`() {
    var queue = AnnouncementQueue(rate: 10)
    let now = Instant(nanoseconds: 1_000_000_000_000)
    queue.start([Self.key(1)], now: now) { _ in false }
    queue.sendBatch(now: now) { _, _ in .asked }
    #expect(queue.nextDeadline == nil && queue.count == 0)
  }
}
