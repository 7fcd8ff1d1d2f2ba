import NDPWire
import ProxyEngine
import ProxyModel
import Testing

private func target(_ number: Int) -> IPv6Address {
  IPv6Address(bits: ip("2001:db8:1:0:ff::").bits | UInt128(number + 0x1000))
}

private func isSolicitation(_ action: Action) -> Bool {
  if case .solicit = action { true } else { false }
}

/// What one node on either link may try at the expense of others.
struct AbuseTests {
  @Test func `a scan of routed targets shuts nobody out`() {
    var gateway = Gateway(
      ("2001:db8:1:0:ff::/80", .auto), ("2001:db8:1:0:fe::/80", .interface("zt0")))
    _ = gateway.ask(solicitation(for: target(0)))
    _ = gateway.handle(.route(.onLink(Gateway.tun0), to: target(0), from: Gateway.eth0))
    for number in 1..<20_000 {
      // 4,000 per second for 5 s.
      if number % 4 == 0 { _ = gateway.wait(milliseconds: 1) }
      for case .lookUpRoute(let scanned, _) in gateway.ask(solicitation(for: target(number))) {
        _ = gateway.handle(.route(.onLink(Gateway.tun0), to: scanned, from: Gateway.eth0))
      }
      if number % 4000 == 0 {
        #expect(gateway.ask(solicitation(for: target(0))) == [answer(for: target(0))])
      }
    }
    let other = ip("2001:db8:1:0:fe::10")
    #expect(gateway.ask(solicitation(for: other)) == [probe(for: other)])
  }

  @Test(arguments: [250, 500])
  func `a scan does not make a stranger of a target asked for now and then`(rate: Int) {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    var number = 0
    for _ in 0..<5 {
      for _ in 0..<35 * rate {
        _ = gateway.wait(milliseconds: UInt64(1000 / rate))
        number += 1
        _ = gateway.ask(solicitation(for: target(number)))
      }
      #expect(gateway.ask(solicitation(to: member)) == [unicastProbe()])
      #expect(gateway.answer(unicastAdvertisement()) == [answer()])
    }
  }

  @Test func `a scan does not silence known targets while routes change`() {
    var gateway = Gateway(("2001:db8::/32", .auto))
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    _ = gateway.answer(advertisement())
    var number = 0
    for millisecond in 0..<5000 {
      _ = gateway.wait(milliseconds: 1)
      if millisecond % 100 == 0 { _ = gateway.handle(.routesChanged) }
      for _ in 0..<20 {
        number += 1
        for case .lookUpRoute(let scanned, _) in gateway.ask(solicitation(for: target(number))) {
          _ = gateway.handle(.route(.unreachable, to: scanned, from: Gateway.eth0))
        }
      }
      guard millisecond % 100 == 50 else { continue }
      var actions = gateway.ask(solicitation())
      if actions == [lookup(of: member)] {
        actions = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
      }
      #expect(actions == [answer()], "after \(millisecond) ms")
    }
  }

