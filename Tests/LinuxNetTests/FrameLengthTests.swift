import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import TestSupport
import Testing

/// Frames of many lengths, sent by another program, as they are received.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct FrameLengthTests {
  /// Around what lies together in memory, and what there is room for.
  private static let lengths =
    [86, 127, 128, 129, 1514, 8000] + (-1...1).map { PacketSocket.frameCapacity + $0 }

  /// A solicitation that is followed by so many octets that each tells its place.
  private static func frame(length: Int) -> [UInt8] {
    let solicitation = EthernetFrame(
      source: MACAddress("02:00:00:00:00:0a")!,
      destination: MACAddress(multicast: IPv6Address("ff02::1:ff00:10")!),
      message: NeighborSolicitation(
        source: IPv6Address("fe80::a")!, destination: IPv6Address("ff02::1:ff00:10")!,
        target: IPv6Address("2001:db8::10")!,
        sourceLinkLayerAddress: MACAddress("02:00:00:00:00:0a")!))
    var octets = (0..<length).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
    var span = octets.mutableSpan
    var bytes = span.mutableBytes
    _ = solicitation.encode(into: &bytes)
    return octets
  }

  private static let program = """
    import socket, sys
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind(("a0", 0))
    for line in sys.argv[1:]: sender.send(bytes.fromhex(line))
    """

  @Test func `all that there is room for arrives as it was sent`() throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    try shell(namespace, "ip link set a0 mtu 9000", "ip link set b0 mtu 9000")
    let filter = PacketFilter(
      solicitationsFor: [IPv6Prefix("2001:db8::/64")!], advertisements: false)
    let socket = try namespace.run {
      try PacketSocket(interfaceIndex: ends.second, filter: filter, allMulticast: true)
    }
    // Twice, so that what long frames leave behind shows in short ones.
    let sent = (Self.lengths + Self.lengths.reversed()).map { Self.frame(length: $0) }
    let lines = sent.map { $0.span.bytes.hexadecimal(limit: .max) }
    try shell(namespace, "python3 -c '\(Self.program)' \(lines.joined(separator: " "))")
    var received: [[UInt8]] = []
    var truncated: [Bool] = []
    _ = try socket.receive { frame, isTruncated in
      received.append(
        (0..<frame.byteCount).map { unsafe frame.unsafeLoad(fromByteOffset: $0, as: UInt8.self) })
      truncated.append(isTruncated)
    }
    #expect(received == sent.map { Array($0.prefix(PacketSocket.frameCapacity)) })
    #expect(truncated == sent.map { $0.count > PacketSocket.frameCapacity })
  }
}
