package import NDPWire

/// The number by which the kernel knows an interface; never reused while the interface lives.
package struct InterfaceIndex: Hashable, Comparable, Sendable {
  package let rawValue: Int32

  package init(_ rawValue: Int32) {
    self.rawValue = rawValue
  }

  package static func < (left: InterfaceIndex, right: InterfaceIndex) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// What the engine knows of a network interface of this host.
package struct Interface: Equatable, Sendable {
  /// The number by which the kernel knows it.
  package let index: InterfaceIndex
  /// The name by which rules know it.
  package var name: String

  /// Its alternative names, by which rules may know it, too (`ip link property add`).
  package var alternativeNames: [String]

  /// Its Ethernet address; `nil` where there is none (tun, WireGuard, ppp).
  package var linkLayerAddress: MACAddress?

  /// Whether it is up and nobody's port, so that frames can come and go.
  package var isUp: Bool

  /// Whether frames get through, as far as is known: what has a cable may be without one.
  ///
  /// What was known of targets stays known meanwhile.
  package var isRunning: Bool

  /// Whether neighbours on it are resolved at all: Ethernet, neither NOARP nor POINTOPOINT.
  package var hasNeighborDiscovery: Bool

  /// Its IPv6 addresses, in the order in which they were learned.
  package var addresses: [Address]

  package init(
    index: InterfaceIndex, name: String, alternativeNames: [String] = [],
    linkLayerAddress: MACAddress?, isUp: Bool, isRunning: Bool = true,
    hasNeighborDiscovery: Bool, addresses: [Address]
  ) {
    self.index = index
    self.name = name
    self.alternativeNames = alternativeNames
    self.linkLayerAddress = linkLayerAddress
    self.isUp = isUp
    self.isRunning = isRunning
    self.hasNeighborDiscovery = hasNeighborDiscovery
    self.addresses = addresses
  }

  /// Whether an address is in a prefix of one of its own addresses.
  func reaches(_ address: IPv6Address) -> Bool {
    addresses.contains { $0.prefix.contains(address) }
  }

  /// One IPv6 address of the interface.
  package struct Address: Equatable, Sendable {
    /// The address itself.
    package let address: IPv6Address
    /// The addresses on the same link as this one.
    package let prefix: IPv6Prefix
    /// How far duplicate address detection and its lifetime have come.
    package let state: State

    /// `prefixLength` is 0 through 128.
    package init(_ address: IPv6Address, prefixLength: Int, state: State) {
      self.address = address
      prefix = IPv6Prefix(address, length: prefixLength)
      self.state = state
    }

    /// RFC 4862 §2's states of an address, in order of usefulness as a source.
    package enum State: Int, Sendable {
      /// Another station has it: no source, and not answered for.
      case duplicate
      /// Duplicate address detection is not over: the same.
      case tentative
      case deprecated
      case preferred

      /// Whether it may be a source and is to be answered for.
      var isUsable: Bool { rawValue >= State.deprecated.rawValue }
    }
  }
}

extension Interface {
  /// Whether the kernel itself speaks for `target` here.
  ///
  /// True of each address, tentative ones included, and of the subnet-router anycast address of
  /// each prefix that has one (RFC 4291 §2.6.1, RFC 6164 §5).
  func owns(_ target: IPv6Address) -> Bool {
    for own in addresses {
      if own.address == target { return true }
      // The anycast address is the first of the prefix.
      if own.prefix.length < 127, own.prefix.address == target { return true }
    }
    return false
  }

  /// Whether this is one of its addresses, tentative ones included.
  func has(_ address: IPv6Address) -> Bool { addresses.contains { $0.address == address } }

  /// Whether duplicate address detection of some address is not over yet.
  var isDetectingDuplicates: Bool { addresses.contains { $0.state == .tentative } }

  /// Every name that it goes by.
  var names: [String] { [name] + alternativeNames }

  /// Whether neighbours could be solicited here now, had it an address to do so from.
  var mayHaveNeighbors: Bool { isUp && hasNeighborDiscovery && linkLayerAddress != nil }
}

extension [Interface.Address] {
  /// The address to speak from to `peer`, or `nil` where none of them may be used.
  ///
  /// A link-local peer or a group gets a link-local source, any other a global one, best not
  /// deprecated and from its own prefix; the other scope is better than silence (RFC 4861 §4.4,
  /// RFC 6724 §5).
  /// One pass over the addresses.
  func sourceAddress(
    _ source: Ruleset.AdvertisementSource = .automatic, towards peer: IPv6Address
  ) -> IPv6Address? {
    let isOnLinkOnly = peer.isLinkLocal || peer.isMulticast
    var best: (rank: Int, address: IPv6Address)?
    for candidate in self where candidate.state.isUsable {
      guard source.admits(candidate.address) else { continue }
      let rank =
        (candidate.address.isLinkLocal == isOnLinkOnly ? 4 : 0)
        + (candidate.state == .preferred ? 2 : 0)
        + (candidate.prefix.contains(peer) ? 1 : 0)
      if rank > best?.rank ?? -1 { best = (rank, candidate.address) }
    }
    return best?.address
  }
}

extension Ruleset.AdvertisementSource {
  /// Whether an address of the interface may be the source.
  func admits(_ candidate: IPv6Address) -> Bool {
    switch self {
    case .automatic: true
    case .linkLocal: candidate.isLinkLocal
    case .global: !candidate.isLinkLocal
    case .address(let address): candidate == address
    case .target: false
    }
  }
}
