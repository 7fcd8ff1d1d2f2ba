import CLinux
package import NDPWire

/// How the kernel's neighbor cache stands to a neighbor; the names are those of `ip neighbor`.
package enum NeighborState: String, Sendable, CaseIterable {
  case incomplete = "INCOMPLETE"
  case reachable = "REACHABLE"
  case stale = "STALE"
  case delay = "DELAY"
  case probe = "PROBE"
  case failed = "FAILED"
  case noARP = "NOARP"
  case permanent = "PERMANENT"
  case none = "NONE"

  /// Reads `ndm_state`, of whose bits at most one is set.
  init(_ bits: UInt16) {
    self = Self.allCases.first { bits & $0.bit != 0 } ?? .none
  }

  /// Its bit in `ndm_state`; none for `none`.
  var bit: UInt16 {
    switch self {
    case .incomplete: UInt16(NUD_INCOMPLETE)
    case .reachable: UInt16(NUD_REACHABLE)
    case .stale: UInt16(NUD_STALE)
    case .delay: UInt16(NUD_DELAY)
    case .probe: UInt16(NUD_PROBE)
    case .failed: UInt16(NUD_FAILED)
    case .noARP: UInt16(NUD_NOARP)
    case .permanent: UInt16(NUD_PERMANENT)
    case .none: 0
    }
  }
}

/// What the kernel's neighbor cache has of one address on one interface (RTM_NEWNEIGH).
package struct NeighborEntry: Equatable, Sendable {
  /// Where frames go; `nil` where that is not known.
  package let linkLayerAddress: MACAddress?
  /// What the kernel thinks of it.
  package let state: NeighborState
  /// How long ago the kernel last had it confirmed that the neighbor is reachable, in milliseconds.
  ///
  /// Multiples of 10. An entry that was never confirmed counts as confirmed some time before it was
  /// made: twice `base_reachable_time`, a minute unless configured. `nil` where the kernel does not
  /// say.
  package let millisecondsSinceConfirmed: UInt64?
  /// Whether the neighbor has said to be a router (NTF_ROUTER).
  package let isRouter: Bool

  package init(
    linkLayerAddress: MACAddress?, state: NeighborState,
    millisecondsSinceConfirmed: UInt64? = nil, isRouter: Bool = false
  ) {
    self.linkLayerAddress = linkLayerAddress
    self.state = state
    self.millisecondsSinceConfirmed = millisecondsSinceConfirmed
    self.isRouter = isRouter
  }
}

/// A change of the kernel's neighbor cache.
package struct NeighborChange: Equatable, Sendable {
  /// The index of the interface whose neighbor it is.
  package let interface: Int32
  /// Whose entry it is.
  package let address: IPv6Address
  /// The entry as it is now; `nil` where it was deleted.
  package let entry: NeighborEntry?

  package init(interface: Int32, address: IPv6Address, entry: NeighborEntry?) {
    self.interface = interface
    self.address = address
    self.entry = entry
  }
}

/// `struct ndmsg` and its attributes.
struct NeighborMessage {
  /// Behind `struct nlmsghdr`: where the fields of `struct ndmsg` stand.
  enum Field {
    static let family = 0
    static let interface = 4
    static let state = 8
    static let flags = 10
    static let type = 11
    static let length = 12
  }

  let interface: Int32
  let address: IPv6Address
  let entry: NeighborEntry

  /// `nil` if the message is cut off, or of another family.
  init?(_ payload: RawSpan) {
    guard payload.byteCount >= Field.length,
      payload.native(at: Field.family, as: UInt8.self) == UInt8(AF_INET6)
    else { return nil }
    var address: IPv6Address?
    var linkLayerAddress: MACAddress?
    var confirmed: UInt32?
    forEachAttribute(in: payload, behind: Field.length) { attribute, value in
      switch Int(attribute) {
      case NDA_DST where value.byteCount == 16: address = value.ipv6Address
      case NDA_LLADDR where value.byteCount == 6: linkLayerAddress = value.macAddress
      // `struct nda_cacheinfo` begins with the time since the confirmation.
      case NDA_CACHEINFO where value.byteCount >= 4: confirmed = value.native(at: 0)
      default: break
      }
    }
    guard let address else { return nil }
    self.address = address
    interface = payload.native(at: Field.interface)
    entry = NeighborEntry(
      linkLayerAddress: linkLayerAddress, state: NeighborState(payload.native(at: Field.state)),
      millisecondsSinceConfirmed: confirmed.map { UInt64($0) * Self.millisecondsPerTick },
      isRouter: payload.native(at: Field.flags, as: UInt8.self) & UInt8(NTF_ROUTER) != 0)
  }

  /// `USER_HZ` is 100 on all processors that Swift knows.
  private static let millisecondsPerTick: UInt64 = 10

  /// `struct ndmsg` for one address.
  static func request(
    for address: IPv6Address, on interface: Int32, state: NeighborState = .none, flags: UInt8 = 0
  ) -> [UInt8] {
    var payload: [UInt8] = [UInt8(AF_INET6), 0, 0, 0]
    payload.append(native: interface)
    payload.append(native: state.bit)
    payload += [flags, 0]
    payload.append(attribute: UInt16(NDA_DST), address.bits.bigEndian)
    return payload
  }
}

extension NeighborChange {
  /// Reads RTM_NEWNEIGH and RTM_DELNEIGH; `nil` for anything else, and for entries of the kernel's
  /// own proxy.
  init?(_ message: NetlinkMessage, _ payload: RawSpan) {
    guard [RTM_NEWNEIGH, RTM_DELNEIGH].contains(Int(message.type)),
      let neighbor = NeighborMessage(payload),
      payload.native(at: NeighborMessage.Field.flags, as: UInt8.self) & UInt8(NTF_PROXY) == 0
    else { return nil }
    self.init(
      interface: neighbor.interface, address: neighbor.address,
      entry: Int(message.type) == RTM_NEWNEIGH ? neighbor.entry : nil)
  }
}
