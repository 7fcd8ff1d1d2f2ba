import NDPWire
import ProxyEngine
import ProxyModel

/// An engine between two links, with simulated time: frames in, actions out, and no kernel.
final class EngineUnderTest {
  private static let eth0 = InterfaceIndex(2)
  private static let zt0 = InterfaceIndex(3)

  private var engine: Engine
  private var actions: [Action] = []
  private(set) var now = Instant(nanoseconds: 1_000_000_000_000)

  /// With one rule for the whole prefix, and the limits that users have.
  init(_ method: Ruleset.Method, limits: Limits = Limits()) {
    let proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: true, timers: Ruleset.Timers(),
      rules: [Ruleset.Rule(prefix: BenchLink.proxiedPrefix, method: method)])
    engine = Engine(ruleset: Ruleset(proxies: [proxy]), limits: limits)
    add(Self.eth0, "eth0", BenchLink.responderLinkLayerAddress, "2001:db8:1::2")
    add(Self.zt0, "zt0", MACAddress(bits: 0x0200_0000_00ef), "2001:db8:1:0:ff::1")
    actions.reserveCapacity(64)
  }

  /// The limits of a user with so many targets: the defaults, as long as these have room.
  static func limits(forSessions count: Int) -> Limits {
    var limits = Limits()
    guard count > limits.sessions else { return limits }
    limits.sessions = count
    limits.solicitationsPerSecond = 1_000_000_000
    return limits
  }

  private func add(
    _ index: InterfaceIndex, _ name: String, _ linkLayerAddress: MACAddress, _ address: String
  ) {
    let own = IPv6Address(address)!
    handle(
      .interfaceChanged(
        Interface(
          index: index, name: name, linkLayerAddress: linkLayerAddress, isUp: true,
          hasNeighborDiscovery: true,
          addresses: [Interface.Address(own, prefixLength: 64, state: .preferred)])))
  }

  /// Hands over an event; that the kernel knows nothing of a new target is said at once.
  private func handle(_ event: Event) {
    engine.handle(event, now: now, into: &actions)
    guard case .locate(let target, let index)? = actions.last else { return }
    actions.removeLast()
    engine.handle(.located(.elsewhere, of: target, from: index), now: now, into: &actions)
  }

  var sessionCount: Int { engine.sessionCount }

  /// Asks for a target; returns how many actions that led to, and forgets them.
  func ask(for target: IPv6Address, asker: UInt64 = 0) -> Int {
    ask(Self.question(for: target, asker: asker))
  }

  /// The same with the question at hand, as it comes from the decoder.
  func ask(_ question: EthernetFrame<NeighborSolicitation>) -> Int {
    handle(.solicitation(question, on: Self.eth0))
    return takeActions()
  }

  /// The answer that a question leads to; traps where there is none.
  func answer(to question: EthernetFrame<NeighborSolicitation>) -> EthernetFrame<
    NeighborAdvertisement
  > {
    handle(.solicitation(question, on: Self.eth0))
    guard case .advertise(let answer, _)? = actions.first else { fatalError("no answer") }
    actions.removeAll(keepingCapacity: true)
    return answer
  }

  /// Has the target say that it is there.
  func confirm(_ target: IPv6Address) -> Int {
    let own = BenchLink.memberLinkLayerAddress
    let frame = EthernetFrame(
      source: own, destination: MACAddress(bits: 0x0200_0000_00ef),
      message: NeighborAdvertisement(
        source: target, destination: IPv6Address("2001:db8:1:0:ff::1")!, target: target,
        isRouter: false, isSolicited: true, isOverride: true, targetLinkLayerAddress: own))
    handle(.advertisement(frame, on: Self.zt0))
    return takeActions()
  }

  /// Lets time pass in which nothing is due.
  func pass(_ duration: Duration) { now = now + duration }

  /// Lets time pass and does what is due; returns how many actions that led to.
  func wait(_ duration: Duration) -> Int {
    now = now + duration
    engine.handleTimeout(now: now, into: &actions)
    return takeActions()
  }

  private func takeActions() -> Int {
    defer { actions.removeAll(keepingCapacity: true) }
    return actions.count
  }

  /// What a router asks; each `asker` is another station.
  static func question(
    for target: IPv6Address, asker: UInt64 = 0
  ) -> EthernetFrame<NeighborSolicitation> {
    let station = MACAddress(bits: BenchLink.askerLinkLayerAddress.bits + asker)
    let source = IPv6Address(bits: BenchLink.askerAddress.bits + UInt128(asker) << 16)
    let group = target.solicitedNodeMulticast
    return EthernetFrame(
      source: station, destination: MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: source, destination: group, target: target, sourceLinkLayerAddress: station))
  }
}
