/// Some interfaces, in order; one alone, as is usual, needs no memory of its own.
enum InterfaceList: Sendable {
  case none
  case one(InterfaceIndex)
  case several([InterfaceIndex])

  init(_ interfaces: [InterfaceIndex]) {
    switch interfaces.count {
    case 0: self = .none
    case 1: self = .one(interfaces[0])
    default: self = .several(interfaces)
    }
  }
}

extension InterfaceList: RandomAccessCollection, ExpressibleByArrayLiteral {
  init(arrayLiteral elements: InterfaceIndex...) { self.init(elements) }

  var startIndex: Int { 0 }

  var endIndex: Int {
    switch self {
    case .none: 0
    case .one: 1
    case .several(let interfaces): interfaces.count
    }
  }

  subscript(position: Int) -> InterfaceIndex {
    switch self {
    case .none: preconditionFailure("there is none")
    case .one(let interface):
      precondition(position == 0)
      return interface
    case .several(let interfaces): return interfaces[position]
    }
  }
}
