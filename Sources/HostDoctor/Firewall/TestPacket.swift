import NDPWire

/// A packet as the packet filter would meet it.
struct TestPacket {
  /// The interface that it came in by; empty for one that this host makes.
  var inName = ""
  var inIndex: Int32 = 0
  /// The interface that it goes out by; empty for one that ends here.
  var outName = ""
  var outIndex: Int32 = 0
  /// The Ethernet header that it came with, or is sent with; empty where it is not known.
  var ethernet: [UInt8] = []
  /// The Ethernet header that a packet gets when it is passed on; empty where it is not known.
  var nextEthernet: [UInt8] = []
  /// The IPv6 header.
  var network: [UInt8]
  /// The first octets of the ICMPv6 message or TCP segment.
  var transport: [UInt8]
  /// What its connection is to conntrack.
  var state = ConnectionState.new
  /// Whether it goes the other way than the first packet of its connection.
  var isReply = false
  /// Whether it is this host's own, where a hook sees it.
  var isMadeHere = false
  /// What its destination is to the routing table: RTN_UNICAST is 1, RTN_LOCAL 2.
  var destinationType: UInt32?

  /// The interface by which its source is reached; 0 where that is not known.
  var wayBack: Int32 = 0

  /// The states of conntrack, each a bit of `ct state`.
  enum ConnectionState: UInt32 {
    /// Connection tracking has not seen the packet yet; `ct state` says `invalid` then.
    case unseen = 1
    case established = 2
    case new = 8
    /// As Neighbor Discovery always is.
    case untracked = 64
  }

  /// An ICMPv6 message of this type, with a target if it is Neighbor Discovery.
  init(
    type: UInt8, from source: IPv6Address, to destination: IPv6Address, target: IPv6Address? = nil
  ) {
    let message = [type, 0, 0, 0, 0, 0, 0, 0] + (target?.octets ?? [0, 0, 0, 0, 0, 0, 0, 0])
    transport = message
    let hopLimit: UInt8 = target == nil ? 64 : 255
    network =
      [0x60, 0, 0, 0, 0, UInt8(message.count), ICMPv6.header, hopLimit] + source.octets
      + destination.octets
    if target != nil { state = .untracked }
  }

  /// The first segment of a connection to a web server.
  init(tcpFrom source: IPv6Address, to destination: IPv6Address) {
    let (tcp, hopLimit): (UInt8, UInt8) = (6, 64)
    transport =
      [0xc0, 0x00, 0x01, 0xbb] + [UInt8](repeating: 0, count: 8) + [
        0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0,
      ]
    network =
      [0x60, 0, 0, 0, 0, UInt8(transport.count), tcp, hopLimit] + source.octets
      + destination.octets
  }

  var isICMPv6: Bool { network[6] == ICMPv6.header }

  /// With its way through this host.
  func entering(_ name: String, _ index: Int32) -> TestPacket {
    var packet = self
    (packet.inName, packet.inIndex) = (name, index)
    return packet
  }

  func leaving(_ name: String, _ index: Int32) -> TestPacket {
    var packet = self
    (packet.outName, packet.outIndex) = (name, index)
    return packet
  }

  func with(_ state: ConnectionState) -> TestPacket {
    var packet = self
    packet.state = state
    packet.isReply = state == .established
    return packet
  }

  /// As the chains at a hook see it.
  ///
  /// Where it goes out is not known before it is routed, and where it came in is forgotten when it
  /// reaches the device. Behind routing, this host's own Neighbor Discovery has the interface that
  /// it leaves by as the one that it came in by. The hop limit of what is passed on is one less
  /// from
  /// `forward` on.
  func seen(at hook: Hook) -> TestPacket {
    var packet = self
    packet.isMadeHere = inName.isEmpty
    switch hook {
    case .ingress, .prerouting, .input: (packet.outName, packet.outIndex) = ("", 0)
    case .output: (packet.inName, packet.inIndex) = ("", 0)
    case .forward, .postrouting, .egress:
      if !inName.isEmpty, !outName.isEmpty {
        packet.network[7] -= 1
        if hook == .egress { packet.ethernet = nextEthernet }
      }
      if hook == .postrouting, inName.isEmpty, state == .untracked {
        (packet.inName, packet.inIndex) = (outName, outIndex)
      }
      if hook == .egress { (packet.inName, packet.inIndex) = ("", 0) }
    }
    return packet
  }

  /// With a destination that is reached by a route (RTN_UNICAST), and not this host's.
  var toNeighbor: TestPacket {
    var packet = self
    packet.destinationType = 1
    return packet
  }

  /// With an interface by which its source is reached.
  func returning(by index: Int32) -> TestPacket {
    var packet = self
    packet.wayBack = index
    return packet
  }

  func with(ethernet source: MACAddress, to destination: MACAddress) -> TestPacket {
    var packet = self
    packet.ethernet = destination.octets + source.octets + [0x86, 0xdd]
    return packet
  }
}

/// Numbers of ICMPv6 that the packet filter is asked about (RFC 4443, RFC 4861).
enum ICMPv6 {
  static let header: UInt8 = 58
  static let packetTooBig: UInt8 = 2
  static let echoRequest: UInt8 = 128
  static let neighborSolicitation: UInt8 = 135
  static let neighborAdvertisement: UInt8 = 136
}

extension IPv6Address {
  /// In network order.
  var octets: [UInt8] {
    stride(from: 120, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> $0) }
  }
}

extension MACAddress {
  /// In network order.
  var octets: [UInt8] {
    stride(from: 40, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> $0) }
  }
}
