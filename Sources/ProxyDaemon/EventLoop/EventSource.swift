import LinuxNet
import ProxyEngine

/// Something that the loop waits for, and that knows what to do then.
protocol EventSource: AnyObject {
  /// What becomes readable.
  var pollable: any Pollable { get }

  /// Takes up what has come; what is thrown is an error that nobody can go on after.
  func ready(now: Instant) throws(SystemError)
}

/// Something that waits for an instant.
protocol Timed: AnyObject {
  /// When `handleTimeout` is due; `nil` while there is nothing to wait for.
  var nextDeadline: Instant? { get }

  /// Does what is due; a call too many changes nothing.
  func handleTimeout(now: Instant)
}

/// A descriptor of somebody who has several, and what is to be done when it is readable.
final class DescriptorSource: EventSource {
  typealias Body = (Instant) throws(SystemError) -> Void

  let pollable: any Pollable
  private let body: Body

  init(_ pollable: any Pollable, _ body: @escaping Body) {
    self.pollable = pollable
    self.body = body
  }

  func ready(now: Instant) throws(SystemError) { try body(now) }
}
