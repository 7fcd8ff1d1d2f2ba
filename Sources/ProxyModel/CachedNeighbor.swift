public import NDPWire

/// An entry of the kernel's neighbor cache (RFC 4861 §7.3.2).
public struct CachedNeighbor: Equatable, Sendable {
  /// The state of the entry.
  public let state: State
  /// Where frames for it go; `nil` where that is not known.
  public let linkLayerAddress: MACAddress?
  /// How long ago the kernel had it confirmed.
  public let age: Duration
  /// Whether this host sends to it by default.
  public let isRouter: Bool

  public init(
    state: State, linkLayerAddress: MACAddress?, age: Duration, isRouter: Bool = false
  ) {
    (self.state, self.linkLayerAddress) = (state, linkLayerAddress)
    (self.age, self.isRouter) = (age, isRouter)
  }

  /// The same of this host's default router.
  public var asRouter: CachedNeighbor {
    CachedNeighbor(state: state, linkLayerAddress: linkLayerAddress, age: age, isRouter: true)
  }

  /// The states that matter here.
  public enum State: Sendable {
    /// It was confirmed a short while ago, or an administrator says that it is there.
    case reachable
    /// It spoke, or was confirmed longer ago.
    case stale
    /// The kernel is finding out whether it is still there (DELAY, PROBE).
    case probing
    /// It did not answer the kernel.
    case failed
    /// Nothing is known yet.
    case incomplete
  }
}
