package import LinuxNet
package import NDPWire
package import ProxyModel

/// Where targets are known from without asking them: somebody else's list, read as it changes.
///
/// A source has a descriptor that becomes readable when there are changes. The engine decides what
/// they are worth: no target is answered for because a source has named it.
package protocol TargetSource: AnyObject {
  /// What becomes readable.
  var pollable: any Pollable { get }

  /// Hands over changes, in the order in which they came, but not more than a batch of them.
  ///
  /// Where some were lost (`SystemError.isOverrun`), the engine asks targets itself.
  func takeChanges(_ body: (TargetChange) -> Void) throws(SystemError)
}

/// What a source has to say about one target.
package struct TargetChange: Equatable, Sendable {
  /// The address.
  package let target: IPv6Address
  /// Where it is, or was.
  package let interface: InterfaceIndex
  /// What is known of it there.
  package let neighbor: CachedNeighbor

  package init(_ target: IPv6Address, on interface: InterfaceIndex, _ neighbor: CachedNeighbor) {
    (self.target, self.interface, self.neighbor) = (target, interface, neighbor)
  }
}
