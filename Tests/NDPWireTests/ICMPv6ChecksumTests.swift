import NDPWire
import TestSupport
import Testing

/// Four words at a time, against one at a time.
struct ICMPv6ChecksumTests {
  private static func sum(_ octets: [UInt8], source: UInt128, destination: UInt128) -> UInt16 {
    ICMPv6Checksum.sum(
      of: octets.span.bytes, source: IPv6Address(bits: source),
      destination: IPv6Address(bits: destination))
  }

  private static func agrees(_ octets: [UInt8], _ source: UInt128, _ destination: UInt128) -> Bool {
    let address = [source, destination].map { number in
      (0..<16).map { UInt8(truncatingIfNeeded: number >> (120 - 8 * $0)) }
    }
    let slow = horribleChecksum(octets, source: address[0], destination: address[1])
    return sum(octets, source: source, destination: destination) == slow
  }

  @Test(arguments: 0...72)
  func `octets of every length add up, and so do carries`(length: Int) {
    for octet: UInt8 in [0x00, 0x01, 0x80, 0xff] {
      let octets = [UInt8](repeating: octet, count: length)
      for address: UInt128 in [0, 1, 1 << 64, .max, .max << 64] {
        #expect(Self.agrees(octets, address, ~address), "\(octet) \(address)")
      }
    }
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `random octets add up`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let length = Int.random(in: 0...1500, using: &random)
      let octets = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      let addresses = (0..<2).map { _ in UInt128.random(in: 0 ... .max, using: &random) }
      #expect(Self.agrees(octets, addresses[0], addresses[1]), "\(octets)")
    }
  }

  @Test func `a sum whose halves add up to one more than fits is folded again`() {
    // With length and next header, 66 together: 0x00010000 in one half of 64 bits, all ones in the
    // other.
    let octets: [UInt8] = [0x00, 0x01, 0x00, 0x00, 0xff, 0xff, 0xff, 0xbd]
    #expect(Self.agrees(octets, 0, 0))
  }
}
