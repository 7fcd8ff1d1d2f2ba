import NDPWire
import ProxyModel

/// The interfaces of this host, sorted by index, and what the rules want of them.
///
/// To take up a change costs the addresses of that interface, however many interfaces there are.
struct InterfaceTable {
  private(set) var interfaces: [Interface] = []

  /// Every address of every interface that is not tentative.
  private var usableAddresses = CountedSet<UInt128>()

  /// The link-layer address of every interface.
  private var linkLayerAddresses = CountedSet<UInt64>()

  /// The interfaces with each link-layer address.
  private var owners: [UInt64: [InterfaceIndex]] = [:]

  /// Those of which it is known, and was said, that they have no address to speak from; few.
  private var withoutSource: Set<InterfaceIndex> = []

  /// Since when each interface that came or came back has been able to solicit.
  private var readySince: [InterfaceIndex: Instant] = [:]
  /// When the latest of them did.
  private var latestReady: Instant?

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

  /// Whether some interface has this address and may use it.
  func hasUsable(_ address: IPv6Address) -> Bool { usableAddresses.contains(address.bits) }

  mutating func update(_ interface: Interface) {
    if let position = position(of: interface.index) {
      discount(interfaces[position])
      interfaces[position] = interface
    } else {
      interfaces.insert(interface, at: firstPosition(notBefore: interface.index))
    }
    withoutSource.remove(interface.index)
    count(interface)
  }

  mutating func remove(_ index: InterfaceIndex) {
    guard let position = position(of: index) else { return }
    discount(interfaces.remove(at: position))
    withoutSource.remove(index)
    readySince[index] = nil
  }

  /// Whether it is known that an interface has no address to speak from.
  func isWithoutSource(_ index: InterfaceIndex) -> Bool { withoutSource.contains(index) }

  /// Takes down that an interface has no address to speak from.
  mutating func markWithoutSource(_ index: InterfaceIndex) { withoutSource.insert(index) }

  private mutating func count(_ interface: Interface) {
    for address in interface.addresses where address.state.isUsable {
      usableAddresses.insert(address.address.bits)
    }
    guard let own = interface.linkLayerAddress else { return }
    linkLayerAddresses.insert(own.bits)
    owners[own.bits, default: []].append(interface.index)
  }

  private mutating func discount(_ interface: Interface) {
    for address in interface.addresses where address.state.isUsable {
      usableAddresses.remove(address.address.bits)
    }
    guard let own = interface.linkLayerAddress else { return }
    linkLayerAddresses.remove(own.bits)
    owners[own.bits]?.removeAll { $0 == interface.index }
    if owners[own.bits]?.isEmpty == true { owners[own.bits] = nil }
  }

  private func firstPosition(notBefore index: InterfaceIndex) -> Int {
    interfaces.partitionPoint { $0.index < index }
  }
}

// MARK: - Own frames

extension InterfaceTable {
  /// Whether a frame with these two source addresses comes from this host.
  ///
  /// Link-layer and link-local addresses are unique on a link, not in a host: a router may well
  /// have one that some other interface here has. So both must be those of one and the same
  /// interface, or the address a global one of this host; either suffices on the interface at
  /// `place`, where the frame arrived. `address` is that of whoever speaks: the target where
  /// duplicates are detected. Usually a few instructions.
  func isOwn(_ linkLayerAddress: MACAddress, _ address: IPv6Address, receivedAt place: Int) -> Bool
  {
    if interfaces[place].linkLayerAddress == linkLayerAddress { return true }
    if interfaces[place].has(address) { return true }
    guard linkLayerAddresses.contains(linkLayerAddress.bits),
      let owners = owners[linkLayerAddress.bits]
    else { return false }
    if !address.isLinkLocal, hasUsable(address) { return true }
    return owners.contains { self[$0]?.has(address) == true }
  }

  /// Whether some interface of this host has a link-layer address; mostly a few instructions.
  func mayOwn(_ linkLayerAddress: MACAddress) -> Bool {
    linkLayerAddresses.contains(linkLayerAddress.bits)
  }
}

// MARK: - Soliciting

extension InterfaceTable {
  /// Whether neighbors can be solicited on an interface now.
  func canSolicit(on index: InterfaceIndex) -> Bool {
    guard let place = position(of: index), interfaces[place].mayHaveNeighbors else { return false }
    return solicitationSource(at: place) != nil
  }

  /// The source of our solicitations on the interface at that place: a link-local address, which is
  /// on-link for every target.
  ///
  /// While the interface still detects duplicates, for a second or two after it came up, it has
  /// none that may be used. An address of another interface does then: whoever answers sends the
  /// answer to the source link-layer address option.
  func solicitationSource(at place: Int) -> IPv6Address? {
    let interface = interfaces[place]
    if let own = interface.addresses.sourceAddress(towards: .linkLocalPeer) { return own }
    return interface.isDetectingDuplicates ? globalSource : nil
  }

  /// A global address of some interface; looks at them in order.
  private var globalSource: IPv6Address? {
    for interface in interfaces where interface.isUp && interface.hasNeighborDiscovery {
      for own in interface.addresses where own.state.isUsable && !own.address.isLinkLocal {
        return own.address
      }
    }
    return nil
  }

  /// Takes down that an interface can solicit from now on.
  mutating func markReady(_ index: InterfaceIndex, at now: Instant) {
    readySince[index] = now
    latestReady = now
  }

  /// Whether some interface has become ready lately.
  func hasSettling(at now: Instant) -> Bool {
    latestReady.map { now < $0 + Limits.settlingTime } ?? false
  }

  /// Whether an interface has become ready so lately that frames on its link may still get lost.
  ///
  /// Bridges and virtual networks take some seconds to find out where a new station is.
  func isSettling(_ index: InterfaceIndex, at now: Instant) -> Bool {
    readySince[index].map { now < $0 + Limits.settlingTime } ?? false
  }
}

extension IPv6Address {
  /// Some address of link-local scope.
  fileprivate static let linkLocalPeer = IPv6Address(bits: 0xfe80 << 112)
}

/// Numbers, each with how often it is there, of which it is mostly asked whether they have one that
/// they have not.
struct CountedSet<Number: FixedWidthInteger & Hashable & Sendable> {
  private var counts: [Number: Int] = [:]
  /// How many different numbers there are with each value of the low six bits.
  private var bitCounts = [Int](repeating: 0, count: 64)
  /// A bit for each value of the low six bits: where it is clear there is no such number.
  private var filter: UInt64 = 0

  /// A few instructions where not even the low bits are known; else a hash.
  func contains(_ number: Number) -> Bool {
    guard filter & 1 << Self.place(of: number) != 0 else { return false }
    return counts[number] != nil
  }

  mutating func insert(_ number: Number) {
    let count = counts[number, default: 0] + 1
    counts[number] = count
    guard count == 1 else { return }
    bitCounts[Self.place(of: number)] += 1
    filter |= 1 << Self.place(of: number)
  }

  /// Takes away one of a number that is there; traps otherwise.
  mutating func remove(_ number: Number) {
    guard let count = counts[number] else { preconditionFailure("the number is not there") }
    counts[number] = count > 1 ? count - 1 : nil
    guard count == 1 else { return }
    bitCounts[Self.place(of: number)] -= 1
    if bitCounts[Self.place(of: number)] == 0 { filter &= ~(1 << Self.place(of: number)) }
  }

  private static func place(of number: Number) -> Int { Int(truncatingIfNeeded: number) & 63 }
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
