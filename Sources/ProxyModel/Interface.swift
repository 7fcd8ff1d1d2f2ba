public import NDPWire

/// The number by which the kernel knows an interface; never reused while the interface lives.
public struct InterfaceIndex: Hashable, Comparable, Sendable {
  public let rawValue: Int32

  public init(_ rawValue: Int32) {
    self.rawValue = rawValue
  }

  public static func < (left: InterfaceIndex, right: InterfaceIndex) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// What the engine knows of a network interface of this host.
public struct Interface: Equatable, Sendable {
  /// The number by which the kernel knows it.
  public let index: InterfaceIndex
  /// The name by which rules know it.
  public var name: String

  /// Its alternative names, by which rules may know it, too (`ip link property add`).
  public var alternativeNames: [String]

  /// Its Ethernet address; `nil` where there is none (tun, WireGuard, ppp).
  public var linkLayerAddress: MACAddress?

  /// Whether it is up and nobody's port, so that frames can come and go.
  public var isUp: Bool

  /// Whether frames get through, as far as is known: what has a cable may be without one.
  ///
  /// What was known of targets stays known meanwhile.
  public var isRunning: Bool

  /// Whether neighbors on it are resolved at all: Ethernet, neither NOARP nor POINTOPOINT.
  public var hasNeighborDiscovery: Bool

  /// Its IPv6 addresses, in the order in which they were learned.
  public var addresses: [Address]

  public init(
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

  /// One IPv6 address of the interface.
  public struct Address: Equatable, Sendable {
    /// The address itself.
    public let address: IPv6Address
    /// The addresses on the same link as this one.
    public let prefix: IPv6Prefix
    /// How far duplicate address detection and its lifetime have come.
    public let state: State

    /// `prefixLength` is 0 through 128.
    public init(_ address: IPv6Address, prefixLength: Int, state: State) {
      self.address = address
      prefix = IPv6Prefix(address, length: prefixLength)
      self.state = state
    }

    /// RFC 4862 §2's states of an address, in order of usefulness as a source.
    public enum State: Int, Sendable {
      /// Another station has it: no source, and not answered for.
      case duplicate
      /// Duplicate address detection is not over: the same.
      case tentative
      case deprecated
      case preferred
    }
  }
}
