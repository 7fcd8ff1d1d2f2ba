import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// Whom the key `solicitors` shuts out, and where others are answered that are not on the link.
struct SolicitorsTests {
  private static let offLink = ip("2001:db8:2::aa")

  /// A static rule on `eth0`, whose addresses are of fe80::/64 and 2001:db8:1::/64.
  private func gateway(answersOffLink: Bool) -> Gateway {
    let rule = "2001:db8:1:0:ff::/80"
    var gateway = Gateway((rule, .static))
    var proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [.init(prefix: IPv6Prefix(rule)!, method: .static)])
    proxy.solicitors = answersOffLink ? .any : .onLink
    _ = gateway.replace(Ruleset(proxies: [proxy]), limits: Limits())
    return gateway
  }

  /// Where the answer goes; `nil` without one.
  private func station(of actions: [Action]) -> MACAddress? {
    guard case .advertise(let answer, Gateway.eth0)? = actions.first else { return nil }
    return answer.destination
  }

  @Test(arguments: [false, true], ["fe80::aa", "2001:db8:1::aa", "2001:db8:1::2:aa"])
  func `whoever is on the link is answered where it wants to be`(
    answersOffLink: Bool, source: String
  ) {
    var gateway = gateway(answersOffLink: answersOffLink)
    let actions = gateway.ask(solicitation(from: ip(source), answerTo: mac(0xbb)))
    #expect(station(of: actions) == mac(0xbb))
    #expect(gateway.engine.counters[.askerOffLink] == 0)
  }

  @Test func `a host that detects duplicates is on the link`() {
    var gateway = Gateway(("2001:db8:1:0:ff::10/128", .static))
    var proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [.init(prefix: IPv6Prefix("2001:db8:1:0:ff::10/128")!, method: .static)])
    proxy.solicitors = .onLink
    _ = gateway.replace(Ruleset(proxies: [proxy]), limits: Limits())
    #expect(gateway.ask(duplicateDetection()) == [defence()])
  }

  @Test(arguments: ["2001:db8:2::aa", "fd00::aa", "64:ff9b::1"])
  func `whoever is not on the link is shut out if the file says so`(source: String) {
    var gateway = gateway(answersOffLink: false)
    #expect(gateway.ask(solicitation(from: ip(source))) == [])
    #expect(gateway.engine.counters[.askerOffLink] == 1)
    #expect(gateway.engine.counters.advertised == 0)
  }

  @Test func `otherwise it is answered`() {
    var gateway = gateway(answersOffLink: true)
    let actions = gateway.ask(solicitation(from: Self.offLink))
    #expect(actions == [answer(to: Self.offLink, from: ip("2001:db8:1::2"))])
  }

  @Test func `it is answered at the frame's source, whatever station its option names`() {
    var gateway = gateway(answersOffLink: true)
    let actions = gateway.ask(solicitation(from: Self.offLink, answerTo: mac(0xbb)))
    #expect(station(of: actions) == routerMAC)
  }

  @Test func `a rule that asks others answers it there, too`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    #expect(
      gateway.ask(solicitation(from: Self.offLink, answerTo: mac(0xbb))) == [probe()])
    #expect(station(of: gateway.answer(advertisement())) == routerMAC)
  }

  @Test func `an address that eth0 gets makes its prefix on-link`() {
    var gateway = gateway(answersOffLink: false)
    #expect(gateway.ask(solicitation(from: Self.offLink)) == [])
    var eth0 = Gateway.interfaces[0]
    eth0.addresses.append(own("2001:db8:2::2", 64))
    _ = gateway.handle(.interfaceChanged(eth0))
    #expect(station(of: gateway.ask(solicitation(from: Self.offLink))) == routerMAC)
  }

  @Test func `a thousand a second are answered that are not on the link, and all others`() {
    var gateway = gateway(answersOffLink: true)
    var answered = 0
    // 3,000 in a second, each by a station of its own.
    for number in 0..<3000 as Range<UInt64> {
      let strange = solicitation(from: Self.offLink, mac: mac(0x1000 + number))
      answered += gateway.ask(strange).count
      if number % 3 == 2 { _ = gateway.wait(milliseconds: 1) }
      if number % 100 == 0 { #expect(gateway.ask(solicitation()) == [answer()]) }
    }
    #expect(answered > 700 && answered <= 1000, "\(answered)")
    #expect(gateway.engine.counters[.offLinkLimit] == UInt64(3000 - answered))
    #expect(gateway.engine.counters[.askerOffLink] == 0)
  }
}
