import NDPWire
import TestSupport
import Testing

struct IPv6AddressTests {
  static let wellFormed: [(String, String)] = [
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
    ("2001:db8:0:0:0:0:0:1", "2001:db8::1"), ("2001:0db8:0001::", "2001:db8:1::"),
    ("2001:19f0:6001:01a6:00ff:0000:0000:0000", "2001:19f0:6001:1a6:ff::"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
    ("::ffff:c000:201", "::ffff:192.0.2.1"), ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("fe80::", "fe80::"),
  ]

  static let malformed = [
    "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1::2", "1::2:",
    "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", "fe80::1%eth0", " ::1", "::1 ",
    "::1/64", "::256.0.0.1", "::1.2.3", "::1.2.3.4.5", "::01.2.3.4", "1.2.3.4", "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.-4", "２001::", "1:2:3:4:5:6:7:", "::1.2.3.4.",
  ]

  @Test(arguments: wellFormed)
  func `text is read and written canonically`(text: String, canonical: String) {
    #expect(IPv6Address(text)?.description == canonical)
  }

  @Test(arguments: malformed)
  func `text that is no address is refused`(text: String) {
    #expect(IPv6Address(text) == nil)
  }

  @Test func `text survives a round trip`() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<2_000 {
      // Whole groups of zeros are what the canonical form is about.
      var bits: UInt128 = 0
      for _ in 0..<8 {
        let group: UInt16 =
          Bool.random(using: &random) ? 0 : .random(in: 0...0xffff, using: &random)
        bits = bits << 16 | UInt128(group)
      }
      let address = IPv6Address(bits: bits)
      #expect(IPv6Address(address.description) == address)
    }
  }

  @Test func `solicited-node groups take the low 24 bits`() {
    #expect(
      IPv6Address("2001:db8::1:800:200e:8c6c")!.solicitedNodeMulticast
        == IPv6Address("ff02::1:ff0e:8c6c"))
    #expect(IPv6Address("ff02::1:ff0e:8c6c")!.isSolicitedNodeMulticast)
    #expect(!IPv6Address("ff02::2:ff0e:8c6c")!.isSolicitedNodeMulticast)
    #expect(!IPv6Address.allNodes.isSolicitedNodeMulticast)
  }

  @Test(arguments: [
    ("2001:db8::1", true), ("fd00::1", true), ("::ffff:0:0:0", true), ("::2", true),
    ("fec0::1", true), ("fe80::1", false), ("febf::1", false), ("ff02::1", false),
    ("::ffff:192.0.2.1", false), ("::1", false), ("::", false),
  ])
  func `what a proxy may answer for is unicast, and not of one link or host`(
    text: String, isProxyable: Bool
  ) {
    #expect(IPv6Address(text)!.isProxyable == isProxyable)
  }

  @Test func `scopes are told apart`() {
    #expect(IPv6Address("fe80::1")!.isLinkLocal && IPv6Address("febf::1")!.isLinkLocal)
    #expect(!IPv6Address("fec0::1")!.isLinkLocal && !IPv6Address("fe7f::1")!.isLinkLocal)
    #expect(IPv6Address("ff0e::1")!.isMulticast && !IPv6Address("feff::1")!.isMulticast)
    #expect(IPv6Address("::ffff:1.2.3.4")!.isIPv4Mapped && !IPv6Address("::1.2.3.4")!.isIPv4Mapped)
    #expect(IPv6Address("::")!.isUnspecified && IPv6Address("::1")!.isLoopback)
  }
}
