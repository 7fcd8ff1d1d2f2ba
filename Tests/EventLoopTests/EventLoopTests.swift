import DaemonSupport
import EventLoop
import LinuxNet
import ProxyModel
import Testing

struct EventLoopTests {
  private let test = TestLoop()
  private let one = Thing()
  private let other = Thing()

  @Test func `a source is called when it is ready, and others are not`() throws {
    var calls: [String] = []
    try test.loop.watch(DescriptorSource(one) { _ in calls.append("one") })
    try test.loop.watch(DescriptorSource(other) { _ in calls.append("other") })
    try test.turn(other)
    #expect(calls == ["other"])
    try test.turn(one, other)
    #expect(calls == ["other", "one", "other"])
  }

  @Test func `a source that was forgotten while it was ready is not called`() throws {
    var calls = 0
    let loop = test.loop
    let source = DescriptorSource(other) { _ in calls += 1 }
    try loop.watch(DescriptorSource(one) { _ in loop.forget(source) })
    try loop.watch(source)
    try test.turn(one, other)
    #expect(calls == 0)
    #expect(!test.poll.watches(other))
  }

  @Test func `what was meant for a source is not told the one in its place`() throws {
    var calls = 0
    let source = DescriptorSource(one) { _ in }
    try test.loop.watch(source)
    let token = try #require(test.poll.watched.values.first)
    test.loop.forget(source)
    try test.loop.watch(DescriptorSource(other) { _ in calls += 1 })
    test.poll.tokens = [token]
    try test.turn()
    #expect(calls == 0)
    try test.turn(other)
    #expect(calls == 1)
  }

  @Test func `a source may be watched again`() throws {
    var calls = 0
    let source = DescriptorSource(one) { _ in calls += 1 }
    for _ in 0..<3 {
      try test.loop.watch(source)
      try test.turn(one)
      test.loop.forget(source)
      test.loop.forget(source)
    }
    #expect(calls == 3)
  }

  @Test func `a failure ends the loop once the others had their turn`() throws {
    var calls = 0
    try test.loop.watch(
      DescriptorSource(one) { _ throws(SystemError) in throw SystemError("read", .badFileDescriptor)
      })
    try test.loop.watch(DescriptorSource(other) { _ in calls += 1 })
    #expect(throws: SystemError("read", .badFileDescriptor)) { try test.turn(one, other) }
    #expect(calls == 1)
  }

  @Test func `the first deadline is waited for, and only what is due is done`() throws {
    let now = test.now
    let early = FakeTimed(now + .seconds(1))
    let late = FakeTimed(now + .seconds(5))
    let never = FakeTimed(nil)
    for timed in [late, never, early] { test.loop.add(timed) }
    try test.pass()
    #expect(test.poll.deadline == now + .seconds(1))
    #expect(early.calls == [now + .seconds(1)])
    #expect(late.calls == [] && never.calls == [])
    try test.pass()
    #expect(late.calls == [now + .seconds(5)])
    try test.turn()
    #expect(test.poll.deadline == nil)
  }

  @Test func `it stops with the turn in which it is told to`() throws {
    var ends = 0
    let loop = test.loop
    loop.atTurnEnd { ends += 1 }
    try loop.watch(DescriptorSource(one) { _ in loop.stop() })
    test.poll.ready = [one]
    try loop.run()
    #expect(ends == 1)
  }

  @Test func `room to send is waited for only of what is watched`() throws {
    let source = DescriptorSource(one) { _ in }
    try test.loop.watch(source, forRoom: true)
    #expect(test.poll.waitingForRoom.isEmpty)
    try test.loop.watch(source)
    try test.loop.watch(source, forRoom: true)
    #expect(test.poll.waitingForRoom == [ObjectIdentifier(one)])
    try test.loop.watch(source, forRoom: false)
    #expect(test.poll.waitingForRoom.isEmpty)
  }

  /// The kernel's poll, with nothing but descriptors of our own.
  @Test func `the kernel's poll ends with the deadline`() throws {
    let poll = try KernelPoll()
    var tokens: [UInt64] = []
    #expect(try poll.wait(until: Instant(nanoseconds: 0)) { tokens.append($0) })
    let timer = try TimerDescriptor()
    try timer.arm(at: 1)
    try poll.watch(timer, token: 7)
    #expect(try !poll.wait(until: nil) { tokens.append($0) })
    #expect(tokens == [7])
  }
}