  @Test func `a host that poses as the owner cannot make us ask more often`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    var sent = 0
    for _ in 0..<100 {
      sent += gateway.ask(solicitation()).count(where: isSolicitation)
      _ = gateway.answer(advertisement())
      sent += gateway.ask(duplicateDetection(mac: memberMAC)).count(where: isSolicitation)
      sent += gateway.wait(milliseconds: 10).count(where: isSolicitation)
    }
    #expect(sent <= 2, "in one second")
  }

  @Test func `a route that comes and goes does not make us ask more often`() {
    var gateway = Gateway(("2001:db8::/32", .auto))
    var times: [UInt64] = []
    func note(_ actions: [Action]) {
      if actions.contains(where: isSolicitation) {
        times.append(gateway.now.nanoseconds / 1_000_000)
      }
    }
    _ = gateway.ask(solicitation())
    note(gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)))
    for _ in 0..<40 {
      for route: Route in [.unreachable, .onLink(Gateway.zt0)] {
        note(gateway.wait(milliseconds: 50))
        _ = gateway.handle(.routesChanged)
        if gateway.ask(solicitation()) == [lookup(of: member)] {
          note(gateway.handle(.route(route, to: member, from: Gateway.eth0)))
        }
      }
    }
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 1000 }, "\(times)")
  }

  @Test func `changes of other routes do not shorten deadtime`() {
    var gateway = Gateway(("2001:db8::/32", .auto))
    _ = gateway.ask(solicitation())
    var sent = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)).count(
      where: isSolicitation)
    for _ in 0..<200 {
      sent += gateway.wait(milliseconds: 100).count(where: isSolicitation)
      _ = gateway.handle(.routesChanged)
      let actions = gateway.ask(solicitation())
      sent += actions.count(where: isSolicitation)
      guard actions == [lookup(of: member)] else { continue }
      let more = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
      sent += more.count(where: isSolicitation)
    }
    #expect(sent <= 12, "three in six seconds, for twenty seconds")
  }

  @Test func `a scanner that asked first does not make a target wait for others`() {
    var gateway = Gateway(
      ("2001:db8:1:0:ff::/80", .interface("zt0")), ("2001:db8:1:0:ff::/80", .interface("zt1")))
    let scanner = mac(0x666)
    func scan(_ number: Int) {
      let question = solicitation(
        for: target(number), from: ip("fe80::666"), mac: scanner, answerTo: scanner)
      _ = gateway.ask(question)
    }
    for number in 1...1000 { scan(number) }
    _ = gateway.wait(milliseconds: 20)
    let first = solicitation(from: ip("fe80::666"), mac: scanner, answerTo: scanner)
    var asked = gateway.ask(first).count(where: isSolicitation)
    asked += gateway.ask(solicitation()).count(where: isSolicitation)
    for number in 1001...3000 {
      asked += gateway.wait(milliseconds: 1).count { $0 == probe() || $0 == probe(on: Gateway.zt1) }
      scan(number)
    }
    // On both interfaces, if only when asked again.
    #expect(asked >= 4)
  }

  /// A gateway whose table is full of targets that were confirmed, all by one station.
  private func fullGateway() -> Gateway {
    var limits = Limits()
    limits.sessions = 64
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")), limits: limits)
    for number in 0..<64 {
      _ = gateway.ask(solicitation(for: target(number)))
      _ = gateway.answer(advertisement(of: target(number), linkLayerAddress: mac(0xbad)))
      _ = gateway.wait(milliseconds: 20)
    }
    return gateway
  }

  @Test(arguments: [0, 32_000] as [UInt64])
  func `new targets do not push each other out of a full table`(milliseconds: UInt64) {
    // Of confirmed targets, or of stale ones.
    var gateway = fullGateway()
    _ = gateway.wait(milliseconds: milliseconds)
    var answered = 0
    for round in 0..<20 {
      let news = (0..<3).map { target(1000 + 3 * round + $0) }
      for target in news {
        _ = gateway.ask(solicitation(for: target))
        _ = gateway.wait(milliseconds: 5)
      }
      for target in news {
        answered += gateway.answer(advertisement(of: target)).count { $0 == answer(for: target) }
      }
      _ = gateway.wait(milliseconds: 500)
      #expect(gateway.engine.sessionCount <= 64)
    }
    #expect(answered == 60)
  }

  @Test func `who asks at the pace of our own questions is heard`() {
    var gateway = Gateway()
    let rules: [(String, String)] = [("eth0", "zt0"), ("zt0", "eth0")]
    gateway.engine = Engine(
      ruleset: Ruleset(
        proxies: rules.map { from, to in
          Ruleset.Proxy(
            interface: from, isRouter: true, timers: Ruleset.Timers(),
            rules: [
              Ruleset.Rule(
                prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!,
                method: .interface(InterfacePattern(to)))
            ])
        }))
    _ = gateway.handle(.interfacesRead(Gateway.interfaces))
    let host = solicitation(from: ip("fe80::77"), mac: mac(0x77), answerTo: mac(0x77))
    _ = gateway.handle(.solicitation(host, on: Gateway.zt0))
    var actions: [Action] = []
    for _ in 0..<3 {
      actions += gateway.wait(milliseconds: 50)
      actions += gateway.ask(solicitation())
      actions += gateway.wait(milliseconds: 950)
    }
    #expect(gateway.engine.counters[.askedHere] == 1)
    #expect(actions.contains(probe()))
  }
}
