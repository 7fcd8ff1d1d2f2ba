import EventLoop
import LinuxNet
import ProxyModel

/// What the service manager, if there is one, is told: how things are, and that the loop turns.
final class ServiceNews: Timed {
  private let manager = ServiceManager()
  /// How often the manager gets a sign of life.
  private let interval = ServiceManager.watchdogInterval.map { $0 / 2 }
  private(set) var nextDeadline: Instant?
  private let summary: () -> String

  /// `summary` says how things are, in a few words.
  init(summary: @escaping () -> String) {
    self.summary = summary
    if interval != nil { nextDeadline = Instant(nanoseconds: 0) }
  }

  /// Tells these assignments, if any, and how things are.
  func tell(_ assignments: String...) {
    // systemd takes no more than 4096 octets.
    manager?.tell(assignments + ["STATUS=\(summary().prefix(1000))"])
  }

  /// Tells that we are about to end.
  func sayGoodbye() { manager?.tell(["STOPPING=1"]) }

  /// The loop turns: whatever hangs, it is not this process.
  func handleTimeout(now: Instant) {
    manager?.tell(["WATCHDOG=1"])
    nextDeadline = interval.map { now + $0 }
  }
}
