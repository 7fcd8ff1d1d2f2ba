package import EventLoop
public import LinuxNet
package import ProxyModel

/// A descriptor that nothing is behind.
open class Thing: Pollable {
  public init() {}

  package var pollDescriptor: CInt { -1 }
}

/// A poll that reports what a test wants.
package final class FakePoll: Poll {
  package private(set) var watched: [ObjectIdentifier: UInt64] = [:]
  package private(set) var waitingForRoom: Set<ObjectIdentifier> = []
  /// What the next wait reports, of what is watched by then.
  package var ready: [any Pollable] = []
  /// Tokens that the next wait reports besides.
  package var tokens: [UInt64] = []
  /// Whether the next wait ends with its deadline.
  package var isDue = false
  /// What was waited for last.
  package private(set) var deadline: Instant?

  package func watches(_ pollable: any Pollable) -> Bool {
    watched[ObjectIdentifier(pollable)] != nil
  }

  package func watch(_ pollable: any Pollable, token: UInt64) {
    watched[ObjectIdentifier(pollable)] = token
  }

  package func watch(_ pollable: any Pollable, token: UInt64, forRoom wantsRoom: Bool) {
    watched[ObjectIdentifier(pollable)] = token
    if wantsRoom {
      waitingForRoom.insert(ObjectIdentifier(pollable))
    } else {
      waitingForRoom.remove(ObjectIdentifier(pollable))
    }
  }

  package func forget(_ pollable: any Pollable) { watched[ObjectIdentifier(pollable)] = nil }

  package func wait(until deadline: Instant?, _ body: (UInt64) -> Void) -> Bool {
    self.deadline = deadline
    let all = ready.compactMap { watched[ObjectIdentifier($0)] } + tokens
    (ready, tokens) = ([], [])
    for token in all { body(token) }
    defer { isDue = false }
    return isDue
  }
}

/// A clock that a test sets, and a loop that goes by it.
package final class TestLoop {
  package let poll = FakePoll()
  package var now = Instant(nanoseconds: 1_000_000_000)
  /// By how much the clock goes on with every look at it.
  package var step = Duration.zero
  package lazy var loop = EventLoop(poll) { [unowned self] in
    now = now + step
    return now
  }

  package init() {}

  /// Has these be ready, and goes around once.
  package func turn(_ ready: any Pollable...) throws {
    poll.ready = ready
    try loop.turn()
  }

  /// Waits until the deadline has passed.
  package func pass() throws {
    try loop.turn()
    guard let deadline = poll.deadline else { return }
    now = max(now, deadline)
    poll.isDue = true
    try loop.turn()
  }
}

/// Something with a deadline.
package final class FakeTimed: Timed {
  package var nextDeadline: Instant?
  package private(set) var calls: [Instant] = []

  package init(_ deadline: Instant?) { nextDeadline = deadline }

  package func handleTimeout(now: Instant) {
    calls.append(now)
    nextDeadline = nil
  }
}
