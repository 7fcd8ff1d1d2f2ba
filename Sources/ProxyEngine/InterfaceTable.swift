import NDPWire

/// The interfaces of this host, sorted by index, and what the rules want of them.
struct InterfaceTable {
  private(set) var interfaces: [Interface] = []

  /// Every address of every interface that is not tentative.
  private(set) var usableAddresses: Set<IPv6Address> = []

  /// The interface with this index; a binary search.
  subscript(index: InterfaceIndex) -> Interface? {
    let position = position(of: index)
    guard position < interfaces.count, interfaces[position].index == index else { return nil }
    return interfaces[position]
  }

  /// The index of the interface with this name; a linear search.
  func index(named name: String) -> InterfaceIndex? {
    interfaces.first { $0.name == name }?.index
  }

  mutating func update(_ interface: Interface) {
    let position = position(of: interface.index)
    if position < interfaces.count, interfaces[position].index == interface.index {
      interfaces[position] = interface
    } else {
      interfaces.insert(interface, at: position)
    }
    collectAddresses()
  }

  mutating func remove(_ index: InterfaceIndex) {
    interfaces.removeAll { $0.index == index }
    collectAddresses()
  }

  private mutating func collectAddresses() {
    usableAddresses.removeAll(keepingCapacity: true)
    for interface in interfaces {
      for own in interface.addresses where own.state != .tentative {
        usableAddresses.insert(own.address)
      }
    }
  }

  private func position(of index: InterfaceIndex) -> Int {
    var low = 0
    var high = interfaces.count
    while low < high {
      let middle = (low + high) / 2
      if interfaces[middle].index < index { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
