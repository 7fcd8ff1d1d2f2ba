import NDPWire

/// A packet as the packet filter would meet it.
struct TestPacket {
  /// The interface that it came in by; empty for one that this host makes.
  var inName = ""
  var inIndex: Int32 = 0
  /// The interface that it goes out by; empty for one that ends here.
  var outName = ""
  var outIndex: Int32 = 0
  /// The Ethernet header, where a filter looks before IPv6 does.
  var ethernet: [UInt8] = []
  /// The IPv6 header.
  let network: [UInt8]
  /// The first octets of the ICMPv6 message or TCP segment.
  let transport: [UInt8]
  /// What its connection is to conntrack.
  var state = ConnectionState.new

  /// The states of conntrack, each a bit of `ct state`.
  enum ConnectionState: UInt32 {
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
