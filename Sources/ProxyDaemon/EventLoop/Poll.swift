import LinuxNet
import ProxyEngine

/// Waits for descriptors and for one instant.
protocol Poll {
  /// Reports `token` from now on whenever `pollable` is readable or has an error.
  func watch(_ pollable: any Pollable, token: UInt64) throws(SystemError)

  /// Reports a watched `pollable` whenever there is room to send, or when it is readable again.
  func watch(
    _ pollable: any Pollable, token: UInt64, forRoom wantsRoom: Bool
  ) throws(SystemError)

  /// Reports nothing more of it.
  func forget(_ pollable: any Pollable)

  /// Hands over the token of each descriptor that is ready; returns whether `deadline` has passed.
  func wait(until deadline: Instant?, _ body: (UInt64) -> Void) throws(SystemError) -> Bool
}

/// The kernel's: epoll(7) and timerfd_create(2).
final class KernelPoll: Poll {
  private let poll: EventPoll
  private let timer: TimerDescriptor

  /// Nobody else's token.
  private static let timerToken = UInt64.max

  init() throws(SystemError) {
    poll = try EventPoll()
    timer = try TimerDescriptor()
    try poll.watch(timer, token: Self.timerToken)
  }

  func watch(_ pollable: any Pollable, token: UInt64) throws(SystemError) {
    try poll.watch(pollable, token: token)
  }

  func watch(
    _ pollable: any Pollable, token: UInt64, forRoom wantsRoom: Bool
  ) throws(SystemError) {
    try poll.watch(pollable, token: token, forRoom: wantsRoom)
  }

  func forget(_ pollable: any Pollable) { poll.forget(pollable) }

  func wait(until deadline: Instant?, _ body: (UInt64) -> Void) throws(SystemError) -> Bool {
    try timer.arm(at: deadline?.nanoseconds)
    var isDue = false
    try poll.wait { if $0 == Self.timerToken { isDue = true } else { body($0) } }
    if isDue { try timer.acknowledge() }
    return isDue
  }
}
