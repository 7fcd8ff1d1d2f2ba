import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport
import Testing

private func target(_ number: Int) -> IPv6Address {
  IPv6Address(bits: ip("2001:db8:1:0:ff::").bits | UInt128(number + 0x1000))
}

struct LimitTests {
  @Test func `a target that was not asked within a limit has not been silent`() {
    var limits = Limits()
    limits.solicitationsPerSecond = 20
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")), limits: limits)
    _ = gateway.ask(solicitation())
    // It has to be asked again for whoever wants to know.
    _ = gateway.answer(advertisement(isOverride: false))
    func ask(for target: IPv6Address) -> [Action] {
      gateway.ask(solicitation(for: target, from: ip("fe80::f1"), mac: mac(0xf1)))
    }
    for number in 0..<5000 {
      let actions = gateway.wait(milliseconds: 1) + ask(for: target(number))
      #expect(!actions.contains(probe()))
      if number == 1000 { #expect(ask(for: member) == []) }
    }
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.answer(advertisement(isOverride: false)) == [answer()])
  }

  @Test func `a scan is throttled, grows nothing past the limit, and spares confirmed targets`() {
    var limits = Limits()
    limits.sessions = 100
    limits.solicitationsPerSecond = 200
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")), limits: limits)
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    var asked = 0
    for number in 0..<20_000 {
      // 1,000 per second for 20 s.
      let actions = gateway.wait(milliseconds: 1) + gateway.ask(solicitation(for: target(number)))
      asked += actions.count { if case .solicit = $0 { true } else { false } }
      #expect(gateway.engine.sessionCount <= 100)
      if number % 1000 == 0 { #expect(gateway.ask(solicitation()) == [answer()]) }
    }
    #expect(asked <= 20 * 200, "all questions, and those for the known target")
    #expect(asked > 20 * 140)
    #expect(gateway.engine.counters[.solicitationLimit] > 16_000)
    #expect(gateway.engine.counters.sessionsEvicted > 0)
    #expect(gateway.ask(solicitation()) == [answer()])
    _ = gateway.wait(milliseconds: 700_000)
    #expect(gateway.engine.sessionCount == 0)
    #expect(gateway.engine.nextDeadline == nil)
  }

  @Test func `where all targets are confirmed the one not asked for the longest goes`() {
    var limits = Limits()
    limits.sessions = 3
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")), limits: limits)
    for number in 0..<3 {
      _ = gateway.ask(solicitation(for: target(number)))
      _ = gateway.answer(advertisement(of: target(number)))
      _ = gateway.wait(milliseconds: 1)
    }
    #expect(gateway.ask(solicitation(for: target(0))) == [answer(for: target(0))])
    #expect(gateway.ask(solicitation()) == [probe()])
    #expect(gateway.engine.sessionCount == 3)
    #expect(gateway.ask(solicitation(for: target(0))) == [answer(for: target(0))])
    #expect(gateway.ask(solicitation(for: target(2))) == [answer(for: target(2))])
  }

  @Test func `the oldest unconfirmed target is forgotten first`() {
    var limits = Limits()
    limits.sessions = 2
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")), limits: limits)
    for number in 0..<3 { _ = gateway.ask(solicitation(for: target(number))) }
    #expect(gateway.engine.counters.sessionsEvicted == 1)
    #expect(gateway.answer(advertisement(of: target(0))) == [])
    #expect(gateway.answer(advertisement(of: target(1))) == [answer(for: target(1))])
    #expect(gateway.answer(advertisement(of: target(2))) == [answer(for: target(2))])
  }

  @Test func `of many askers of one target the latest eight are answered`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    for number in 0..<1000 {
      let asker = IPv6Address(bits: ip("fe80::").bits | UInt128(number + 0x1000))
      _ = gateway.ask(solicitation(from: asker))
    }
    let answered = gateway.answer(advertisement())
    #expect(answered.count == 8)
    #expect(answered.last == answer(to: ip("fe80::13e7")))
    #expect(gateway.engine.counters.askersEvicted == 992)
  }

  @Test func `route lookups are throttled`() {
    var limits = Limits()
    limits.routeLookupsPerSecond = 80
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .auto), limits: limits)
    let lookups = (0..<30).map { gateway.ask(solicitation(for: target($0))).count }
    // A quarter at once, of which half is kept for others, and then its own share.
    #expect(lookups.reduce(0, +) == 13)
    #expect(gateway.engine.counters[.routeLookupLimit] == 17)
  }

  @Test func `malformed frames are counted by reason`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    #expect(gateway.handle(.malformed(.checksum)) == [])
    #expect(gateway.engine.counters[.checksum] == 1)
    #expect(gateway.engine.counters[.hopLimit] == 0)
  }

  @Test func `random events keep every invariant`() {
    for seed in 0..<30 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      var limits = Limits()
      limits.sessions = 6
      var gateway = Gateway(
        ("2001:db8:1:0:ff::/80", .interface("zt0")), ("2001:db8:1:0:fe::/80", .auto),
        limits: limits)
      for step in 0..<500 {
        let events: [Event] = [
          .solicitation(solicitation(for: target(step % 9)), on: Gateway.eth0),
          .solicitation(duplicateDetection(of: target(step % 7)), on: Gateway.eth0),
          .solicitation(solicitation(for: ip("2001:db8:1:0:fe::1")), on: Gateway.eth0),
          .advertisement(advertisement(of: target(step % 5)), on: Gateway.zt0),
          .route(.onLink(Gateway.zt1), to: ip("2001:db8:1:0:fe::1"), from: Gateway.eth0),
          .routesChanged,
          .interfaceRemoved(Gateway.zt0), .interfaceChanged(Gateway.interfaces[1]),
        ]
        var actions = gateway.handle(events.randomElement(using: &random)!)
        actions += gateway.wait(milliseconds: .random(in: 0...400, using: &random))
        #expect(gateway.engine.sessionCount <= 6, "seed \(seed) step \(step)")
        for case .advertise(let frame, let index) in actions {
          #expect(index == Gateway.eth0, "seed \(seed) step \(step)")
          #expect(!frame.message.isOverride && frame.message.isRouter, "seed \(seed) step \(step)")
        }
        for case .solicit(_, let index) in actions {
          #expect(index != Gateway.eth0, "seed \(seed) step \(step)")
        }
      }
      _ = gateway.wait(milliseconds: 700_000)
      #expect(gateway.engine.sessionCount == 0, "seed \(seed)")
    }
  }
}
