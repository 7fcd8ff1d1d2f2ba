package import LinuxNet
package import NDPWire
package import ProxyEngine
package import ProxyModel

/// The interfaces of this host as rtnetlink tells them, ready for the engine.
package struct HostTable: Sendable {
  /// By their indexes.
  package private(set) var links: [Int32: Link] = [:]
  /// By every name, alternative ones included.
  private var indexes: [String: Int32] = [:]
  private var addresses: [Int32: [LinkAddress]] = [:]

  /// Starts empty.
  package init() {}

  /// Takes interfaces that were read by somebody else, without their addresses.
  package init(_ links: [Link]) {
    for link in links { _ = apply(.link(link)) }
  }

  /// Reads how things are, again where too much happens meanwhile.
  package init(readFrom monitor: HostMonitor) throws(SystemError) {
    var attempts = 0
    while true {
      var table = HostTable()
      do {
        try monitor.readAll { _ = table.apply($0) }
        self = table
        return
      } catch {
        attempts += 1
        guard error.isOverrun, attempts < Self.readAttempts else { throw error }
      }
    }
  }

  /// How often the tables are read in a row while they change faster than they can be read.
  private static let readAttempts = 10

  /// Takes up a change and returns the event that it makes, if any.
  package mutating func apply(_ change: HostChange) -> Event? {
    switch change {
    case .link(let link):
      forgetNames(of: link.index)
      links[link.index] = link
      for name in link.names { indexes[name] = link.index }
      return interfaceEvent(link.index)
    case .linkRemoved(let index):
      addresses[index] = nil
      forgetNames(of: index)
      guard links.removeValue(forKey: index) != nil else { return nil }
      return .interfaceRemoved(InterfaceIndex(index))
    case .address(let address):
      add(address)
      return interfaceEvent(address.index)
    case .addressRemoved(let address):
      remove(address)
      return interfaceEvent(address.index)
    }
  }

  /// What the engine is told where the table was read anew.
  package var event: Event { .interfacesRead(links.keys.sorted().compactMap { interface($0) }) }

  /// The link with this name, be it an alternative one.
  package func link(named name: String) -> Link? {
    indexes[name].flatMap { links[$0] }
  }

  /// The links whose names match, by their indexes.
  package func links(matching pattern: InterfacePattern) -> [Link] {
    links.values.filter { $0.names.contains(where: pattern.matches) }
      .sorted { $0.index < $1.index }
  }

  /// The routing table of the VRF that an interface belongs to.
  package func routingTable(of index: Int32) -> UInt32? {
    links[index]?.vrf.flatMap { links[$0]?.routingTable }
  }

  /// Whether the interface with this index has any address.
  package func hasAddresses(_ index: Int32) -> Bool { addresses[index]?.isEmpty == false }

  /// The links that a name or a pattern of a configuration means, by their indexes.
  package func links(matching name: String) -> [Link] {
    links(matching: InterfacePattern(name))
  }

  /// Whether the interface with this name has this address.
  package func has(_ address: IPv6Address, onLinkNamed name: String) -> Bool {
    guard let index = indexes[name] else { return false }
    return addresses[index]?.contains { $0.address == address } == true
  }

  /// Whether an interface that is up and running has an address that is neither tentative nor a
  /// duplicate.
  ///
  /// FRR's vrrpd leaves a virtual address where it is on a backup, and takes the interface's
  /// carrier away. Costs the number of addresses.
  package func serves(_ address: IPv6Address) -> Bool {
    addresses.contains { index, all in
      links[index].map { $0.isUp && $0.isRunning } == true
        && all.contains { $0.address == address && !$0.isTentative && !$0.isDuplicate }
    }
  }

  /// Takes an interface's names away, unless another has taken them over.
  private mutating func forgetNames(of index: Int32) {
    for name in links[index]?.names ?? [] where indexes[name] == index { indexes[name] = nil }
  }

  /// A repeated address keeps its place, so that source selection does not waver.
  private mutating func add(_ address: LinkAddress) {
    let known = addresses[address.index]?.firstIndex { $0.address == address.address }
    if let known {
      addresses[address.index]?[known] = address
    } else {
      addresses[address.index, default: []].append(address)
    }
  }

  private mutating func remove(_ address: LinkAddress) {
    addresses[address.index]?.removeAll { $0.address == address.address }
  }

  private func interfaceEvent(_ index: Int32) -> Event? {
    interface(index).map { .interfaceChanged($0) }
  }

  private func interface(_ index: Int32) -> Interface? {
    guard let link = links[index] else { return nil }
    return Interface(
      index: InterfaceIndex(index), name: link.name, alternativeNames: link.alternativeNames,
      linkLayerAddress: link.linkLayerAddress, isUp: link.isUp && link.master == nil,
      isRunning: link.isRunning, hasNeighborDiscovery: link.hasNeighborDiscovery,
      addresses: (addresses[index] ?? []).map(Interface.Address.init))
  }
}

extension Link {
  /// Every name that it goes by.
  package var names: [String] { [name] + alternativeNames }
}

extension Interface.Address {
  fileprivate init(_ address: LinkAddress) {
    self.init(
      address.address, prefixLength: address.prefixLength,
      state: address.isDuplicate
        ? .duplicate
        : address.isTentative ? .tentative : address.isDeprecated ? .deprecated : .preferred)
  }
}

extension Route {
  /// Takes it from the kernel.
  package init(_ result: RouteResult) {
    switch result {
    case .onLink(let index): self = .onLink(InterfaceIndex(index))
    case .gateway(let index): self = .gateway(InterfaceIndex(index))
    case .local: self = .local
    case .anycast: self = .anycast
    case .unreachable: self = .unreachable
    }
  }
}
