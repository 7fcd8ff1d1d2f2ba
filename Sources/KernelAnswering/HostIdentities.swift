import KernelPath
import NDPWire
import ProxyEngine
import ProxyModel

/// What the program in the kernel has to know of all interfaces of this host, and what of it has
/// changed.
///
/// A change costs what the interface has, however many others there are.
struct HostIdentities {
  /// What has changed since the last time; everything after `replace`.
  private(set) var changes = HostChanges()
  private var entries: [InterfaceIndex: Entry] = [:]
  /// How many interfaces have each of them.
  private var stations: [MACAddress: Int] = [:]
  private var addresses: [IPv6Address: Int] = [:]

  /// What one interface has.
  private struct Entry {
    let station: MACAddress?
    let addresses: [IPv6Address]
    let isTunnel: Bool

    init(_ interface: Interface) {
      station = interface.linkLayerAddress
      addresses = interface.addresses.map { $0.address }.filter { !$0.isLinkLocal }
      isTunnel = !interface.hasNeighborDiscovery
    }
  }

  /// Goes by these interfaces from now on, for one who knows nothing of them.
  mutating func replace(by interfaces: [Interface]) {
    self = HostIdentities()
    for interface in interfaces { add(interface) }
  }

  /// Takes up what an event says of interfaces.
  mutating func take(_ event: Event) {
    switch event {
    case .interfacesRead(let interfaces):
      for index in Array(entries.keys) { remove(index) }
      for interface in interfaces { add(interface) }
    case .interfaceChanged(let interface):
      remove(interface.index)
      add(interface)
    case .interfaceRemoved(let index): remove(index)
    default: break
    }
  }

  /// Hands over the changes.
  mutating func takeChanges() -> HostChanges {
    defer { changes = HostChanges() }
    return changes
  }

  private mutating func add(_ interface: Interface) {
    let entry = Entry(interface)
    entries[interface.index] = entry
    if let station = entry.station {
      stations[station, default: 0] += 1
      changes.stations[station] = true
    }
    for address in entry.addresses {
      addresses[address, default: 0] += 1
      changes.addresses[address] = true
    }
    changes.tunnels[UInt32(interface.index.rawValue)] = entry.isTunnel
  }

  private mutating func remove(_ index: InterfaceIndex) {
    guard let entry = entries.removeValue(forKey: index) else { return }
    if let station = entry.station {
      changes.stations[station] = Self.release(station, in: &stations)
    }
    for address in entry.addresses {
      changes.addresses[address] = Self.release(address, in: &addresses)
    }
    changes.tunnels[UInt32(index.rawValue)] = false
  }

  /// Counts one less; whether there are any left.
  private static func release<Key: Hashable>(_ key: Key, in counts: inout [Key: Int]) -> Bool {
    guard let count = counts[key], count > 1 else {
      counts[key] = nil
      return false
    }
    counts[key] = count - 1
    return true
  }
}
