import CLinux

/// An epoll instance: waits for any of several descriptors to become readable.
@safe package final class EventPoll {
  private let descriptor: Descriptor
  private var ready: [epoll_event]

  /// How many descriptors one wait reports at most; the others are reported by the next.
  private static let batch = 64

  /// Throws `SystemError`.
  package init() throws(SystemError) {
    descriptor = Descriptor(owning: try call("epoll_create1") { epoll_create1(closeOnExec) })
    unsafe ready = [epoll_event](repeating: epoll_event(), count: Self.batch)
  }

  /// Reports `token` from now on whenever `source` is readable or has an error.
  ///
  /// The watch ends with `forget`, or when the descriptor is closed.
  package func watch(_ source: any Pollable, token: UInt64) throws(SystemError) {
    var event = unsafe epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: token))
    try call("epoll_ctl") {
      unsafe epoll_ctl(descriptor.number, EPOLL_CTL_ADD, source.pollDescriptor, &event)
    }
  }

  /// Reports nothing more of `source`, whose descriptor may live on.
  package func forget(_ source: any Pollable) {
    // What is not watched need not be forgotten.
    epoll_ctl(descriptor.number, EPOLL_CTL_DEL, source.pollDescriptor, nil)
  }

  /// Reports a watched `source` whenever there is room to send, or when it is readable again.
  package func watch(
    _ source: any Pollable, token: UInt64, forRoom wantsRoom: Bool
  ) throws(SystemError) {
    let events = wantsRoom ? EPOLLOUT.rawValue : EPOLLIN.rawValue
    var event = unsafe epoll_event(events: events, data: epoll_data_t(u64: token))
    try call("epoll_ctl") {
      unsafe epoll_ctl(descriptor.number, EPOLL_CTL_MOD, source.pollDescriptor, &event)
    }
  }

  /// Waits without limit, and hands over the token of each descriptor that is ready.
  package func wait(_ body: (UInt64) -> Void) throws(SystemError) {
    let count = try call("epoll_wait") {
      unsafe ready.withUnsafeMutableBufferPointer {
        unsafe epoll_wait(descriptor.number, $0.baseAddress, CInt($0.count), -1)
      }
    }
    for index in 0..<Int(count) { body(unsafe ready[index].data.u64) }
  }
}

/// `EPOLL_CLOEXEC`, which Swift imports as an enumerator.
private let closeOnExec = CInt(O_CLOEXEC)
