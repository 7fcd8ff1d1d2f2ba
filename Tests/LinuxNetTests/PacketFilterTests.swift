import Glibc
import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import TestSupport
import Testing

private let peer = MACAddress("02:00:00:00:00:0b")!

/// The octets of a solicitation, changed as a row wants.
private func solicitation(
  for target: String = "2001:db8:1:0:ff::10", to destination: MACAddress? = nil,
  _ change: (inout [UInt8]) -> Void = { _ in }
) -> [UInt8] {
  let target = IPv6Address(target)!
  let frame = EthernetFrame(
    source: MACAddress("02:00:00:00:00:aa")!,
    destination: destination ?? MACAddress(multicast: target.solicitedNodeMulticast),
    message: NeighborSolicitation(
      source: IPv6Address("fe80::aa")!, destination: target.solicitedNodeMulticast,
      target: target, sourceLinkLayerAddress: MACAddress("02:00:00:00:00:aa")!))
  var octets = [UInt8](repeating: 0, count: 86)
  var span = octets.mutableSpan
  var bytes = span.mutableBytes
  _ = frame.encode(into: &bytes)
  change(&octets)
  return octets
}

struct PacketFilterTests {
  static let rows: [(String, [UInt8], Bool)] = [
    ("multicast", solicitation(), true),
    ("unicast to us", solicitation(to: peer), true),
    ("broadcast", solicitation(to: MACAddress("ff:ff:ff:ff:ff:ff")!), true),
    ("first address of the prefix", solicitation(for: "2001:db8:1:0:ff::"), true),
    ("last address of the prefix", solicitation(for: "2001:db8:1:0:ff:ffff:ffff:ffff"), true),
    ("second prefix", solicitation(for: "2001:db8:2::1"), true),
    ("before the prefix", solicitation(for: "2001:db8:1:0:fe:ffff:ffff:ffff"), false),
    ("behind the prefix", solicitation(for: "2001:db8:1:0:100::"), false),
    ("beside the second prefix", solicitation(for: "2001:db8:2::2"), false),
    ("to another station", solicitation(to: MACAddress("02:00:00:00:00:0c")!), false),
    ("hop limit 254", solicitation { $0[21] = 254 }, false),
    ("hop-by-hop header", solicitation { $0[20] = 0 }, false),
    ("fragment header", solicitation { $0[20] = 44 }, false),
    ("UDP", solicitation { $0[20] = 17 }, false),
    ("router solicitation", solicitation { $0[54] = 133 }, false),
    ("advertisement", solicitation { $0[54] = 136 }, false),
    ("IPv4", solicitation { ($0[12], $0[13]) = (0x08, 0x00) }, false),
    // The process checks these: the kernel cannot, or need not.
    ("bad checksum", solicitation { $0[56] ^= 1 }, true),
    ("code 1", solicitation { $0[55] = 1 }, true),
  ]

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `the kernel wakes us for nothing else`() throws {
    let filter = PacketFilter(
      solicitationsFor: [
        IPv6Prefix("2001:db8:1:0:ff::/80")!, IPv6Prefix("2001:db8:2::1/128")!,
      ], advertisements: false)
    let cable = try Cable(filter: filter)
    for (name, frame, passes) in Self.rows {
      let received = try cable.transmit(frame, isExpected: passes)
      #expect(received == (passes ? [frame] : []), "\(name)")
    }
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `what the parser takes the kernel lets through`() throws {
    let everything = PacketFilter(
      solicitationsFor: [IPv6Prefix(.unspecified, length: 0)], advertisements: true)
    let cable = try Cable(filter: everything)
    var random = SeededGenerator(seed: 3)
    for _ in 0..<500 {
      var frame = solicitation(to: peer)
      let position = Int.random(in: 12..<86, using: &random)
      frame[position] = .random(in: 0...255, using: &random)
      let isTaken = (try? NeighborDiscoveryFrame(decoding: frame.span.bytes)) != nil
      let received = try cable.transmit(frame, isExpected: isTaken)
      if isTaken { #expect(received == [frame], "octet \(position)") }
    }
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `without rules and questions nothing wakes us`() throws {
    let cable = try Cable(filter: PacketFilter(solicitationsFor: [], advertisements: false))
    #expect(try cable.transmit(solicitation(to: peer)) == [])
  }

  @Test(arguments: [1, 64, 65, 1000])
  func `however many rules there are, others wake nobody`(count: Int) throws {
    let prefixes = (0..<count).map {
      IPv6Prefix(IPv6Address(bits: UInt128(0x2001_0db8_0001) << 80 | UInt128($0)), length: 128)
    }
    let filter = PacketFilter(solicitationsFor: prefixes, advertisements: false)
    let covers = IPv6Prefix.covers(of: prefixes, limit: PacketFilter.prefixLimit) ?? []
    #expect(1...PacketFilter.prefixLimit ~= covers.count)
    #expect(prefixes.allSatisfy { prefix in covers.contains { $0.contains(prefix.address) } })
    #expect(covers.allSatisfy { $0.length >= 112 })
    #expect(filter.expression != "ip6[40] == 135")
    #expect(!covers.contains { $0.contains(IPv6Address("2001:db8:2::1")!) })
  }

  @Test func `what is everywhere is not compared`() {
    let scattered = (0..<64).map { IPv6Prefix(IPv6Address(bits: UInt128($0) << 122), length: 64) }
    #expect(IPv6Prefix.covers(of: scattered, limit: 16)?.count == 16)
    let everywhere = scattered + [IPv6Prefix(.unspecified, length: 0)]
    #expect(IPv6Prefix.covers(of: everywhere, limit: 16) == nil)
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `the most prefixes fit a program`() throws {
    // Hosts that have as little in common as can be, so that nothing is compared once for several.
    var random = SeededGenerator(seed: 1)
    let hosts = (0..<PacketFilter.prefixLimit).map { _ in
      IPv6Prefix(IPv6Address(bits: UInt128.random(in: 0 ... .max, using: &random)), length: 128)
    }
    let filter = PacketFilter(solicitationsFor: hosts, advertisements: true)
    // The kernel takes it.
    _ = try Cable(filter: filter)
  }

  @Test func `each prefix length compiles`() {
    for length in 0...128 {
      let prefix = IPv6Prefix(IPv6Address(bits: .max), length: length)
      let filter = PacketFilter(solicitationsFor: [prefix], advertisements: true)
      #expect(filter.expression.contains("ip6[40] == 135"))
    }
  }
}

/// Two ends of a veth pair: frames go in at one and come out, filtered, at the other.
private final class Cable {
  private let namespace: NetworkNamespace
  private let sender: PacketSender
  private let receiver: PacketSocket

  init(filter: PacketFilter) throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    self.namespace = namespace
    sender = try namespace.run { try PacketSender(interfaceIndex: ends.first) }
    receiver = try namespace.run {
      try PacketSocket(interfaceIndex: ends.second, filter: filter, allMulticast: true)
    }
  }

  /// Sends a frame and returns what arrives; veth delivers before the call returns.
  func transmit(_ octets: [UInt8], isExpected: Bool = false) throws -> [[UInt8]] {
    sender.enqueue { span in
      for (offset, octet) in octets.enumerated() {
        span.storeBytes(of: octet, toByteOffset: offset, as: UInt8.self)
      }
      return octets.count
    }
    sender.flush()
    #expect(sender.unsentCount == 0)
    var received: [[UInt8]] = []
    // What is sent has mostly arrived by now; a busy kernel delivers it a little later.
    var waiting = pollfd(fd: receiver.pollDescriptor, events: Int16(POLLIN), revents: 0)
    _ = Glibc.poll(&waiting, 1, isExpected ? 5000 : 0)
    _ = try receiver.receive { frame, isTruncated in
      #expect(!isTruncated)
      received.append(
        (0..<frame.byteCount).map { unsafe frame.unsafeLoad(fromByteOffset: $0, as: UInt8.self) })
    }
    return received
  }
}
