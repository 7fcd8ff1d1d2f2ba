import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// Link-local and link-layer addresses are unique on a link, not in a host.
struct LinkScopeTests {
  /// A gateway one of whose inner interfaces has addresses that somebody else has on `eth0`.
  private func gateway(
    _ changes: (inout Interface) -> Void, on indexes: [InterfaceIndex] = [Gateway.zt1]
  ) -> Gateway {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    for index in indexes {
      var interface = Gateway.interfaces.first { $0.index == index }!
      changes(&interface)
      _ = gateway.handle(.interfaceChanged(interface))
    }
    return gateway
  }

  @Test(arguments: [[Gateway.zt1], [Gateway.zt0, Gateway.zt1], [Gateway.tun0]])
  func `a router is answered whose link-local address other interfaces have`(
    indexes: [InterfaceIndex]
  ) {
    var gateway = gateway({ $0.addresses.append(own("fe80::aa", 64)) }, on: indexes)
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.ask(solicitation(answerTo: nil)) == [answer()])
    #expect(gateway.ask(solicitation(to: member)) == [answer()])
  }

  @Test(arguments: [[Gateway.zt1], [Gateway.zt0, Gateway.zt1]])
  func `a router is answered whose link-layer address other interfaces have`(
    indexes: [InterfaceIndex]
  ) {
    var gateway = gateway({ $0.linkLayerAddress = routerMAC }, on: indexes)
    #expect(gateway.ask(solicitation()) == [answer()])
    #expect(gateway.ask(solicitation(answerTo: nil)) == [answer()])
  }

  @Test func `a router is answered that has one address of each of two interfaces`() {
    var gateway = gateway({ $0.linkLayerAddress = routerMAC })
    var zt0 = Gateway.interfaces[1]
    zt0.addresses.append(own("fe80::aa", 64))
    _ = gateway.handle(.interfaceChanged(zt0))
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `what comes from another interface of ours is our own`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    // Solicitations of the kernel and of ours, by either address, and duplicate detection.
    for source in [ip("fe80::101"), ip("2001:db8:1:0:ff::1")] {
      let looped = solicitation(from: source, mac: mac(0x101), answerTo: mac(0x101))
      #expect(gateway.ask(looped) == [])
    }
    let detection = duplicateDetection(of: ip("2001:db8:1:0:ff::1"), mac: mac(0x101))
    #expect(gateway.ask(detection) == [])
    #expect(gateway.engine.counters[.ownFrame] == 2)
    #expect(gateway.engine.counters[.ownAddress] + gateway.engine.counters[.ownFrame] == 3)
  }

  @Test func `either address of the receiving interface suffices`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .static))
    #expect(gateway.ask(solicitation(mac: mac(0x100))) == [])
    #expect(gateway.ask(solicitation(from: ip("fe80::100"))) == [])
    #expect(gateway.engine.counters[.ownFrame] == 2)
  }

  @Test func `an address that goes from an interface is nobody's`() {
    var gateway = gateway({ $0.linkLayerAddress = routerMAC })
    _ = gateway.handle(.interfaceRemoved(Gateway.zt1))
    _ = gateway.handle(.interfaceChanged(Gateway.interfaces[2]))
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `a target is believed whose link-layer address another interface has`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    var zt1 = Gateway.interfaces[2]
    zt1.linkLayerAddress = memberMAC
    _ = gateway.handle(.interfaceChanged(zt1))
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(advertisement()) == [answer()])
  }
}

/// What a target says to the kernel of this host, and what the kernel says of it.
struct PassiveConfirmationTests {
  private func known() -> Gateway {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")))
    _ = gateway.ask(solicitation())
    _ = gateway.answer(advertisement())
    return gateway
  }

  @Test(arguments: ["fe80::101", "2001:db8:1:0:ff::1", "2001:db8:1::2"])
  func `an answer to the kernel renews a target`(destination: String) {
    var gateway = known()
    for _ in 0..<5 {
      _ = gateway.ask(solicitation())
      #expect(gateway.wait(milliseconds: 20_000) == [])
      #expect(gateway.answer(unicastAdvertisement(to: ip(destination))) == [])
    }
    #expect(gateway.engine.counters[.advertisementNotAwaited] == 0)
    #expect(gateway.engine.counters[.advertisementNotSolicited] == 0)
    #expect(gateway.ask(solicitation()) == [answer()])
  }

  @Test func `one from another station does not`() {
    var gateway = known()
    _ = gateway.ask(solicitation())
    for _ in 0..<29 {
      _ = gateway.answer(unicastAdvertisement(mac: mac(0xbad)))
      _ = gateway.wait(milliseconds: 1000)
    }
    #expect(gateway.wait(milliseconds: 1000) == [unicastProbe()])
  }

  @Test func `a target that the kernel knows is not asked`() {
    var gateway = known()
    gateway.cached = CachedNeighbor(
      state: .reachable, linkLayerAddress: memberMAC, age: .seconds(40))
    for _ in 0..<20 {
      #expect(gateway.ask(solicitation()) == [answer()])
      #expect(gateway.wait(milliseconds: 10_000) == [])
    }
    gateway.cached = CachedNeighbor(
      state: .reachable, linkLayerAddress: mac(0xbad), age: .zero)
    _ = gateway.ask(solicitation())
    #expect(gateway.wait(milliseconds: 31_000).first == unicastProbe())
  }

  @Test func `a target that did not answer the kernel is asked`() {
    var gateway = known()
    _ = gateway.wait(milliseconds: 5000)
    let failed = CachedNeighbor(state: .failed, linkLayerAddress: nil, age: .seconds(5))
    #expect(
      gateway.handle(.neighbor(failed, of: member, on: Gateway.zt0)) == [unicastProbe()])
    #expect(gateway.ask(solicitation()) == [answer()], "it is believed while it is asked")
  }

  @Test func `a claim that comes before the question counts for nothing`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .auto))
    _ = gateway.answer(advertisement())
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(gateway.answer(advertisement()) == [])
    let route = Event.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)
    #expect(gateway.handle(route) == [probe()])
    #expect(gateway.answer(advertisement()) == [answer()])
  }

  @Test func `a lookup that fails is no answer`() {
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .auto))
    _ = gateway.ask(solicitation())
    _ = gateway.handle(.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0))
    _ = gateway.answer(advertisement())
    _ = gateway.handle(.routesChanged)
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    // The target stays what it was, and the next question asks for its route again.
    #expect(gateway.handle(.route(nil, to: member, from: Gateway.eth0)) == [answer()])
    #expect(gateway.ask(solicitation()) == [lookup(of: member)])
    #expect(gateway.engine.counters[.routeLookupFailed] == 1)
  }
}
