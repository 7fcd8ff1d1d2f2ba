import NDPWire

/// The interfaces of this host, sorted by index, and what the rules want of them.
struct InterfaceTable {
  private(set) var interfaces: [Interface] = []

  /// Every address of every interface that is not tentative, sorted.
  private var usableAddresses: [UInt128] = []

  /// The interface with this index; a binary search.
  subscript(index: InterfaceIndex) -> Interface? {
    let position = position(of: index)
    guard position < interfaces.count, interfaces[position].index == index else { return nil }
    return interfaces[position]
  }

  /// The interfaces by their names; O(n).
  var indexesByName: [String: InterfaceIndex] {
    Dictionary(interfaces.map { ($0.name, $0.index) }) { first, _ in first }
  }

  /// Whether some interface has this address and may use it; a binary search.
  func hasUsable(_ address: IPv6Address) -> Bool {
    let position = usableAddresses.partitionPoint { $0 < address.bits }
    return position < usableAddresses.count && usableAddresses[position] == address.bits
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
        usableAddresses.append(own.address.bits)
      }
    }
    usableAddresses.sort()
  }

  private func position(of index: InterfaceIndex) -> Int {
    interfaces.partitionPoint { $0.index < index }
  }
}

extension Array {
  /// The first position whose element does not come before what is looked for.
  ///
  /// The array is sorted so that all elements that do come first; O(log n).
  fileprivate func partitionPoint(where comesBefore: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if comesBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
