import NDPWire
import TestSupport
import Testing

private struct Defect: Sendable, CustomTestStringConvertible {
  let name: String
  let reason: DropReason
  let golden: String
  let change: @Sendable (inout CraftedFrame) -> Void
  var testDescription: String { name }

  init(
    _ name: String, _ reason: DropReason, in golden: String = Golden.solicitation,
    _ change: @escaping @Sendable (inout CraftedFrame) -> Void
  ) {
    (self.name, self.reason, self.golden, self.change) = (name, reason, golden, change)
  }
}

private let loopback = octets("00000000000000000000000000000001")
private let allNodes = octets("ff020000000000000000000000000001")
private let mapped = octets("00000000000000000000ffffc0000201")

private let defects: [Defect] = [
  Defect("802.1Q EtherType", .notIPv6) { $0.ethernet[12...13] = [0x81, 0x00] },
  Defect("IP version 4", .notIPv6) { $0.ip[0] = 0x45 },
  Defect("IP version 15", .notIPv6) { $0.ip[0] = 0xf0 },
  Defect("frame source is a group", .frameSourceNotUnicast) { $0.ethernet[6] = 0x33 },
  Defect("frame source is zero", .frameSourceNotUnicast) {
    $0.ethernet[6...11] = [0, 0, 0, 0, 0, 0]
  },
  Defect("payload length beyond the frame", .payloadLongerThanFrame) {
    $0.fixesPayloadLength = false
    $0.ip[5] = 100
  },
  Defect("jumbo payload", .truncatedMessage) {
    $0.fixesPayloadLength = false
    $0.ip[5] = 0
  },
  Defect("atomic fragment", .fragment) { $0.ip[6] = 44 },
  Defect("hop-by-hop header", .extensionHeader) { $0.ip[6] = 0 },
  Defect("routing header", .extensionHeader) { $0.ip[6] = 43 },
  Defect("destination options", .extensionHeader) { $0.ip[6] = 60 },
  Defect("TCP", .notICMPv6) { $0.ip[6] = 6 },
  Defect("UDP", .notICMPv6) { $0.ip[6] = 17 },
  Defect("no next header", .notICMPv6) { $0.ip[6] = 59 },
  Defect("echo request", .notNeighborDiscovery) { $0.message[0] = 128 },
  Defect("router advertisement", .notNeighborDiscovery) { $0.message[0] = 134 },
  Defect("redirect", .notNeighborDiscovery) { $0.message[0] = 137 },
  Defect("hop limit 254", .hopLimit) { $0.ip[7] = 254 },
  Defect("hop limit 64", .hopLimit) { $0.ip[7] = 64 },
  Defect("hop limit 0", .hopLimit) { $0.ip[7] = 0 },
  Defect("code 1", .code) { $0.message[1] = 1 },
  Defect("code 255", .code) { $0.message[1] = 255 },
  Defect("message of 23 octets", .truncatedMessage) { $0.message.removeLast(9) },
  Defect("message of 4 octets", .truncatedMessage) { $0.message.removeLast(28) },
  Defect("message of 0 octets", .truncatedMessage) { $0.message = [] },
  Defect("checksum field zero", .checksum) {
    $0.fixesChecksum = false
    $0.message[2...3] = [0, 0]
  },
  Defect("source is all nodes", .source) { $0.ip[8..<24] = allNodes[...] },
  Defect("source is loopback", .source) { $0.ip[8..<24] = loopback[...] },
  Defect("source is IPv4-mapped", .source) { $0.ip[8..<24] = mapped[...] },
  Defect("advertisement from ::", .source, in: Golden.advertisement) {
    $0.ip[8..<24] = [UInt8](repeating: 0, count: 16)[...]
  },
  Defect("destination is ::", .destination) {
    $0.ip[24..<40] = [UInt8](repeating: 0, count: 16)[...]
  },
  Defect("destination is loopback", .destination) { $0.ip[24..<40] = loopback[...] },
  Defect("target is all nodes", .targetMulticast) { $0.message[8..<24] = allNodes[...] },
  Defect("advertised target is all nodes", .targetMulticast, in: Golden.advertisement) {
    $0.message[8..<24] = allNodes[...]
  },
  Defect(
    "duplicate detection to the target itself", .unspecifiedSourceDestination,
    in: Golden.duplicateAddressDetection
  ) { $0.ip[24..<40] = $0.message[8..<24] },
  Defect(
    "duplicate detection to all nodes", .unspecifiedSourceDestination,
    in: Golden.duplicateAddressDetection
  ) { $0.ip[24..<40] = allNodes[...] },
  Defect(
    "duplicate detection with a link-layer address", .unspecifiedSourceLinkLayerAddress,
    in: Golden.duplicateAddressDetection
  ) { $0.message += octets("0101 0200000000aa") },
  Defect("solicited advertisement to all nodes", .solicitedMulticast, in: Golden.advertisement) {
    $0.ip[24..<40] = allNodes[...]
  },
  Defect("zero-length option first", .zeroLengthOption) {
    $0.message.insert(contentsOf: octets("0e00 000000000000"), at: 24)
  },
  Defect("zero-length option last", .zeroLengthOption) {
    $0.message += octets("0e00 000000000000")
  },
  Defect("zero-length option in an advertisement", .zeroLengthOption, in: Golden.advertisement) {
    $0.message += octets("0000 000000000000")
  },
  Defect("option past the end", .truncatedOption) { $0.message += octets("fd02 000000000000") },
  Defect("one octet left over", .truncatedOption) { $0.message += [0xfd] },
  Defect("two octets left over", .truncatedOption) { $0.message += [0xfd, 0x01] },
  Defect("seven octets left over", .truncatedOption) {
    $0.message += octets("fd01 0000000000")
  },
  Defect("link-layer address of two units", .linkLayerAddressLength) {
    $0.message[25] = 2
    $0.message += [UInt8](repeating: 0, count: 8)
  },
  Defect("link-layer address is a group", .linkLayerAddressNotUnicast) {
    $0.message[26...31] = [0x33, 0x33, 0, 0, 0, 1]
  },
  Defect("link-layer address is broadcast", .linkLayerAddressNotUnicast) {
    $0.message[26...31] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
  },
  Defect("link-layer address is zero", .linkLayerAddressNotUnicast, in: Golden.advertisement) {
    $0.message[26...31] = [0, 0, 0, 0, 0, 0]
  },
]

