import CLinux
package import NDPWire

/// One IPv6 route as `ip -6 route show table all` prints it (RTM_NEWROUTE in a dump).
package struct RouteEntry: Hashable, Sendable {
  /// Which destinations it is about.
  package var destination: IPv6Prefix
  /// What becomes of packets to them.
  package var type: RouteType
  /// The interface that they leave by.
  package var interface: Int32?
  /// The router that they go to; `nil` where the destination itself is on the link.
  package var gateway: IPv6Address?
  /// The lowest number wins among routes for one prefix.
  package var metric: UInt32
  /// 254 is main, 255 local.
  package var table: UInt32
  /// Who made it; 9 is a router advertisement (RTPROT_RA), 2 the kernel.
  package var origin: UInt8
  /// Whether the kernel passes over it, for its interface is down.
  package var isDead = false
  /// Whether it is only for packets from some sources.
  package var isForSources = false
  /// The object that says where it leads (ip-nexthop(8)), where that is one.
  package var nextHopObject: UInt32?
  /// Whether it is one of several ways, or may become so.
  package var isMultipath = false

  package init(
    destination: IPv6Prefix, type: RouteType = .unicast, interface: Int32? = nil,
    gateway: IPv6Address? = nil, metric: UInt32 = 1024, table: UInt32 = 254, origin: UInt8 = 3
  ) {
    self.destination = destination
    self.type = type
    self.interface = interface
    self.gateway = gateway
    self.metric = metric
    self.table = table
    self.origin = origin
  }

  /// Whether packets take it, from anywhere.
  package var isInUse: Bool {
    [.unicast, .local].contains(type) && !isDead && !isForSources
  }

  /// Whether a router advertisement made it.
  package var isFromRouterAdvertisement: Bool { origin == UInt8(RTPROT_RA) }
}

extension RouteEntry {
  /// Whether the kernel made it for an address or an interface.
  package var isFromKernel: Bool { origin == UInt8(RTPROT_KERNEL) }
}

/// What a route does with packets; the words are those of ip-route(8).
package enum RouteType: String, Sendable {
  case unicast, local, unreachable, blackhole, prohibit, other

  init(_ number: UInt8) {
    switch Int(number) {
    case RTN_UNICAST: self = .unicast
    case RTN_LOCAL: self = .local
    case RTN_UNREACHABLE: self = .unreachable
    case RTN_BLACKHOLE: self = .blackhole
    case RTN_PROHIBIT: self = .prohibit
    default: self = .other
    }
  }

  /// Whether it says that there is no way.
  package var isRefusal: Bool { [.unreachable, .blackhole, .prohibit].contains(self) }
}

extension RouteEntry {
  /// The routes of the thread's network namespace that are wanted, of all tables.
  ///
  /// Needs no privilege. The kernel hands over the whole table; 224,000 routes take a second.
  package static func readAll(
    where isWanted: (RouteEntry) -> Bool
  ) throws(SystemError) -> [RouteEntry] {
    let request = [UInt8(AF_INET6)] + [UInt8](repeating: 0, count: 11)
    return try NetlinkSocket.table(RTM_GETROUTE, payload: request, "read routes from netlink") {
      message, payload in
      Int(message.type) == RTM_NEWROUTE ? entries(payload).filter(isWanted) : []
    }
  }

  /// Reads `struct rtmsg` and its attributes: one entry for each next hop; none for an exception
  /// that the kernel has learnt.
  static func entries(_ payload: RawSpan) -> [RouteEntry] {
    guard payload.byteCount >= 12, payload.native(at: 0, as: UInt8.self) == UInt8(AF_INET6) else {
      return []
    }
    let cloned: UInt32 = 0x200
    guard payload.native(at: 8, as: UInt32.self) & cloned == 0 else { return [] }
    let length = Int(payload.native(at: 1, as: UInt8.self))
    guard length <= 128 else { return [] }
    var route = RouteEntry(
      destination: IPv6Prefix(.unspecified, length: length),
      type: RouteType(payload.native(at: 7)), metric: 0,
      table: UInt32(payload.native(at: 4, as: UInt8.self)), origin: payload.native(at: 5))
    route.isDead = Self.isDead(payload.native(at: 8, as: UInt32.self))
    route.isForSources = payload.native(at: 2, as: UInt8.self) != 0
    var hops: [RouteEntry] = []
    forEachAttribute(in: payload, behind: 12) { attribute, value in
      switch Int(attribute) {
      case Int(RTA_DST.rawValue) where value.byteCount == 16:
        route.destination = IPv6Prefix(value.ipv6Address, length: length)
      case Int(RTA_PRIORITY.rawValue) where value.byteCount == 4: route.metric = value.native(at: 0)
      case Int(RTA_TABLE.rawValue) where value.byteCount == 4: route.table = value.native(at: 0)
      case Int(RTA_MULTIPATH.rawValue): hops = nextHops(value)
      default: route.takeNextHop(attribute, value)
      }
    }
    guard !hops.isEmpty else { return [route] }
    return hops.map {
      var one = route
      (one.interface, one.gateway, one.isDead) = ($0.interface, $0.gateway, $0.isDead)
      one.isMultipath = true
      return one
    }
  }

  private mutating func takeNextHop(_ attribute: UInt16, _ value: RawSpan) {
    switch Int(attribute) {
    case Int(RTA_OIF.rawValue) where value.byteCount == 4: interface = value.native(at: 0)
    case Int(RTA_GATEWAY.rawValue) where value.byteCount == 16: gateway = value.ipv6Address
    case Int(RTA_NH_ID.rawValue) where value.byteCount == 4: nextHopObject = value.native(at: 0)
    default: break
    }
  }

  private static func isDead(_ flags: UInt32) -> Bool { flags & UInt32(RTNH_F_DEAD) != 0 }

  /// Walks over `struct rtnexthop`, each with attributes of its own.
  private static func nextHops(_ octets: RawSpan) -> [RouteEntry] {
    var hops: [RouteEntry] = []
    var rest = octets
    while rest.byteCount >= 8 {
      let length = Int(rest.native(at: 0, as: UInt16.self))
      guard 8...rest.byteCount ~= length else { break }
      var hop = RouteEntry(destination: IPv6Prefix(.unspecified, length: 0))
      hop.interface = rest.native(at: 4)
      hop.isDead = isDead(UInt32(rest.native(at: 2, as: UInt8.self)))
      forEachAttribute(in: rest.extracting(0..<length), behind: 8) { hop.takeNextHop($0, $1) }
      hops.append(hop)
      rest = rest.extracting(droppingFirst: min(aligned(length), rest.byteCount))
    }
    return hops
  }
}
