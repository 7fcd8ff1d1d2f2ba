import LinuxNet
import NDPWire

/// What the kernel knows of the links that this host is on, as far as rules can get in its way.
struct Surroundings: Sendable {
  /// The prefixes that are on-link at an interface, by its index: routes without a gateway.
  var onLink: [Int32: [IPv6Prefix]] = [:]

  /// The gateways of routes that leave by an interface; never link-local ones.
  var routers: [Int32: [IPv6Address]] = [:]

  /// Addresses in the neighbor cache of an interface that have answered there.
  var neighbors: [Int32: [IPv6Address]] = [:]

  /// Prefixes of which every address is this host's own (`ip route add local`).
  var local: [IPv6Prefix] = []

  /// Prefixes that routes lead to by other interfaces than those that were asked about.
  var elsewhere: [IPv6Prefix] = []

  /// Knows of nothing.
  init() {}

  /// Reads what is around these interfaces; needs no privilege.
  ///
  /// Costs the number of routes; 224,000 take a second. Of routes that lead elsewhere only those
  /// inside or around an on-link prefix are kept.
  init(around interfaces: Set<Int32>) throws(SystemError) {
    let routes = try RouteEntry.readAll { route in
      guard route.destination.length > 0, !route.destination.address.isMulticast,
        !route.destination.address.isLinkLocal
      else { return route.gateway != nil && interfaces.contains(route.interface ?? 0) }
      return route.type == .local ? route.destination.length < 128 : route.type == .unicast
    }
    self.init(routes, try NeighborCacheEntry.readAll(), around: interfaces)
  }

  /// Makes it of what was read.
  init(
    _ routes: [RouteEntry], _ neighbors: [NeighborCacheEntry], around interfaces: Set<Int32>
  ) {
    for route in routes {
      guard route.type != .local else {
        local.append(route.destination)
        continue
      }
      guard let interface = route.interface, interfaces.contains(interface) else { continue }
      if let gateway = route.gateway {
        guard !gateway.isLinkLocal, !(routers[interface]?.contains(gateway) == true) else {
          continue
        }
        routers[interface, default: []].append(gateway)
      } else if 1..<128 ~= route.destination.length,
        !(onLink[interface]?.contains(route.destination) == true)
      {
        onLink[interface, default: []].append(route.destination)
      }
    }
    let all = onLink.values.joined()
    elsewhere = routes.filter { route in
      route.type == .unicast && !interfaces.contains(route.interface ?? 0)
        && all.contains { $0.contains(route.destination) }
    }.map { $0.destination }
    for entry in neighbors where interfaces.contains(entry.interface) {
      guard entry.linkLayerAddress != nil, !entry.isUnanswered, !entry.address.isLinkLocal,
        !entry.address.isMulticast
      else { continue }
      self.neighbors[entry.interface, default: []].append(entry.address)
    }
  }
}
