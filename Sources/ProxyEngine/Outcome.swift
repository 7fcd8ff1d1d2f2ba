package import NDPWire
package import ProxyModel

/// What became of an event.
package enum Outcome: Equatable, Sendable {
  /// Whoever asked was answered at once.
  case answered
  /// The target is asked for.
  case asked
  /// The kernel is asked for its route or where it is, which another event answers.
  case lookedUp
  /// Whoever asked waits, for the target is being asked for already.
  case waiting
  /// It says where a target is that was asked for.
  case confirmed
  /// Nothing, for this reason.
  case ignored(DiscardReason)
  /// It was no well-formed message, for this reason.
  case dropped(DropReason)
  /// It was no message, and was taken up.
  case noted
}

/// What an event has led to: everything that is decided is noted here, where it is decided.
struct Consequences {
  /// An advertisement for somebody who solicits, at least one.
  var isAnswered = false
  /// A solicitation, at least one.
  var isAsked = false
  /// A question for the kernel.
  var isLookedUp = false
  /// It is the kernel's answer to a question for a target.
  var isAwaited = false
  /// Nothing, for this reason, the last of several.
  var reason: DiscardReason?

  var ofSolicitation: Outcome {
    if isAnswered { return .answered }
    if let reason { return .ignored(reason) }
    if isAsked { return .asked }
    return isLookedUp ? .lookedUp : .waiting
  }

  var ofAdvertisement: Outcome { reason.map { .ignored($0) } ?? .confirmed }

  /// What became of the solicitation for which the kernel was asked; nothing if it was not.
  var ofKernelAnswer: Outcome { isAwaited ? ofSolicitation : .noted }
}
