import EventLoop
import LinuxNet
import ProxyModel

@testable import ProxyDaemon

/// A descriptor that nothing is behind.
class Thing: Pollable {
  var pollDescriptor: CInt { -1 }
}

/// A poll that reports what a test wants.
final class FakePoll: Poll {
  private(set) var watched: [ObjectIdentifier: UInt64] = [:]
  private(set) var waitingForRoom: Set<ObjectIdentifier> = []
  /// What the next wait reports, of what is watched by then.
  var ready: [any Pollable] = []
  /// Tokens that the next wait reports besides.
  var tokens: [UInt64] = []
  /// Whether the next wait ends with its deadline.
  var isDue = false
  /// What was waited for last.
  private(set) var deadline: Instant?

  func watches(_ pollable: any Pollable) -> Bool { watched[ObjectIdentifier(pollable)] != nil }

  func watch(_ pollable: any Pollable, token: UInt64) {
    watched[ObjectIdentifier(pollable)] = token
  }

  func watch(_ pollable: any Pollable, token: UInt64, forRoom wantsRoom: Bool) {
    watched[ObjectIdentifier(pollable)] = token
    if wantsRoom {
      waitingForRoom.insert(ObjectIdentifier(pollable))
    } else {
      waitingForRoom.remove(ObjectIdentifier(pollable))
    }
  }

  func forget(_ pollable: any Pollable) { watched[ObjectIdentifier(pollable)] = nil }

  func wait(until deadline: Instant?, _ body: (UInt64) -> Void) -> Bool {
    self.deadline = deadline
    let all = ready.compactMap { watched[ObjectIdentifier($0)] } + tokens
    (ready, tokens) = ([], [])
    for token in all { body(token) }
    defer { isDue = false }
    return isDue
  }
}

/// A clock that a test sets, and a loop that goes by it.
final class TestLoop {
  let poll = FakePoll()
  var now = Instant(nanoseconds: 1_000_000_000)
  /// By how much the clock goes on with every look at it.
  var step = Duration.zero
  lazy var loop = EventLoop(poll) { [unowned self] in
    now = now + step
    return now
  }

  /// Has these be ready, and goes around once.
  func turn(_ ready: any Pollable...) throws {
    poll.ready = ready
    try loop.turn()
  }

  /// Waits until the deadline has passed.
  func pass() throws {
    try loop.turn()
    guard let deadline = poll.deadline else { return }
    now = max(now, deadline)
    poll.isDue = true
    try loop.turn()
  }
}

/// Something with a deadline.
final class FakeTimed: Timed {
  var nextDeadline: Instant?
  private(set) var calls: [Instant] = []

  init(_ deadline: Instant?) { nextDeadline = deadline }

  func handleTimeout(now: Instant) {
    calls.append(now)
    nextDeadline = nil
  }
}
