package import LinuxNet
package import NDPWire
package import ProxyModel

/// Which conditions hold on this host.
package struct HostConditions {
  /// The interfaces and their addresses.
  package var host: HostTable
  /// The routes for the prefixes of the conditions.
  package var routes: Set<RouteEntry>
  /// The gates that are on.
  package var openGates: Set<String>

  package init(host: HostTable, routes: Set<RouteEntry> = [], openGates: Set<String> = []) {
    self.host = host
    self.routes = routes
    self.openGates = openGates
  }

  /// Whether a condition holds; a system call where it is about a file.
  package func holds(_ condition: Ruleset.Condition) -> Bool {
    switch condition {
    case .address(let address): host.serves(address)
    case .link(let name): host.link(named: name).map { $0.isUp && $0.isRunning } ?? false
    case .file(let path): FileWatch.exists(path)
    case .gate(let name): openGates.contains(name)
    case .route(let prefix, let interface, let origin):
      routes.contains { route in
        guard route.destination == prefix, origin?.numbers.contains(route.origin) ?? true else {
          return false
        }
        guard let interface else { return true }
        return host.link(named: interface).map { $0.index == route.interface } ?? false
      }
    }
  }
}

extension Ruleset {
  /// The prefixes of which routes are required.
  package var requiredRoutes: Set<IPv6Prefix> {
    var prefixes: Set<IPv6Prefix> = []
    for case .route(let prefix, _, _) in conditions { prefixes.insert(prefix) }
    return prefixes
  }

  /// The files that are required.
  package var requiredFiles: [String] {
    conditions.compactMap { if case .file(let path) = $0 { path } else { nil } }
  }

  /// The gates that are required, or would be by rules that are disabled.
  package var gates: [String] {
    let disabled = proxies.flatMap { $0.disabledRules }.flatMap { $0.conditions }
    return (conditions + disabled).compactMap { if case .gate(let name) = $0 { name } else { nil } }
  }
}
