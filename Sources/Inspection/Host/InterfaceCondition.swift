/// How things are with an interface that a rule names.
package enum InterfaceCondition: Equatable, Sendable {
  case usable
  case missing
  /// It is a pattern, and no interface matches.
  case unmatched
  case down
  /// It is a port of the named bridge or bond, which takes its frames.
  case enslaved(String)
  /// A proxy interface on which solicitations cannot be received.
  case notEthernet
  /// A rule interface on which nobody can be asked.
  case noNeighbors
  /// Another proxy has the same interface by this other name of it.
  case taken(String)
  /// The kernel refuses a socket for this reason.
  case failing(String)

  /// Whether a socket on it makes sense: one on an interface that is down comes to life with it.
  package var allowsSocket: Bool { self == .usable || self == .down }
}

extension InterfaceCondition {
  /// One sentence for the log, saying what to do.
  package func sentence(about name: String) -> String {
    self == .usable ? "\(name): ready" : "\(name): \(trouble); \(remedy(for: name))"
  }

  /// What is wrong.
  package var trouble: String {
    switch self {
    case .usable: "nothing"
    case .missing: "no such interface"
    case .unmatched: "no interface matches"
    case .down: "the interface is down"
    case .enslaved(let master): "the interface is a port of \(master), which receives its frames"
    case .notEthernet: "the interface has no link-layer address or no neighbor discovery"
    case .noNeighbors:
      "the interface has no neighbor discovery, so no solicitations can be sent there"
    case .taken(let other): "the proxy '\(other)' is for the same interface"
    case .failing(let reason): reason
    }
  }

  /// What to do, or what will be done.
  package func remedy(for name: String) -> String {
    switch self {
    case .usable: "nothing to do"
    case .missing: "its rules wait until it appears"
    case .unmatched: "its rules wait until one does"
    case .down: "its rules wait until it is up"
    case .enslaved(let master): "name \(master) instead"
    case .notEthernet: "no solicitations can be answered there"
    case .noNeighbors: "use 'static' or 'auto' instead of 'iface \(name)'"
    case .taken(let other): "put the rules of both into 'proxy \(other)'"
    case .failing: "trying again every second"
    }
  }
}
