import NDPWire
import ProxyEngine
import ProxyModel
import Testing

struct InterfacePatternTests {
  static let rows: [(pattern: String, name: String, matches: Bool)] = [
    ("eth0", "eth0", true), ("eth0", "eth00", false), ("eth0", "eth", false),
    ("zt*", "zt", true), ("zt*", "ztly5q4n37", true), ("zt*", "azt", false),
    ("*", "anything", true), ("*", "", true), ("", "", true), ("", "a", false),
    ("tap?i0", "tap1i0", true), ("tap?i0", "tap12i0", false), ("tap*i0", "tap12i0", true),
    ("*0", "eth0", true), ("*0", "eth01", false), ("*a*b", "xaayab", true),
    ("*a*b", "xaaya", false), ("**", "x", true), ("?", "", false), ("?*?", "a", false),
  ]

  @Test(arguments: rows)
  func `patterns match as in a shell`(row: (pattern: String, name: String, matches: Bool)) {
    #expect(InterfacePattern(row.pattern).matches(row.name) == row.matches)
  }

  @Test func `a rule asks on every interface that matches, now or later`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt*")))
    #expect(gateway.ask(solicitation()) == [probe(), probe(on: Gateway.zt1)])
    #expect(gateway.answer(advertisement(to: ip("fe80::102")), on: Gateway.zt1) == [answer()])
    _ = gateway.handle(.interfaceRemoved(Gateway.zt0))
    let other = ip("2001:db8:1:0:ff::11")
    #expect(gateway.ask(solicitation(for: other)) == [probe(for: other, on: Gateway.zt1)])
    _ = gateway.handle(.interfaceChanged(Gateway.interfaces[1]))
    let third = ip("2001:db8:1:0:ff::12")
    #expect(
      gateway.ask(solicitation(for: third))
        == [probe(for: third), probe(for: third, on: Gateway.zt1)])
  }

  @Test(arguments: [500, 4000] as [UInt64])
  func `an interface that comes back ends the silence, though others were asked`(
    milliseconds: UInt64
  ) {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt*")))
    _ = gateway.handle(.interfaceRemoved(Gateway.zt0))
    #expect(gateway.ask(solicitation()) == [probe(on: Gateway.zt1)])
    _ = gateway.wait(milliseconds: milliseconds)
    // Whoever waits need not ask again; else the next question is put everywhere.
    let actions =
      gateway.handle(.interfaceChanged(Gateway.interfaces[1])) + gateway.ask(solicitation())
    #expect(actions == (milliseconds < 3000 ? [probe()] : [probe(), probe(on: Gateway.zt1)]))
  }

  @Test func `a pattern never means the proxy interface`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("*")))
    #expect(gateway.ask(solicitation()) == [probe(), probe(on: Gateway.zt1)])
  }
}
