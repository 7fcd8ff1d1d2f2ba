package import LinuxNet
import ProxyModel

/// The kernel's neighbor cache as a source of targets: who speaks on a link, whom the kernel has
/// confirmed, and who did not answer it.
///
/// It says so of neighbors on every interface. Needs no privilege.
package final class NeighborSource: TargetSource {
  private let monitor: NeighborMonitor

  /// Listens from now on.
  package init() throws(SystemError) { monitor = try NeighborMonitor() }

  /// The netlink socket.
  package var pollable: any Pollable { monitor }

  /// Takes up to 32 changes at once.
  package func takeChanges(_ body: (TargetChange) -> Void) throws(SystemError) {
    _ = try monitor.receive(atMost: Self.batch) { change in
      // An entry that was deleted says nothing of the target.
      guard let entry = change.entry else { return }
      body(
        TargetChange(
          change.address, on: InterfaceIndex(change.interface), CachedNeighbor(entry)))
    }
  }

  /// How many changes are taken in a row, so that a storm of them keeps nobody waiting.
  private static let batch = 32
}
