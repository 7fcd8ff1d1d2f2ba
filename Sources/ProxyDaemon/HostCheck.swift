import LinuxNet
import ProxyConfig
import ProxyEngine

/// Compares what a configuration names with what this host has.
struct HostCheck {
  private let host: HostTable
  private let plan: PortPlan

  /// Looks at this configuration on this host.
  init(_ configuration: Configuration, on host: HostTable) {
    self.host = host
    plan = PortPlan(Ruleset(configuration))
  }

  /// Adds a warning for each thing that the host does not have as the configuration needs it.
  func report(into result: inout ParseResult) {
    for reference in result.references {
      switch reference.subject {
      case .interface(let name): reportInterface(name, reference, into: &result)
      case .address(let address, let name):
        // Of an interface that is not there it is said already.
        guard host.link(named: name) != nil, !host.has(address, onLinkNamed: name) else { continue }
        result.report(
          .missingAddress, about: reference, "\(name) does not have the address \(address)",
          suggestion: "nothing is answered until it has")
      }
    }
  }

  private func reportInterface(
    _ name: String, _ reference: HostReference, into result: inout ParseResult
  ) {
    let condition = plan.condition(of: name, in: host)
    guard let code = Diagnostic.Code(condition) else { return }
    let names = condition == .missing ? "; there are \(interfaceNames)" : ""
    result.report(
      code, about: reference, isNote: condition == .unmatched, "'\(name)': \(condition.trouble)",
      suggestion: condition.remedy(for: name) + names)
  }

  /// The names of some interfaces of this host, for who mistook one.
  private var interfaceNames: String {
    let names = host.links.keys.sorted().compactMap { host.links[$0]?.name }
    let shown = names.prefix(Self.shownNames).joined(separator: ", ")
    return names.count > Self.shownNames ? "\(shown) and more" : shown
  }

  private static let shownNames = 8
}

extension Diagnostic.Code {
  /// What is said of an interface in this condition; `nil` if nothing.
  fileprivate init?(_ condition: PortPlan.Condition) {
    switch condition {
    case .usable, .taken, .failing: return nil
    case .missing, .unmatched: self = .missingInterface
    case .down: self = .interfaceDown
    case .enslaved: self = .enslavedInterface
    case .notEthernet, .noNeighbors: self = .noNeighborDiscovery
    }
  }
}
