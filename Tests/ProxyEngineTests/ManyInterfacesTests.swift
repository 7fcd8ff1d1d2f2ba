import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// A rule that asks on thousands of interfaces.
struct ManyInterfacesTests {
  private static let count = 2000

  private static func index(_ number: Int) -> InterfaceIndex { InterfaceIndex(Int32(100 + number)) }

  /// A gateway with `h0` … `h1999` behind one pattern.
  private func gateway(_ limits: Limits = Limits()) -> Gateway {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("h*")), limits: limits)
    let inner = (0..<Self.count).map { number in
      Interface(
        index: Self.index(number), name: "h\(number)",
        linkLayerAddress: mac(0x10000 + UInt64(number)), isUp: true, hasNeighborDiscovery: true,
        addresses: [
          Interface.Address(
            IPv6Address(bits: ip("fe80::").bits | UInt128(0x10000 + number)), prefixLength: 64,
            state: .preferred)
        ])
    }
    _ = gateway.handle(.interfacesRead(Gateway.interfaces + inner))
    return gateway
  }

  private func interfaces(of actions: [Action]) -> [InterfaceIndex] {
    actions.compactMap { if case .solicit(_, let index) = $0 { index } else { nil } }
  }

  @Test func `three questions reach every interface once`() {
    var gateway = gateway()
    let asked = interfaces(of: gateway.ask(solicitation()) + gateway.wait(milliseconds: 2500))
    #expect(Set(asked) == Set((0..<Self.count).map(Self.index)))
    #expect(asked.count < Self.count + 3 && !asked.isEmpty)
  }

  @Test func `targets begin with other interfaces in turn`() {
    var gateway = gateway()
    let firsts = (0..<6).compactMap { number in
      let target = IPv6Address(bits: member.bits + UInt128(number))
      return interfaces(of: gateway.ask(solicitation(for: target))).first
    }
    #expect(Set(firsts).count >= 3)
  }

  @Test func `a question costs one token, on however many interfaces it is put`() {
    var gateway = gateway()
    var asked = 0
    for number in 0..<40 {
      let target = IPv6Address(bits: member.bits + UInt128(number))
      if !interfaces(of: gateway.ask(solicitation(for: target))).isEmpty { asked += 1 }
    }
    #expect(asked == 40)
  }

  @Test func `who asks again is worth every interface, however many strangers there are`() {
    var gateway = gateway()
    var frames = 0
    var asked: Set<InterfaceIndex> = []
    func note(_ actions: [Action]) {
      frames += interfaces(of: actions).count
      for case .solicit(let frame, let index) in actions where frame.message.target == member {
        asked.insert(index)
      }
    }
    var number = 1
    for step in 0..<2000 {
      note(gateway.wait(milliseconds: 2))
      number += 1
      let stranger = IPv6Address(bits: member.bits + UInt128(number))
      note(gateway.ask(solicitation(for: stranger, from: ip("fe80::bad"), mac: mac(0xbad))))
      if [500, 1000, 1500].contains(step) { note(gateway.ask(solicitation())) }
    }
    note(gateway.wait(milliseconds: 100))
    #expect(asked.count == Self.count)
    #expect(frames < 4 * 50_000, "frames in four seconds")
  }

  @Test(arguments: [0, 777, 1999])
  func `a target is asked for first where it was heard last`(number: Int) {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 2500)
    let own = IPv6Address(bits: ip("fe80::").bits | UInt128(0x10000 + number))
    #expect(gateway.answer(advertisement(to: own), on: Self.index(number)).count == 1)
    // It is forgotten where it answered, but not where it was.
    _ = gateway.ask(solicitation())
    let asked = interfaces(of: gateway.wait(milliseconds: 34_000))
    #expect(Array(asked.prefix(4)) == [InterfaceIndex](repeating: Self.index(number), count: 4))
  }

  @Test func `an interface that is heard is asked on at once`() {
    var gateway = gateway()
    // The interfaces have not just come up.
    _ = gateway.wait(milliseconds: 20_000)
    _ = gateway.ask(solicitation())
    _ = gateway.wait(milliseconds: 3100)
    let speaks = CachedNeighbor(state: .stale, linkLayerAddress: memberMAC, age: .seconds(60))
    let actions = gateway.handle(.neighbor(speaks, of: member, on: Self.index(1500)))
    #expect(interfaces(of: actions).first == Self.index(1500))
  }

  @Test func `one that comes and goes changes nothing for the others`() {
    var gateway = gateway()
    _ = gateway.ask(solicitation())
    #expect(gateway.handle(.interfaceRemoved(Self.index(1999))) == [])
    #expect(gateway.engine.sessionCount == 1)
    let asked = interfaces(of: gateway.wait(milliseconds: 2500))
    #expect(!asked.contains(Self.index(1999)))
    #expect(asked.count > 1300)
  }
}
