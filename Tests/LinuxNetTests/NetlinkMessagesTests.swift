import NDPWire
import TestSupport
import Testing

@testable import LinuxNet

/// An RTM_NEWLINK payload laid out like the kernel's: `a0`, up, the port of a bridge.
private let link: [UInt8] =
  [0, 0, 1, 0, 7, 0, 0, 0, 0x43, 0x10, 1, 0, 0, 0, 0, 0]
  + [7, 0, 3, 0, 0x61, 0x30, 0, 0]
  + [10, 0, 1, 0, 2, 0, 0, 0, 0, 0x0a, 0, 0]
  + [8, 0, 10, 0, 9, 0, 0, 0]

private let address: [UInt8] =
  [10, 64, 0x80, 0, 7, 0, 0, 0]
  + [20, 0, 1, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
  + [8, 0, 8, 0, 0x80, 0, 0, 0]

private let route: [UInt8] =
  [10, 128, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0]
  + [8, 0, 4, 0, 7, 0, 0, 0]

/// IFLA_LINKINFO with a kind, and IFLA_PROP_LIST with two names, one of which is damaged text.
private let names: [UInt8] =
  [12, 0, 18, 0x80, 8, 0, 1, 0, 0x74, 0x75, 0x6e, 0]
  + [20, 0, 52, 0x80, 8, 0, 53, 0, 0x6c, 0x61, 0x6e, 0, 6, 0, 53, 0, 0xff, 0, 0, 0]

/// An RTM_NEWNEIGH payload: a router, reachable, confirmed 1.5 s ago.
private let neighbor: [UInt8] =
  [10, 0, 0, 0, 7, 0, 0, 0, 2, 0, 0x80, 1]
  + [20, 0, 1, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
  + [10, 0, 2, 0, 2, 0, 0, 0, 0, 0x0b, 0, 0]
  + [20, 0, 3, 0, 150, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

struct NetlinkMessagesTests {
  @Test func `whole messages are read`() {
    #expect(
      Link(link.span.bytes)
        == Link(
          index: 7, name: "a0", linkLayerAddress: MACAddress("02:00:00:00:00:0a")!, isUp: true,
          isRunning: true, master: 9, hasNeighborDiscovery: true))
    #expect(
      LinkAddress(address.span.bytes)
        == LinkAddress(
          index: 7, address: IPv6Address("2001:db8::1")!, prefixLength: 64, isTentative: false,
          isDeprecated: false))
    #expect(RouteResult(route.span.bytes) == .onLink(7))
  }

  @Test func `names and kinds of links are read`() {
    let read = Link((link + names).span.bytes)
    #expect(read?.alternativeNames == ["lan", "\u{fffd}"])
    #expect(read?.kind == "tun")
  }

  @Test func `a VRF and its ports are told from bridges`() {
    // IFLA_LINKINFO: the kind `vrf` with table 10, and in another the slave kind `vrf`.
    let text: [UInt8] = [0x76, 0x72, 0x66, 0]
    let data: [UInt8] = [12, 0, 2, 0x80, 8, 0, 1, 0, 10, 0, 0, 0]
    let vrf = Link((link + [24, 0, 18, 0x80, 8, 0, 1, 0] + text + data).span.bytes)
    #expect(vrf?.routingTable == 10)
    #expect(vrf?.vrf == nil)
    let port = Link((link + [12, 0, 18, 0x80, 8, 0, 4, 0] + text).span.bytes)
    #expect(port?.vrf == 9)
    #expect(port?.master == nil)
    // The same number means something else of another kind.
    let other = Link((link + [24, 0, 18, 0x80, 8, 0, 1, 0, 0x74, 0x75, 0x6e, 0] + data).span.bytes)
    #expect(other?.routingTable == nil)
  }

  @Test func `a neighbor is read`() {
    let read = NeighborMessage(neighbor.span.bytes)
    #expect(read?.interface == 7)
    #expect(read?.address == IPv6Address("2001:db8::2")!)
    #expect(
      read?.entry
        == NeighborEntry(
          linkLayerAddress: MACAddress("02:00:00:00:00:0b")!, state: .reachable,
          millisecondsSinceConfirmed: 1500, isRouter: true))
  }

  @Test func `each state of a neighbor has its bit`() {
    for state in NeighborState.allCases { #expect(NeighborState(state.bit) == state) }
    #expect(NeighborState(0x4000) == .none)
  }

  static let flags: [(String, UInt8, Bool)] = [
    ("tentative", 0x40, true), ("detection failed", 0x08, true), ("optimistic", 0x04, true),
    ("permanent", 0x80, false), ("secondary", 0x01, false),
  ]

  @Test(arguments: flags)
  func `an address that may not be used is told apart`(name: String, flag: UInt8, isTentative: Bool)
  {
    var octets = address
    octets[32] = flag
    #expect(LinkAddress(octets.span.bytes)?.isTentative == isTentative, "\(name)")
  }

  @Test func `messages about bridge ports are not about links`() {
    var octets = link
    octets[0] = 7
    #expect(Link(octets.span.bytes) == nil)
    #expect(Link.index(octets.span.bytes) == nil)
  }

  @Test(arguments: [("vrf", nil), ("bri", 9)] as [(String, Int32?)])
  func `a VRF is no master`(kind: String, master: Int32?) {
    let information: [UInt8] = [16, 0, 18, 0x80, 8, 0, 4, 0] + Array(kind.utf8) + [0, 4, 0, 5, 0]
    #expect(Link((link + information).span.bytes)?.master == master)
    #expect(Link((link + [4, 0, 18, 0]).span.bytes)?.master == 9)
  }

  @Test func `a wireless driver's event is no news of the link`() {
    let event: [UInt8] = link + [12, 0, 11, 0, 8, 0, 0x15, 0x8b, 0, 0, 0, 0]
    #expect(Link(event.span.bytes) == nil)
  }

  @Test(arguments: [link + names, address, route, neighbor])
  func `no truncation and no damage traps`(whole: [UInt8]) {
    var random = SeededGenerator(seed: 1)
    for length in 0...whole.count { read(Array(whole[..<length])) }
    for _ in 0..<20_000 {
      var octets = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        octets[Int.random(in: 0..<octets.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      octets.removeLast(Int.random(in: 0..<9, using: &random))
      read(octets)
    }
  }

  private func read(_ payload: [UInt8]) {
    _ = Link(payload.span.bytes)
    _ = Link.index(payload.span.bytes)
    _ = LinkAddress(payload.span.bytes)
    _ = RouteResult(payload.span.bytes)
    _ = NeighborMessage(payload.span.bytes)
    NetlinkMessage.forEach(in: payload.span.bytes) { message, rest in
      _ = HostChange(message, rest)
      _ = NeighborChange(message, rest)
      _ = NetlinkMessage.error(in: rest)
    }
  }
}
