import CLinux

/// A timerfd on `BootClock`: readable from a set instant on.
package final class TimerDescriptor: Pollable {
  private let descriptor: Descriptor
  private var armedFor: UInt64 = 0

  /// Throws `SystemError`.
  package init() throws(SystemError) {
    descriptor = Descriptor(
      owning: try call("timerfd_create") {
        timerfd_create(CLOCK_BOOTTIME, CInt(O_CLOEXEC | O_NONBLOCK))
      })
  }

  package var pollDescriptor: CInt { descriptor.number }

  /// Becomes readable at `nanoseconds` of `BootClock`, or never where that is `nil`.
  ///
  /// One system call, none where nothing changes.
  package func arm(at nanoseconds: UInt64?) throws(SystemError) {
    // Zero would disarm; the first nanosecond after boot is as good as due.
    let instant = nanoseconds.map { max($0, 1) } ?? 0
    guard instant != armedFor else { return }
    var setting = itimerspec()
    setting.it_value.tv_sec = Int(instant / 1_000_000_000)
    setting.it_value.tv_nsec = Int(instant % 1_000_000_000)
    try call("timerfd_settime") {
      unsafe timerfd_settime(descriptor.number, CInt(absoluteTime), &setting, nil)
    }
    armedFor = instant
  }

  /// Makes the descriptor unreadable again after it fired.
  package func acknowledge() throws(SystemError) {
    var expirations: UInt64 = 0
    _ = try callUnlessBlocked("read timerfd") {
      unsafe read(descriptor.number, &expirations, MemoryLayout<UInt64>.size)
    }
    armedFor = 0
  }
}

/// `TFD_TIMER_ABSTIME`, which Swift imports as an enumerator.
private let absoluteTime = 1
