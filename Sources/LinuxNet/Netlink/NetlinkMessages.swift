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

/// An IPv6 address of an interface as rtnetlink describes it (RTM_NEWADDR).
package struct LinkAddress: Equatable, Sendable {
  /// The interface that has the address.
  package let index: Int32
  /// The local address, not a point-to-point peer.
  package let address: IPv6Address
  /// 0 through 128.
  package let prefixLength: Int
  /// Whether duplicate address detection is not over, or failed.
  package let isTentative: Bool
  /// Whether duplicate address detection failed.
  package let isDuplicate: Bool
  /// Whether it should no longer be the source of anything new (RFC 4862 §5.5.4).
  package let isDeprecated: Bool

  package init(
    index: Int32, address: IPv6Address, prefixLength: Int, isTentative: Bool,
    isDuplicate: Bool = false, isDeprecated: Bool
  ) {
    self.index = index
    self.address = address
    self.prefixLength = prefixLength
    self.isTentative = isTentative
    self.isDuplicate = isDuplicate
    self.isDeprecated = isDeprecated
  }
}

/// Something that changed on this host.
package enum HostChange: Equatable, Sendable {
  case link(Link)
  case linkRemoved(Int32)
  case address(LinkAddress)
  case addressRemoved(LinkAddress)
}

/// Where the kernel would send a packet (RTM_NEWROUTE in answer to RTM_GETROUTE).
package enum RouteResult: Equatable, Sendable {
  /// To a neighbor on the interface with this index.
  case onLink(Int32)
  /// To a router reached through the interface with this index.
  case gateway(Int32)
  /// To this host.
  case local
  /// To this host, as any of several (RTN_ANYCAST): the subnet-router anycast addresses of its
  /// links (RFC 4291 §2.6.1), while it forwards.
  case anycast
  /// Nowhere.
  case unreachable
}

/// One message as it came from the kernel: a header and what follows.
package struct NetlinkMessage {
  /// What follows.
  package let type: UInt16
  let flags: UInt16
  let sequence: UInt32
  /// The socket of the requester whose answer it is, or who caused the change; 0 is the kernel.
  let port: UInt32

  static let headerLength = 16

  /// Walks over the messages of one datagram; stops at the first that is cut off.
  static func forEach(in datagram: RawSpan, _ body: (NetlinkMessage, RawSpan) -> Void) {
    var rest = datagram
    while rest.byteCount >= headerLength {
      let length = Int(rest.native(at: 0, as: UInt32.self))
      guard headerLength...rest.byteCount ~= length else { return }
      let message = NetlinkMessage(
        type: rest.native(at: 4), flags: rest.native(at: 6), sequence: rest.native(at: 8),
        port: rest.native(at: 12))
      body(message, rest.extracting(headerLength..<length))
      rest = rest.extracting(droppingFirst: min(aligned(length), rest.byteCount))
    }
  }

  /// The error number of an NLMSG_ERROR; 0 is an acknowledgement.
  static func error(in payload: RawSpan) -> Int32 {
    payload.byteCount >= 4 ? -payload.native(at: 0, as: Int32.self) : Int32(EBADMSG)
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

extension LinkAddress {
  /// Reads `struct ifaddrmsg` and its attributes; `nil` for other families.
  package init?(_ payload: RawSpan) {
    guard payload.byteCount >= 8, payload.native(at: 0, as: UInt8.self) == UInt8(AF_INET6) else {
      return nil
    }
    var flags = UInt32(payload.native(at: 2, as: UInt8.self))
    var address: IPv6Address?
    var local: IPv6Address?
    forEachAttribute(in: payload, behind: 8) { attribute, value in
      switch Int(attribute) {
      case IFA_ADDRESS where value.byteCount == 16: address = value.ipv6Address
      case IFA_LOCAL where value.byteCount == 16: local = value.ipv6Address
      case IFA_FLAGS where value.byteCount == 4: flags = value.native(at: 0)
      default: break
      }
    }
    let length = Int(payload.native(at: 1, as: UInt8.self))
    guard let own = local ?? address, length <= 128 else { return nil }
    let tentative = UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_OPTIMISTIC)
    self.init(
      index: payload.native(at: 4), address: own, prefixLength: length,
      isTentative: flags & tentative != 0, isDuplicate: flags & UInt32(IFA_F_DADFAILED) != 0,
      isDeprecated: flags & UInt32(IFA_F_DEPRECATED) != 0)
  }
}

extension RouteResult {
  /// Reads `struct rtmsg` and its attributes.
  init(_ payload: RawSpan) {
    self = .unreachable
    guard payload.byteCount >= 12 else { return }
    var interface: Int32?
    var hasGateway = false
    forEachAttribute(in: payload, behind: 12) { attribute, value in
      switch Int(attribute) {
      case Int(RTA_OIF.rawValue) where value.byteCount == 4: interface = value.native(at: 0)
      case Int(RTA_GATEWAY.rawValue): hasGateway = true
      default: break
      }
    }
    switch Int(payload.native(at: 7, as: UInt8.self)) {
    case RTN_LOCAL: self = .local
    case RTN_ANYCAST: self = .anycast
    case RTN_UNICAST:
      if let interface { self = hasGateway ? .gateway(interface) : .onLink(interface) }
    default: break
    }
  }
}

/// An IPv6 route to a single address, as rtnetlink describes it (RTM_NEWROUTE).
struct HostRouteMessage {
  let target: IPv6Address
  let interface: Int32
  let gateway: IPv6Address?
  let table: UInt32
  let protocolNumber: UInt8

  /// Reads `struct rtmsg` and its attributes; `nil` for any other route.
  package init?(_ payload: RawSpan) {
    guard let protocolNumber = Self.protocolNumber(payload),
      payload.native(at: 1, as: UInt8.self) == 128
    else { return nil }
    var target: IPv6Address?
    var interface: Int32?
    var gateway: IPv6Address?
    var table = UInt32(payload.native(at: 4, as: UInt8.self))
    forEachAttribute(in: payload, behind: 12) { attribute, value in
      switch Int(attribute) {
      case Int(RTA_TABLE.rawValue) where value.byteCount == 4: table = value.native(at: 0)
      case Int(RTA_DST.rawValue) where value.byteCount == 16: target = value.ipv6Address
      case Int(RTA_OIF.rawValue) where value.byteCount == 4: interface = value.native(at: 0)
      case Int(RTA_GATEWAY.rawValue) where value.byteCount == 16: gateway = value.ipv6Address
      default: break
      }
    }
    guard let target, let interface else { return nil }
    self.target = target
    self.interface = interface
    self.gateway = gateway
    self.table = table
    self.protocolNumber = protocolNumber
  }

  /// Who has made a route; `nil` if the message is cut off.
  static func protocolNumber(_ payload: RawSpan) -> UInt8? {
    payload.byteCount >= 12 ? payload.native(at: 5, as: UInt8.self) : nil
  }
}
