import NDPWire

/// The interfaces of this host, sorted by index, and what the rules want of them.
struct InterfaceTable {
  private(set) var interfaces: [Interface] = []

  /// Every address of every interface that is not tentative.
  private var usableAddresses = NumberSet<UInt128>()

  /// The link-layer address of every interface.
  private var linkLayerAddresses = NumberSet<UInt64>()

  /// Every address of every interface.
  private var addresses = NumberSet<UInt128>()

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

  /// The address to speak from on the interface at that place; `nil` where there is none.
  func sourceAddress(
    at place: Int, _ source: Ruleset.AdvertisementSource, towards peer: IPv6Address
  ) -> IPv6Address? {
    interfaces[place].addresses.sourceAddress(source, towards: peer)
  }

  /// The interfaces by their names; O(n).
  var indexesByName: [String: InterfaceIndex] {
    Dictionary(interfaces.map { ($0.name, $0.index) }) { first, _ in first }
  }

  /// Whether some interface has this address and may use it.
  func hasUsable(_ address: IPv6Address) -> Bool { usableAddresses.contains(address.bits) }

  /// Whether some interface has this address, tentative or not.
  func has(_ address: IPv6Address) -> Bool { addresses.contains(address.bits) }

  /// Whether some interface has this link-layer address.
  func has(_ address: MACAddress) -> Bool { linkLayerAddresses.contains(address.bits) }

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
    addresses = NumberSet(all.map(\.address.bits))
    usableAddresses = NumberSet(all.filter { $0.state != .tentative }.map(\.address.bits))
    linkLayerAddresses = NumberSet(interfaces.compactMap(\.linkLayerAddress?.bits))
  }

  private func firstPosition(notBefore index: InterfaceIndex) -> Int {
    interfaces.partitionPoint { $0.index < index }
  }
}

/// Some numbers, of which it is mostly asked whether they have one that they have not.
private struct NumberSet<Number: FixedWidthInteger & Sendable> {
  private var sorted: [Number] = []
  /// A bit for the low six bits of each number: where it is clear there is no such number.
  private var filter: UInt64 = 0

  init(_ numbers: [Number] = []) {
    sorted = numbers.sorted()
    for number in numbers { filter |= Self.bit(of: number) }
  }

  /// A few instructions where not even the low bits are known; else a binary search.
  func contains(_ number: Number) -> Bool {
    guard filter & Self.bit(of: number) != 0 else { return false }
    let position = sorted.partitionPoint { $0 < number }
    return position < sorted.count && sorted[position] == number
  }

  private static func bit(of number: Number) -> UInt64 {
    1 << (UInt64(truncatingIfNeeded: number) & 63)
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