private let harmless: [Defect] = [
  Defect("padding behind the payload", .checksum) {
    $0.padding = [UInt8](repeating: 0, count: 100)
  },
  Defect("an option behind the payload", .checksum) { $0.padding = octets("0e00000000000000") },
  Defect("traffic class and flow label", .checksum) { $0.ip[0...3] = [0x6e, 0x0a, 0xbc, 0xde] },
  Defect("reserved bits", .checksum) { $0.message[4...7] = [0xff, 0xff, 0xff, 0xff] },
  Defect("destination is another group", .checksum) { $0.ip[39] = 0x99 },
  Defect("destination is all nodes", .checksum) { $0.ip[24..<40] = allNodes[...] },
  Defect("an unknown option", .checksum) { $0.message += octets("fd01 000000000000") },
  Defect("a target link-layer address", .checksum) {
    $0.message += octets("0201 020000000099")
  },
  Defect("a second source link-layer address", .checksum) {
    $0.message += octets("0101 020000000066")
  },
  Defect("a target link-layer address of two units", .checksum) {
    $0.message += octets("0202 0200000000990000 000000000000")
  },
  Defect("178 options", .checksum) {
    for _ in 0..<178 { $0.message += octets("0e01 000000000000") }
  },
]

struct DropReasonTests {
  @Test(arguments: defects)
  fileprivate func `each defect has its own reason`(_ defect: Defect) {
    let frame = CraftedFrame(defect.golden).with(defect.change)
    #expect(decode(frame) == .failure(defect.reason))
  }

  @Test(arguments: harmless)
  fileprivate func `what is no defect changes nothing`(_ oddity: Defect) {
    let frame = CraftedFrame(oddity.golden).with(oddity.change)
    guard case .success(.solicitation(let decoded)) = decode(frame) else {
      Issue.record("\(decode(frame))")
      return
    }
    #expect(decoded.message.target == IPv6Address("2001:db8:1:0:ff::10"))
    #expect(decoded.message.sourceLinkLayerAddress == MACAddress("02:00:00:00:00:aa"))
  }

  @Test(arguments: [Golden.solicitation, Golden.advertisement])
  func `every truncation is dropped`(golden: String) {
    let whole = octets(golden)
    for length in 0..<whole.count {
      let expected: DropReason = length < 54 ? .truncatedFrame : .payloadLongerThanFrame
      #expect(decode(Array(whole[..<length])) == .failure(expected), "\(length) octets")
    }
  }

  @Test(arguments: [Golden.solicitation, Golden.advertisement])
  func `every flipped bit that the checksum covers is seen`(golden: String) {
    let whole = octets(golden)
    let covered = Array(22..<54) + Array(56..<whole.count)
    for octet in covered {
      for bit in 0..<8 {
        var frame = whole
        frame[octet] ^= 1 << bit
        guard case .failure = decode(frame) else {
          Issue.record("octet \(octet) bit \(bit) was accepted")
          continue
        }
      }
    }
  }

  @Test func `a nonce option is stepped over`() {
    guard case .success(.solicitation) = decode(octets(Golden.solicitationWithNonce)) else {
      Issue.record("dropped")
      return
    }
  }

  @Test func `both forms of a zero checksum are taken`() {
    // The target is chosen so that the message without its checksum adds up to all ones.
    var frame = CraftedFrame(Golden.solicitation)
    frame.fixesChecksum = false
    frame.message[2...3] = [0, 0]
    let sum = horribleChecksum(
      frame.message, source: Array(frame.ip[8..<24]), destination: Array(frame.ip[24..<40]))
    let filler = ~sum
    let previous = UInt16(frame.message[16]) << 8 | UInt16(frame.message[17])
    let (value, carry) = previous.addingReportingOverflow(filler)
    let target = value + (carry ? 1 : 0)
    frame.message[16...17] = [UInt8(target >> 8), UInt8(target & 0xff)]
    for checksum: [UInt8] in [[0, 0], [0xff, 0xff]] {
      frame.message[2...3] = checksum[...]
      guard case .success = decode(frame.ethernet + frame.ip + frame.message) else {
        Issue.record("\(checksum) was dropped")
        continue
      }
    }
  }

  @Test func `random octets never trap`() {
    var random = SeededGenerator(seed: 0)
    for _ in 0..<20_000 {
      var frame = octets(Golden.solicitation)
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        frame[Int.random(in: 0..<frame.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      frame.removeLast(Int.random(in: 0..<8, using: &random))
      _ = decode(frame)
    }
  }
}
