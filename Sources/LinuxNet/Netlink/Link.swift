import CLinux
package import NDPWire

/// A network interface as rtnetlink describes it (RTM_NEWLINK).
package struct Link: Equatable, Sendable {
  /// The number by which the kernel knows the interface.
  package let index: Int32
  /// The name as `ip link` shows it.
  package let name: String
  /// `nil` unless it has one of 6 octets.
  package let linkLayerAddress: MACAddress?
  /// Whether it is set up (IFF_UP).
  package let isUp: Bool
  /// Whether frames get through, as far as its driver knows (IFF_RUNNING, RFC 2863).
  package let isRunning: Bool
  /// The index of the bridge, bond or the like that this interface is a port of.
  ///
  /// Not of a VRF, which leaves its ports what they receive.
  package let master: Int32?
  /// The index of the VRF that it belongs to.
  package let vrf: Int32?
  /// Of a VRF, the routing table of its ports.
  package let routingTable: UInt32?
  /// Whether neighbors on it are resolved: Ethernet, neither NOARP, POINTOPOINT nor LOOPBACK.
  package let hasNeighborDiscovery: Bool
  /// What else it may be called (`ip link property add altname`); each up to 127 octets.
  package let alternativeNames: [String]
  /// What made it: `bridge`, `veth`, `tun`, `wireguard`; `nil` for hardware.
  package let kind: String?
  /// Of a VLAN interface, the index of the interface whose frames it gets.
  package let vlanParent: Int32?

  package init(
    index: Int32, name: String, linkLayerAddress: MACAddress?, isUp: Bool, isRunning: Bool,
    master: Int32?, hasNeighborDiscovery: Bool, alternativeNames: [String] = [],
    kind: String? = nil, vrf: Int32? = nil, routingTable: UInt32? = nil,
    vlanParent: Int32? = nil
  ) {
    self.index = index
    self.vlanParent = vlanParent
    self.name = name
    self.vrf = vrf
    self.routingTable = routingTable
    self.linkLayerAddress = linkLayerAddress
    self.isUp = isUp
    self.isRunning = isRunning
    self.master = master
    self.hasNeighborDiscovery = hasNeighborDiscovery
    self.alternativeNames = alternativeNames
    self.kind = kind
  }
}

extension Link {
  /// Reads `struct ifinfomsg` and its attributes.
  ///
  /// `nil` for messages about bridge ports, and for events of wireless drivers, which leave out
  /// most of what an interface is.
  package init?(_ payload: RawSpan) {
    guard let index = Self.index(payload) else { return nil }
    let flags: UInt32 = payload.native(at: 8)
    let type: UInt16 = payload.native(at: 2)
    var name: String?
    var address: MACAddress?
    var master: Int32?
    var parent: Int32?
    var isComplete = true
    var information = LinkInformation()
    var alternativeNames: [String] = []
    forEachAttribute(in: payload, behind: 16) { attribute, value in
      switch Int(attribute) {
      case IFLA_IFNAME: name = value.text
      case IFLA_ADDRESS where value.byteCount == 6: address = value.macAddress
      case IFLA_MASTER where value.byteCount == 4: master = value.native(at: 0)
      case IFLA_LINK where value.byteCount == 4: parent = value.native(at: 0)
      case IFLA_LINKINFO: information = LinkInformation(value)
      case IFLA_PROP_LIST: alternativeNames = Self.alternativeNames(value)
      case IFLA_WIRELESS: isComplete = false
      default: break
      }
    }
    guard let name, isComplete else { return nil }
    let unresolved = IFF_NOARP.rawValue | IFF_POINTOPOINT.rawValue | IFF_LOOPBACK.rawValue
    self.init(
      index: index, name: name, linkLayerAddress: address,
      isUp: flags & IFF_UP.rawValue != 0, isRunning: flags & IFF_RUNNING.rawValue != 0,
      master: information.isPortOfVRF ? nil : master,
      hasNeighborDiscovery: type == UInt16(ARPHRD_ETHER) && flags & unresolved == 0,
      alternativeNames: alternativeNames, kind: information.kind,
      vrf: information.isPortOfVRF ? master : nil, routingTable: information.routingTable,
      vlanParent: information.kind == "vlan" ? parent : nil)
  }

  /// Reads IFLA_PROP_LIST.
  private static func alternativeNames(_ properties: RawSpan) -> [String] {
    var names: [String] = []
    forEachAttribute(in: properties, behind: 0) { attribute, value in
      if Int(attribute) == IFLA_ALT_IFNAME { names.append(value.text) }
    }
    return names
  }

  /// The index in an `ifinfomsg` about an interface itself.
  static func index(_ payload: RawSpan) -> Int32? {
    guard payload.byteCount >= 16, payload.native(at: 0, as: UInt8.self) == UInt8(AF_UNSPEC) else {
      return nil
    }
    return payload.native(at: 4)
  }
}

/// What IFLA_LINKINFO says of an interface.
private struct LinkInformation {
  var kind: String?
  var isPortOfVRF = false
  var routingTable: UInt32?

  init() {}

  init(_ attributes: RawSpan) {
    forEachAttribute(in: attributes, behind: 0) { attribute, value in
      switch Int(attribute) {
      case IFLA_INFO_KIND: kind = value.text
      // The kernel puts the kind in front, without which the data mean nothing.
      case IFLA_INFO_DATA where kind == "vrf": routingTable = Self.routingTable(value)
      case IFLA_INFO_SLAVE_KIND: isPortOfVRF = value.text == "vrf"
      default: break
      }
    }
  }

  /// Reads IFLA_VRF_TABLE.
  private static func routingTable(_ data: RawSpan) -> UInt32? {
    var table: UInt32?
    forEachAttribute(in: data, behind: 0) { attribute, value in
      if Int(attribute) == IFLA_VRF_TABLE, value.byteCount == 4 { table = value.native(at: 0) }
    }
    return table
  }
}
