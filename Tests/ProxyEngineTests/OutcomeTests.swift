import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// What `handle` says of an event, of solicitations and of the kernel's answers that decide them.
struct OutcomeTests {
  private static let inside = "2001:db8:1:0:ff::/80"

  private func ask(_ gateway: inout Gateway) -> Outcome {
    gateway.outcome(of: .solicitation(solicitation(), on: Gateway.eth0))
  }

  static let locations: [(Location, Outcome)] = [
    (.elsewhere, .asked), (.onLink(Gateway.zt0), .asked), (.onProxyLink, .asked),
    (.neighbor, .ignored(.targetUpstream)),
  ]

  @Test(arguments: locations)
  func `where a new target is decides what becomes of the question`(
    location: Location, outcome: Outcome
  ) {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    #expect(ask(&gateway) == .lookedUp)
    let event = Event.located(location, of: member, from: Gateway.eth0)
    #expect(gateway.outcome(of: event) == outcome)
    // Nobody has asked for that.
    #expect(gateway.outcome(of: event) == .noted)
  }

  static let routes: [(Route?, Outcome)] = [
    (.onLink(Gateway.zt0), .asked), (.local, .answered), (.gateway(Gateway.zt0), .answered),
    (.onLink(Gateway.eth0), .ignored(.noRoute)), (.unreachable, .ignored(.noRoute)),
    (nil, .ignored(.routeLookupFailed)),
  ]

  @Test(arguments: routes)
  func `the route to a new target decides what becomes of the question`(
    route: Route?, outcome: Outcome
  ) {
    var gateway = Gateway((Self.inside, .auto))
    #expect(ask(&gateway) == .lookedUp)
    #expect(ask(&gateway) == .waiting)
    let event = Event.route(route, to: member, from: Gateway.eth0)
    #expect(gateway.outcome(of: event) == outcome)
    #expect(gateway.outcome(of: event) == .noted)
  }

  @Test func `a route that is as before changes nothing for those who wait`() {
    var gateway = Gateway((Self.inside, .auto))
    _ = ask(&gateway)
    let event = Event.route(.onLink(Gateway.zt0), to: member, from: Gateway.eth0)
    #expect(gateway.outcome(of: event) == .asked)
    #expect(gateway.outcome(of: .routesChanged) == .noted)
    #expect(ask(&gateway) == .lookedUp)
    #expect(gateway.outcome(of: event) == .waiting)
  }

  static let neighbors: [(CachedNeighbor?, Outcome)] = [
    (nil, .asked),
    (CachedNeighbor(state: .reachable, linkLayerAddress: memberMAC, age: .zero), .answered),
    (CachedNeighbor(state: .failed, linkLayerAddress: nil, age: .zero), .asked),
  ]

  @Test(arguments: neighbors)
  func `what the kernel has of a stale target decides, too`(
    neighbor: CachedNeighbor?, outcome: Outcome
  ) {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    #expect(
      gateway.outcome(of: .advertisement(advertisement(), on: Gateway.zt0)) == .confirmed)
    _ = gateway.wait(milliseconds: 40_000)
    #expect(ask(&gateway) == .lookedUp)
    let event = Event.neighbor(neighbor, of: member, on: Gateway.zt0)
    #expect(gateway.outcome(of: event) == outcome)
    #expect(gateway.outcome(of: event) == .noted)
  }

  @Test func `what needs nobody else is decided at once`() {
    var gateway = Gateway((Self.inside, .static))
    #expect(ask(&gateway) == .answered)
    let stranger = solicitation(for: ip("2001:db8:7::1"))
    #expect(gateway.outcome(of: .solicitation(stranger, on: Gateway.eth0)) == .ignored(.noRule))
    #expect(
      gateway.outcome(of: .advertisement(advertisement(), on: Gateway.zt0))
        == .ignored(.advertisementNotAwaited))
    #expect(gateway.outcome(of: .malformed(.checksum, on: Gateway.eth0)) == .dropped(.checksum))
  }
}
