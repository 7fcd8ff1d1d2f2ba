package import LinuxNet
package import ProxyModel

/// Waits for the kernel, and has each source take up what has come for it.
///
/// One thread; it sleeps until something comes or a deadline passes. Sources register themselves,
/// so that nothing here knows any of them. What a source throws ends the loop, once the others that
/// were ready have had their turn.
package final class EventLoop {
  private let poll: any Poll
  private let clock: () -> Instant
  private var slots: [Slot] = []
  private var positions: [ObjectIdentifier: Int] = [:]
  private var freePositions: [Int] = []
  private var timed: [any Timed] = []
  private var turnEnds: [() -> Void] = []
  private var isStopping = false

  /// Where a source is; its token is the position and how many were there before.
  private struct Slot {
    var source: (any EventSource)?
    var generation: UInt32 = 0
  }

  package init(_ poll: any Poll, clock: @escaping () -> Instant = { Instant.now }) {
    self.poll = poll
    self.clock = clock
  }

  /// The time by which everybody goes.
  package var now: Instant { clock() }

  /// Has a source called from now on whenever it is ready.
  package func watch(_ source: any EventSource) throws(SystemError) {
    precondition(positions[source.identity] == nil, "it is watched already")
    let position = freePositions.last ?? slots.count
    let generation = position < slots.count ? slots[position].generation : 0
    try poll.watch(source.pollable, token: Self.token(position, generation))
    if position < slots.count {
      freePositions.removeLast()
      slots[position].source = source
    } else {
      slots.append(Slot(source: source))
    }
    positions[source.identity] = position
  }

  /// Has a source that is watched called when there is room to send, or when it is readable again.
  package func watch(_ source: any EventSource, forRoom wantsRoom: Bool) throws(SystemError) {
    guard let position = positions[source.identity] else { return }
    let token = Self.token(position, slots[position].generation)
    try poll.watch(source.pollable, token: token, forRoom: wantsRoom)
  }

  /// Calls a source no more; what is not watched need not be forgotten.
  package func forget(_ source: any EventSource) {
    guard let position = positions.removeValue(forKey: source.identity) else { return }
    poll.forget(source.pollable)
    slots[position].source = nil
    slots[position].generation &+= 1
    freePositions.append(position)
  }

  /// Has something called when its deadline has passed, from now on.
  package func add(_ one: any Timed) { timed.append(one) }

  /// Does this at the end of each turn, before what others have added already.
  package func atTurnEnd(_ body: @escaping () -> Void) { turnEnds.append(body) }

  /// Works until `stop` is called.
  package func run() throws(SystemError) {
    while !isStopping { try turn() }
  }

  /// Ends the loop after this turn.
  package func stop() { isStopping = true }

  /// Waits once, and does what there is to be done.
  package func turn() throws(SystemError) {
    var failure: SystemError?
    let isDue = try poll.wait(until: nextDeadline) { token in
      // A source may have gone while its readiness was on its way.
      guard let source = source(token) else { return }
      do throws(SystemError) {
        try source.ready(now: now)
      } catch {
        failure = failure ?? error
      }
    }
    if isDue { handleTimeouts() }
    if let failure { throw failure }
    for end in turnEnds.reversed() { end() }
  }

  private func handleTimeouts() {
    let now = now
    for one in timed {
      if let deadline = one.nextDeadline, deadline <= now { one.handleTimeout(now: now) }
    }
  }

  /// Allocates nothing.
  private var nextDeadline: Instant? {
    var first: Instant?
    for one in timed {
      guard let deadline = one.nextDeadline else { continue }
      first = first.map { min($0, deadline) } ?? deadline
    }
    return first
  }

  private static func token(_ position: Int, _ generation: UInt32) -> UInt64 {
    UInt64(generation) << 32 | UInt64(position)
  }

  private func source(_ token: UInt64) -> (any EventSource)? {
    let slot = slots[Int(UInt32(truncatingIfNeeded: token))]
    return slot.generation == UInt32(truncatingIfNeeded: token >> 32) ? slot.source : nil
  }
}

extension Instant {
  /// By the clock that never goes back, and goes on while the host sleeps.
  package static var now: Instant { Instant(nanoseconds: BootClock.nanoseconds) }
}
