import NDPWire
import TestSupport
import Testing

private let asker = MACAddress("02:00:00:00:00:aa")!
private let proxy = MACAddress("02:00:00:00:01:00")!
private let target = IPv6Address("2001:db8:1:0:ff::10")!

private func solicitation(
  from source: String, to destination: String, answerTo: MACAddress?
) -> NeighborSolicitation {
  NeighborSolicitation(
    source: IPv6Address(source)!, destination: IPv6Address(destination)!, target: target,
    sourceLinkLayerAddress: answerTo)
}

private func advertisement(
  from source: String, to destination: String, isSolicited: Bool
) -> NeighborAdvertisement {
  NeighborAdvertisement(
    source: IPv6Address(source)!, destination: IPv6Address(destination)!, target: target,
    isRouter: true, isSolicited: isSolicited, isOverride: false, targetLinkLayerAddress: proxy)
}

struct NeighborDiscoveryFrameTests {
  static let solicitations: [(String, String, EthernetFrame<NeighborSolicitation>)] = [
    (
      "multicast", Golden.solicitation,
      EthernetFrame(
        source: asker, destination: MACAddress("33:33:ff:00:00:10")!,
        message: solicitation(from: "fe80::aa", to: "ff02::1:ff00:10", answerTo: asker))
    ),
    (
      "unicast without a link-layer address", Golden.unicastSolicitation,
      EthernetFrame(
        source: asker, destination: proxy,
        message: solicitation(from: "fe80::aa", to: "2001:db8:1:0:ff::10", answerTo: nil))
    ),
    (
      "duplicate address detection", Golden.duplicateAddressDetection,
      EthernetFrame(
        source: asker, destination: MACAddress("33:33:ff:00:00:10")!,
        message: solicitation(from: "::", to: "ff02::1:ff00:10", answerTo: nil))
    ),
  ]

  static let advertisements: [(String, String, EthernetFrame<NeighborAdvertisement>)] = [
    (
      "to a link-local asker", Golden.advertisement,
      EthernetFrame(
        source: proxy, destination: asker,
        message: advertisement(from: "fe80::100", to: "fe80::aa", isSolicited: true))
    ),
    (
      "to a global asker", Golden.globalAdvertisement,
      EthernetFrame(
        source: proxy, destination: asker,
        message: advertisement(from: "2001:db8:1::2", to: "2001:db8:1::1", isSolicited: true))
    ),
    (
      "to all nodes", Golden.duplicateAddressDefence,
      EthernetFrame(
        source: proxy, destination: .allNodes,
        message: advertisement(from: "fe80::100", to: "ff02::1", isSolicited: false))
    ),
  ]

  @Test(arguments: solicitations)
  func `a solicitation decodes and encodes octet by octet`(
    name: String, golden: String, frame: EthernetFrame<NeighborSolicitation>
  ) {
    #expect(decode(octets(golden)) == .success(.solicitation(frame)), "\(name)")
    #expect(encoded { frame.encode(into: &$0) } == octets(golden), "\(name)")
  }

  @Test(arguments: advertisements)
  func `an advertisement decodes and encodes octet by octet`(
    name: String, golden: String, frame: EthernetFrame<NeighborAdvertisement>
  ) {
    #expect(decode(octets(golden)) == .success(.advertisement(frame)), "\(name)")
    #expect(encoded { frame.encode(into: &$0) } == octets(golden), "\(name)")
  }

  @Test func `all eight flag combinations survive a round trip`() throws {
    for flags in 0..<8 {
      let isSolicited = flags & 2 != 0
      let advertisement = NeighborAdvertisement(
        source: IPv6Address("fe80::1")!,
        destination: isSolicited ? IPv6Address("fe80::2")! : .allNodes, target: target,
        isRouter: flags & 1 != 0, isSolicited: isSolicited, isOverride: flags & 4 != 0,
        targetLinkLayerAddress: flags.isMultiple(of: 3) ? proxy : nil)
      let frame = EthernetFrame(source: proxy, destination: asker, message: advertisement)
      #expect(decode(encoded { frame.encode(into: &$0) }) == .success(.advertisement(frame)))
    }
  }

  @Test func `random solicitations survive a round trip`() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<2_000 {
      let target = IPv6Address(bits: UInt128.random(in: 0..<0xff << 120, using: &random))
      let message = NeighborSolicitation(
        source: IPv6Address(bits: UInt128.random(in: 0x20 << 120..<0xfe << 120, using: &random)),
        destination: target.solicitedNodeMulticast, target: target,
        sourceLinkLayerAddress: Bool.random(using: &random)
          ? MACAddress(bits: UInt64.random(in: 1..<1 << 48, using: &random) & ~(1 << 40) | 2)
          : nil)
      let frame = EthernetFrame(
        source: asker, destination: MACAddress(multicast: message.destination), message: message)
      #expect(decode(encoded { frame.encode(into: &$0) }) == .success(.solicitation(frame)))
    }
  }

  /// Encodes into octets that held something else, so that a field left unwritten shows.
  private func encoded(_ encode: (inout MutableRawSpan) -> Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0xee, count: 128)
    var span = buffer.mutableSpan
    var bytes = span.mutableBytes
    let length = encode(&bytes)
    return Array(buffer[..<length])
  }
}
