import NDPWire
import ProxyModel

/// A host route as it was installed, and who had claimed the target.
struct InstalledRoute: Equatable {
  let route: HostRoute
  let claimant: MACAddress

  func leadsToSameNeighbor(as other: InstalledRoute) -> Bool {
    claimant == other.claimant && route.interface == other.route.interface
  }
}
