package import NDPWire
package import ProxyModel

/// What became of an event.
package enum Outcome: Equatable, Sendable {
  /// Whoever asked was answered at once.
  case answered
  /// The target is asked for.
  case asked
  /// The kernel is asked for its route.
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

/// How often the engine has asked the kernel.
struct KernelQuestions {
  /// For a neighbor, or where a target is.
  var neighbors: UInt32 = 0
  /// For a route.
  var routes: UInt32 = 0
}

extension Engine {
  /// What the engine had done when an event came.
  struct Mark {
    fileprivate let advertised: UInt64
    fileprivate let solicited: UInt64
    fileprivate let discarded: UInt64
    fileprivate let kernelQuestions: KernelQuestions
  }

  var mark: Mark {
    Mark(
      advertised: counters.advertised, solicited: counters.solicited,
      discarded: counters.discardCount, kernelQuestions: kernelQuestions)
  }

  /// What became of a solicitation that was handled since.
  func outcomeOfSolicitation(since mark: Mark) -> Outcome {
    if counters.advertised != mark.advertised { return .answered }
    if let reason = discard(since: mark) { return .ignored(reason) }
    if counters.solicited != mark.solicited
      || kernelQuestions.neighbors != mark.kernelQuestions.neighbors
    {
      return .asked
    }
    return kernelQuestions.routes != mark.kernelQuestions.routes ? .lookedUp : .waiting
  }

  /// What became of an advertisement that was handled since.
  func outcomeOfAdvertisement(since mark: Mark) -> Outcome {
    discard(since: mark).map { .ignored($0) } ?? .confirmed
  }

  private func discard(since mark: Mark) -> DiscardReason? {
    counters.discardCount != mark.discarded ? counters.latestDiscard : nil
  }
}
