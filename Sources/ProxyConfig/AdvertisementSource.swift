package import NDPWire

extension Configuration {
  /// Which address of the proxy interface advertisements come from (RFC 4861 §4.4).
  package enum AdvertisementSource: Hashable, Sendable {
    /// Link-local for a link-local asker, otherwise global, preferably of the asker's prefix.
    case auto

    /// Always a link-local address.
    case linkLocal

    /// Always a global one; some providers drop what comes from link-local addresses.
    case global

    /// The target itself, although the interface does not have it; some providers want that.
    case target

    /// This one, if the interface has it.
    case address(IPv6Address)
  }

  /// What a host gets that checks whether its new address is a duplicate (RFC 4862 §5.4).
  package enum DuplicateDetection: String, CaseIterable, Sendable {
    /// Nothing, ever.
    case ignore

    /// An answer if the owner confirms just then, or if a static rule is about that one address.
    case verify

    /// An answer for every target of a static rule too.
    case defend
  }

  /// Whose solicitations are answered, by the address they come from.
  package enum Solicitors: String, CaseIterable, Sendable {
    /// Whoever has a link-local address, or none yet, or one of a prefix of the proxy interface.
    case onLink = "on-link"

    /// Everybody.
    case any
  }
}

extension Configuration.AdvertisementSource: LosslessStringConvertible {
  /// Reads one of the words, or a unicast address; `nil` for anything else.
  package init?(_ text: String) {
    switch text {
    case "auto": self = .auto
    case "link-local": self = .linkLocal
    case "global": self = .global
    case "target": self = .target
    default:
      guard let address = IPv6Address(text) else { return nil }
      let isSource = !address.isMulticast && !address.isUnspecified && !address.isLoopback
      guard isSource else { return nil }
      self = .address(address)
    }
  }

  package var description: String {
    switch self {
    case .auto: "auto"
    case .linkLocal: "link-local"
    case .global: "global"
    case .target: "target"
    case .address(let address): "\(address)"
    }
  }
}
