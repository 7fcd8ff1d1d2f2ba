import NDPWire
import Testing

struct IPv6PrefixTests {
  static let lengths = [128, 127, 120, 112, 96, 80, 67, 65, 64, 63, 48, 1, 0]

  @Test(arguments: lengths)
  func `the first and the last address are inside, their neighbors are not`(length: Int) {
    let prefix = IPv6Prefix(IPv6Address("2001:db8:1:2:3:4:5:6")!, length: length)
    let first = prefix.address.bits
    let last = first | ~IPv6Prefix.mask(length: length)
    #expect(prefix.contains(IPv6Address(bits: first)))
    #expect(prefix.contains(IPv6Address(bits: last)))
    if first > 0 { #expect(!prefix.contains(IPv6Address(bits: first - 1))) }
    if last < .max { #expect(!prefix.contains(IPv6Address(bits: last + 1))) }
  }

  @Test func `host bits are dropped`() {
    #expect(IPv6Prefix("2001:db8::1/64") == IPv6Prefix("2001:db8::/64"))
    #expect(IPv6Prefix("2001:db8:1:0:ff::10/80")?.description == "2001:db8:1:0:ff::/80")
  }

  @Test(arguments: [
    "", "::", "::/", "::/129", "::/-1", "::/064", "::/64;", "::/64 ", "/64", "::/1/2",
  ])
  func `text that is no prefix is refused`(text: String) {
    #expect(IPv6Prefix(text) == nil)
  }

  @Test func `a prefix contains the longer ones inside it`() {
    let wide = IPv6Prefix("2001:db8::/32")!
    let narrow = IPv6Prefix("2001:db8:1::/48")!
    #expect(wide.contains(narrow) && wide.contains(wide) && !narrow.contains(wide))
    #expect(!wide.contains(IPv6Prefix("2001:db9::/48")!))
  }
}

struct MACAddressTests {
  @Test func `text survives a round trip`() {
    #expect(MACAddress("02:00:5E:10:00:ff")?.description == "02:00:5e:10:00:ff")
    for text in [
      "", "02:00:5e:10:00", "02:00:5e:10:00:ff:00", "2:0:5e:10:0:f", "02-00-5e-10-00-ff",
    ] {
      #expect(MACAddress(text) == nil, "\(text)")
    }
  }

  @Test func `group addresses carry the low 32 bits of the group`() {
    #expect(
      MACAddress(multicast: IPv6Address("ff02::1:ff00:0")!) == MACAddress("33:33:ff:00:00:00"))
    #expect(
      MACAddress(multicast: IPv6Address("ff02::1:ffff:ffff")!) == MACAddress("33:33:ff:ff:ff:ff"))
    #expect(MACAddress.allNodes == MACAddress("33:33:00:00:00:01"))
  }

  @Test func `groups and zero are no unicast`() {
    #expect(MACAddress("02:00:00:00:00:01")!.isUnicast)
    for text in ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"] {
      #expect(!MACAddress(text)!.isUnicast, "\(text)")
    }
  }
}
