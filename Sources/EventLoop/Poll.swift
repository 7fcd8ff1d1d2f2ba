package import LinuxNet
package import ProxyModel

/// Waits for descriptors and for one instant.
package protocol Poll: AnyObject {
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
package final class KernelPoll: Poll {
  private let poll: EventPoll
  private let timer: TimerDescriptor

  /// Nobody else's token.
  private static let timerToken = UInt64.max

  /// Opens both descriptors.
  package init() throws(SystemError) {
    poll = try EventPoll()
    timer = try TimerDescriptor()
    try poll.watch(timer, token: Self.timerToken)
  }

  /// By epoll.
  package func watch(_ pollable: any Pollable, token: UInt64) throws(SystemError) {
    try poll.watch(pollable, token: token)
  }

  /// By epoll, which reports room to send or what can be read.
  package func watch(
    _ pollable: any Pollable, token: UInt64, forRoom wantsRoom: Bool
  ) throws(SystemError) {
    try poll.watch(pollable, token: token, forRoom: wantsRoom)
  }

  /// Takes it out of the epoll set.
  package func forget(_ pollable: any Pollable) { poll.forget(pollable) }

  /// By timerfd, which takes a deadline on the clock that goes on while the host sleeps.
  package func wait(
    until deadline: Instant?, _ body: (UInt64) -> Void
  ) throws(SystemError) -> Bool {
    try timer.arm(at: deadline?.nanoseconds)
    var isDue = false
    try poll.wait { if $0 == Self.timerToken { isDue = true } else { body($0) } }
    if isDue { try timer.acknowledge() }
    return isDue
  }
}
