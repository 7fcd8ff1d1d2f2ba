import LinuxNet
import NDPWire
import ProxyConfig
import ProxyEngine
import ProxyModel

/// Compares what a configuration names with what this host has.
struct HostCheck {
  private let configuration: Configuration
  private let host: HostTable
  private let surroundings: Surroundings
  private let plan: InterfacePlan

  /// Looks at this configuration on this host.
  init(_ configuration: Configuration, on host: HostTable, in surroundings: Surroundings) {
    self.configuration = configuration
    self.host = host
    self.surroundings = surroundings
    plan = InterfacePlan(configuration.ruleset)
  }

  /// Reads this host's interfaces, and what is around them as far as rules can get in its way.
  ///
  /// Needs no privilege. Throws `SystemError` where the kernel does not say.
  init(_ configuration: Configuration) throws(SystemError) {
    let host = try HostTable(readFrom: HostMonitor())
    let proxies = configuration.proxies.filter(LinkCheck.concerns)
    let indexes = Set(proxies.compactMap { host.link(named: $0.interface)?.index })
    let surroundings =
      indexes.isEmpty ? Surroundings() : try Surroundings(around: indexes)
    self.init(configuration, on: host, in: surroundings)
  }

  /// Adds a warning for each rule that takes something away from other hosts.
  func reportDangers(into result: inout ParseResult) {
    for proxy in configuration.proxies where LinkCheck.concerns(proxy) {
      guard let link = host.link(named: proxy.interface) else { continue }
      LinkCheck(proxy, on: link.index, in: surroundings).report(into: &result)
    }
  }

  /// Adds a warning for each thing that the host does not have as the configuration needs it.
  func report(into result: inout ParseResult) {
    reportSharedInterfaces(into: &result)
    for reference in result.references {
      switch reference.subject {
      case .interface(let name): reportInterface(name, reference, into: &result)
      case .requiredInterface(let name):
        guard host.link(named: name) == nil else { continue }
        result.report(
          .missingInterface, about: reference, isNote: true,
          "'\(name)': no such interface, and a condition is about it",
          suggestion: "nothing is answered until there is; there are \(interfaceNames)")
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

  /// Says where two names stand for one interface, which has a proxy under each of them, or is to
  /// be asked on by its own proxy.
  private func reportSharedInterfaces(into result: inout ParseResult) {
    var first: [Int32: String] = [:]
    for proxy in configuration.proxies {
      guard let index = host.link(named: proxy.interface)?.index else { continue }
      if let other = first[index] {
        let reference = result.references.first { $0.subject == .interface(proxy.interface) }
        guard let reference else { continue }
        result.report(
          .sameInterface, about: reference,
          "'\(proxy.interface)' and '\(other)' are one interface of this host, and each has a proxy",
          suggestion: "join both blocks under one of the names")
      } else {
        first[index] = proxy.interface
      }
      for rule in proxy.rules {
        guard case .interface(let pattern) = rule.method,
          case let name = pattern.text, name != proxy.interface,
          host.link(named: name)?.index == index
        else { continue }
        result.report(
          .asksItself, about: rule, of: proxy.interface,
          "'\(name)' is the proxy interface \(proxy.interface) by another name: targets would be "
            + "solicited on the link from which the solicitation came",
          suggestion: "name the interface behind which the targets are")
      }
    }
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
  fileprivate init?(_ condition: InterfaceCondition) {
    switch condition {
    case .usable, .taken, .failing: return nil
    case .missing, .unmatched: self = .missingInterface
    case .down: self = .interfaceDown
    case .enslaved: self = .enslavedInterface
    case .notEthernet, .noNeighbors: self = .noNeighborDiscovery
    }
  }
}
