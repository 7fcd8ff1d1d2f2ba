import NDPWire
import ProxyModel

extension Interface {
  /// Whether an address is in a prefix of one of its own addresses.
  func reaches(_ address: IPv6Address) -> Bool {
    addresses.contains { $0.prefix.contains(address) }
  }

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

  /// Whether neighbors could be solicited here now, had it an address to do so from.
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
    _ source: Ruleset.AdvertisementSource = .auto, towards peer: IPv6Address
  ) -> IPv6Address? {
    sourceAddress(source, towards: IPv6Prefix(peer, length: 128))
  }

  /// The same for all peers in a prefix, but for those in longer ones of these addresses.
  func sourceAddress(
    _ source: Ruleset.AdvertisementSource, towards peers: IPv6Prefix
  ) -> IPv6Address? {
    let peer = peers.address
    let isOnLinkOnly = peer.isLinkLocal || peer.isMulticast
    var best: (rank: Int, address: IPv6Address)?
    for candidate in self where candidate.state.isUsable {
      guard source.admits(candidate.address) else { continue }
      let rank =
        (candidate.address.isLinkLocal == isOnLinkOnly ? 4 : 0)
        + (candidate.state == .preferred ? 2 : 0)
        + (candidate.prefix.length <= peers.length && candidate.prefix.contains(peer) ? 1 : 0)
      if rank > best?.rank ?? -1 { best = (rank, candidate.address) }
    }
    return best?.address
  }
}

extension Ruleset.AdvertisementSource {
  /// Whether an address of the interface may be the source.
  func admits(_ candidate: IPv6Address) -> Bool {
    switch self {
    case .auto: true
    case .linkLocal: candidate.isLinkLocal
    case .global: !candidate.isLinkLocal
    case .address(let address): candidate == address
    case .target: false
    }
  }
}

extension Interface.Address.State {
  /// Whether it may be a source and is to be answered for.
  var isUsable: Bool { rawValue >= Self.deprecated.rawValue }
}
