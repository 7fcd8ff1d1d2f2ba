import ProxyModel

/// On which interfaces a target is solicited, or by way of which it is reached.
///
/// The interfaces of a rule are looked up where they are needed: a session takes no more memory
/// where a pattern matches thousands of them.
enum AskedInterfaces: Equatable, Sendable {
  case none
  case one(InterfaceIndex)
  /// The one that the route names, if any, and all that the rule names.
  case all
}

extension AskedInterfaces {
  /// The same in four octets; indexes are positive.
  var packed: Int32 {
    switch self {
    case .none: 0
    case .one(let index): index.rawValue
    case .all: -1
    }
  }

  init(packed: Int32) {
    switch packed {
    case 0: self = .none
    case -1: self = .all
    default: self = .one(InterfaceIndex(packed))
    }
  }
}
