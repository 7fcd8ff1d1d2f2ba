package import LinuxNet
package import ProxyModel

/// Something that the loop waits for, and that knows what to do then.
package protocol EventSource: AnyObject {
  /// What becomes readable.
  var pollable: any Pollable { get }

  /// Takes up what has come; what is thrown is an error that nobody can go on after.
  func ready(now: Instant) throws(SystemError)

  /// By which the loop knows it; every class has it by itself.
  ///
  /// Embedded Swift takes no `ObjectIdentifier` of an existential.
  var identity: ObjectIdentifier { get }
}

extension EventSource {
  /// The object itself.
  package var identity: ObjectIdentifier { ObjectIdentifier(self) }
}

/// Something that waits for an instant.
package protocol Timed: AnyObject {
  /// When `handleTimeout` is due; `nil` while there is nothing to wait for.
  var nextDeadline: Instant? { get }

  /// Does what is due; a call too many changes nothing.
  func handleTimeout(now: Instant)
}

/// A descriptor of somebody who has several, and what is to be done when it is readable.
package final class DescriptorSource: EventSource {
  /// What is done at an instant; what it throws ends the loop.
  package typealias Body = (Instant) throws(SystemError) -> Void

  /// The descriptor.
  package let pollable: any Pollable
  private let body: Body

  package init(_ pollable: any Pollable, _ body: @escaping Body) {
    self.pollable = pollable
    self.body = body
  }

  /// Does it.
  package func ready(now: Instant) throws(SystemError) { try body(now) }
}
