import NDPWire

/// The interfaces of this host, sorted by index, and what the rules want of them.
struct InterfaceTable {
  private(set) var interfaces: [Interface] = []

  /// Every address of every interface that is not tentative, sorted.
  private var usableAddresses: [UInt128] = []

  /// The link-layer address of every interface, sorted.
  private var linkLayerAddresses: [UInt64] = []

  /// Every address of every interface, sorted.
  private var addresses: [UInt128] = []

  /// Those of which it is known, and was said, that they have no address to speak from; few.
  private var withoutSource: [InterfaceIndex] = []

  /// The interface with this index; a binary search.
  subscript(index: InterfaceIndex) -> Interface? { position(of: index).map { interfaces[$0] } }

  /// Where in `interfaces` the one with this index is; a binary search.
  ///
  /// To look at it there costs less than to take it out.
  func position(of index: InterfaceIndex) -> Int? {
    let position = firstPosition(notBefore: index)
    guard position < interfaces.count, interfaces[position].index == index else { return nil }
    return position
  }

  /// The interfaces by their names; O(n).
  var indexesByName: [String: InterfaceIndex] {
    Dictionary(interfaces.map { ($0.name, $0.index) }) { first, _ in first }
  }

  /// Whether some interface has this address and may use it; a binary search.
  func hasUsable(_ address: IPv6Address) -> Bool { usableAddresses.hasSorted(address.bits) }

  /// Whether some interface has this address, tentative or not; a binary search.
  func has(_ address: IPv6Address) -> Bool { addresses.hasSorted(address.bits) }

  /// Whether some interface has this link-layer address; a binary search.
  func has(_ address: MACAddress) -> Bool { linkLayerAddresses.hasSorted(address.bits) }

  mutating func update(_ interface: Interface) {
    if let position = position(of: interface.index) {
      interfaces[position] = interface
    } else {
      interfaces.insert(interface, at: firstPosition(notBefore: interface.index))
    }
    withoutSource.removeAll { $0 == interface.index }
    collectAddresses()
  }

  mutating func remove(_ index: InterfaceIndex) {
    interfaces.removeAll { $0.index == index }
    withoutSource.removeAll { $0 == index }
    collectAddresses()
  }

  /// Takes down that an interface has no address to speak from; false if that is known.
  mutating func markWithoutSource(_ index: InterfaceIndex) -> Bool {
    guard !withoutSource.contains(index) else { return false }
    withoutSource.append(index)
    return true
  }

  private mutating func collectAddresses() {
    let all = interfaces.flatMap(\.addresses)
    addresses = all.map(\.address.bits).sorted()
    usableAddresses = all.filter { $0.state != .tentative }.map(\.address.bits).sorted()
    linkLayerAddresses = interfaces.compactMap(\.linkLayerAddress?.bits).sorted()
  }

  private func firstPosition(notBefore index: InterfaceIndex) -> Int {
    interfaces.partitionPoint { $0.index < index }
  }
}

extension Array where Element: Comparable {
  /// Whether the sorted array has this element; O(log n).
  fileprivate func hasSorted(_ element: Element) -> Bool {
    let position = partitionPoint { $0 < element }
    return position < count && self[position] == element
  }
}

extension Array {
  /// The first position whose element does not come before what is looked for.
  ///
  /// The array is sorted so that all elements that do come first; O(log n).
  func partitionPoint(where comesBefore: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if comesBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
