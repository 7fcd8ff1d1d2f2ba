import NDPWire
import ProxyEngine
import Testing

@testable import TakeOver

/// The file in which targets are kept over a restart.
struct TargetListTests {
  private static let targets = [
    RememberedTarget(
      proxy: "eth0", target: IPv6Address("2001:db8::1")!,
      solicitors: [
        .init(
          address: IPv6Address("fe80::1")!, linkLayerAddress: MACAddress("02:00:00:00:00:01")!)
      ]),
    RememberedTarget(proxy: "eth1", target: IPv6Address("2001:db8::2")!, solicitors: []),
  ]

  @Test func `what is written is read`() {
    #expect(TargetList.targets(in: TargetList.text(of: Self.targets)) == Self.targets)
    #expect(TargetList.targets(in: TargetList.text(of: [])) == [])
  }

  @Test func `a part of it is none`() {
    let text = TargetList.text(of: Self.targets)
    for count in 0..<text.count { #expect(TargetList.targets(in: Array(text[..<count])) == nil) }
  }

  @Test func `an octet that is another makes no target of it that was not there`() {
    let text = TargetList.text(of: Self.targets)
    for place in text.indices {
      for octet: UInt8 in [0, 10, 32, 0x80, 0xff] where text[place] != octet {
        var damaged = text
        damaged[place] = octet
        #expect(TargetList.targets(in: damaged)?.count ?? 2 == 2)
      }
    }
  }
}
