import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport
import Testing

/// A gateway with `eth0` towards the router and `zt0`, `zt1`, `tun0` towards its members.
struct Gateway: ~Copyable {
  static let eth0 = InterfaceIndex(2)
  static let zt0 = InterfaceIndex(3)
  static let zt1 = InterfaceIndex(4)
  static let tun0 = InterfaceIndex(5)

  var engine: Engine
  var now = Instant(nanoseconds: 1_000_000_000_000)
  /// What the kernel's neighbor cache has of every target.
  var cached: CachedNeighbor?
  /// Where the kernel holds every target to be.
  var location = Location.elsewhere

  init(
    _ rules: (String, Ruleset.Method)..., isRouter: Bool = true, limits: Limits = Limits(),
    timers: Ruleset.Timers = Ruleset.Timers()
  ) {
    let proxy = Ruleset.Proxy(
      interface: "eth0", isRouter: isRouter, timers: timers,
      rules: rules.map { Ruleset.Rule(prefix: IPv6Prefix($0)!, method: $1) })
    engine = Engine(ruleset: Ruleset(proxies: [proxy]), limits: limits)
    _ = handle(.interfacesRead(Self.interfaces))
  }

  /// The same with one proxy, or some, as they are given.
  init(_ proxies: [Ruleset.Proxy], limits: Limits = Limits()) {
    engine = Engine(ruleset: Ruleset(proxies: proxies), limits: limits)
    _ = handle(.interfacesRead(Self.interfaces))
  }

  static let interfaces = [
    Interface(
      index: eth0, name: "eth0", linkLayerAddress: mac(0x100), isUp: true,
      hasNeighborDiscovery: true,
      addresses: [own("fe80::100", 64), own("2001:db8:1::2", 64)]),
    Interface(
      index: zt0, name: "zt0", linkLayerAddress: mac(0x101), isUp: true,
      hasNeighborDiscovery: true,
      addresses: [own("fe80::101", 64), own("2001:db8:1:0:ff::1", 80)]),
    Interface(
      index: zt1, name: "zt1", linkLayerAddress: mac(0x102), isUp: true,
      hasNeighborDiscovery: true, addresses: [own("fe80::102", 64)]),
    Interface(
      index: tun0, name: "tun0", linkLayerAddress: nil, isUp: true, hasNeighborDiscovery: false,
      addresses: [own("fe80::103", 64)]),
  ]

  mutating func handle(_ event: Event) -> [Action] {
    var actions: [Action] = []
    engine.handle(event, now: now, into: &actions)
    answerLookups(&actions)
    return actions
  }

  /// What becomes of an event, before the kernel says anything.
  mutating func outcome(of event: Event) -> Outcome {
    var actions: [Action] = []
    return engine.handle(event, now: now, into: &actions)
  }

  /// Says what the neighbor cache has, as the kernel does, at once.
  private mutating func answerLookups(_ actions: inout [Action]) {
    while let place = actions.firstIndex(where: { $0.isNeighborLookup }) {
      switch actions.remove(at: place) {
      case .lookUpNeighbor(let target, let index):
        engine.handle(.neighbor(cached, of: target, on: index), now: now, into: &actions)
      case .locate(let target, let index):
        engine.handle(.located(location, of: target, from: index), now: now, into: &actions)
      default: break
      }
    }
  }

  /// Goes by another ruleset, and returns the proxies whose R flag stays as it was.
  ///
  /// What is said before of a replacement is what comes of it.
  mutating func replace(_ ruleset: Ruleset, limits: Limits) -> [String] {
    var actions: [Action] = []
    let (preview, count) = (engine.preview(ruleset, limits: limits), engine.sessionCount)
    let contradicted = engine.replace(ruleset, limits: limits, now: now, into: &actions)
    #expect(preview.contradicted == contradicted)
    #expect(preview.forgottenCount == count - engine.sessionCount)
    return contradicted
  }

  /// Lets time pass, stopping at every deadline on the way.
  mutating func wait(milliseconds: UInt64) -> [Action] {
    let end = Instant(nanoseconds: now.nanoseconds + milliseconds * 1_000_000)
    var actions: [Action] = []
    while let deadline = engine.nextDeadline, deadline <= end {
      now = max(now, deadline)
      engine.handleTimeout(now: now, into: &actions)
      answerLookups(&actions)
    }
    now = end
    return actions
  }

  mutating func ask(_ solicitation: EthernetFrame<NeighborSolicitation>) -> [Action] {
    handle(.solicitation(solicitation, on: Self.eth0))
  }

  mutating func answer(
    _ advertisement: EthernetFrame<NeighborAdvertisement>, on index: InterfaceIndex = zt0
  ) -> [Action] {
    handle(.advertisement(advertisement, on: index))
  }
}

/// A kernel that says this of every target.
func kernel(
  _ route: Route? = nil, _ location: Location = .elsewhere, _ neighbor: CachedNeighbor? = nil
) -> (Action) -> Event? {
  { question in
    switch question {
    case .lookUpRoute(let target, let index): .route(route, to: target, from: index)
    case .locate(let target, let index): .located(location, of: target, from: index)
    case .lookUpNeighbor(let target, let index): .neighbor(neighbor, of: target, on: index)
    default: nil
    }
  }
}

extension Action {
  fileprivate var isNeighborLookup: Bool {
    switch self {
    case .lookUpNeighbor, .locate: true
    default: false
    }
  }
}

/// What the engine wants to know of the kernel about a target of an `auto` rule.
func lookup(of target: IPv6Address) -> Action { .lookUpRoute(target, from: Gateway.eth0) }

func mac(_ number: UInt64) -> MACAddress { MACAddress(bits: 0x0200_0000_0000 | number) }
func ip(_ text: String) -> IPv6Address { IPv6Address(text)! }
func own(
  _ text: String, _ length: Int, _ state: Interface.Address.State = .preferred
) -> Interface.Address {
  Interface.Address(ip(text), prefixLength: length, state: state)
}

let router = ip("fe80::aa")
let routerMAC = mac(0xaa)
let member = ip("2001:db8:1:0:ff::10")
let memberMAC = mac(0xdd)

/// A solicitation for `target`, by multicast unless a destination is given.
func solicitation(
  for target: IPv6Address = member, from source: IPv6Address = router,
  mac frameSource: MACAddress = routerMAC, answerTo: MACAddress? = routerMAC,
  to destination: IPv6Address? = nil
) -> EthernetFrame<NeighborSolicitation> {
  EthernetFrame(
    source: frameSource,
    destination: destination == nil
      ? MACAddress(multicast: target.solicitedNodeMulticast) : mac(0x100),
    message: NeighborSolicitation(
      source: source, destination: destination ?? target.solicitedNodeMulticast, target: target,
      sourceLinkLayerAddress: source.isUnspecified ? nil : answerTo))
}

/// A host's question whether anybody else has `target`.
func duplicateDetection(
  of target: IPv6Address = member, mac frameSource: MACAddress = mac(0xbb)
) -> EthernetFrame<NeighborSolicitation> {
  solicitation(for: target, from: .unspecified, mac: frameSource)
}

/// What a live member answers to our probe: as Linux was heard to do, unless told otherwise.
func advertisement(
  of target: IPv6Address = member, to destination: IPv6Address = ip("fe80::101"),
  isSolicited: Bool = true, isOverride: Bool = true, linkLayerAddress: MACAddress? = memberMAC,
  mac frameSource: MACAddress? = nil
) -> EthernetFrame<NeighborAdvertisement> {
  let station = frameSource ?? linkLayerAddress ?? memberMAC
  let usual = memberAnswer(for: target, to: destination, by: station, isByUnicast: false)
  return EthernetFrame(
    source: usual.source, destination: usual.destination,
    message: NeighborAdvertisement(
      source: usual.message.source, destination: destination, target: target,
      isRouter: usual.message.isRouter, isSolicited: isSolicited, isOverride: isOverride,
      targetLinkLayerAddress: linkLayerAddress))
}

/// What a live member answers when it is asked by unicast: as whoever asks knows its link-layer
/// address, Linux and BSD leave the option out, and then must not set the Override flag
/// (RFC 4861 §7.2.4).
func unicastAdvertisement(
  of target: IPv6Address = member, to destination: IPv6Address = ip("fe80::101"),
  mac frameSource: MACAddress = memberMAC, speaking dialect: Dialect = .linuxHost
) -> EthernetFrame<NeighborAdvertisement> {
  memberAnswer(
    for: target, to: destination, by: frameSource, isByUnicast: true, speaking: dialect)
}

/// The answer that a station was recorded to give to a question of ours.
private func memberAnswer(
  for target: IPv6Address, to asker: IPv6Address, by station: MACAddress, isByUnicast: Bool,
  speaking dialect: Dialect = .linuxHost
) -> EthernetFrame<NeighborAdvertisement> {
  let group = target.solicitedNodeMulticast
  let source = asker.isMulticast ? ip("fe80::101") : asker
  let question = EthernetFrame(
    source: mac(0x101), destination: isByUnicast ? station : MACAddress(multicast: group),
    message: NeighborSolicitation(
      source: source, destination: isByUnicast ? target : group, target: target,
      sourceLinkLayerAddress: mac(0x101)))
  let speaker = Dialect.Speaker(
    linkLayerAddress: station, linkLocal: ip("fe80::d1"), address: target)
  return dialect.advertisement(answering: question, by: speaker)
}

/// The one right answer to an asker.
func answer(
  for target: IPv6Address = member, to asker: IPv6Address = router,
  at linkLayerAddress: MACAddress = routerMAC, from source: IPv6Address = ip("fe80::100"),
  isRouter: Bool = true
) -> Action {
  .advertise(
    EthernetFrame(
      source: mac(0x100), destination: linkLayerAddress,
      message: NeighborAdvertisement(
        source: source, destination: asker, target: target, isRouter: isRouter,
        isSolicited: true, isOverride: false, targetLinkLayerAddress: mac(0x100))),
    on: Gateway.eth0)
}

/// The one right answer to duplicate address detection.
func defence(of target: IPv6Address = member) -> Action {
  .advertise(
    EthernetFrame(
      source: mac(0x100), destination: .allNodes,
      message: NeighborAdvertisement(
        source: ip("fe80::100"), destination: .allNodes, target: target, isRouter: true,
        isSolicited: false, isOverride: false, targetLinkLayerAddress: mac(0x100))),
    on: Gateway.eth0)
}

/// Our probe by multicast on `zt0`, or on another rule interface.
func probe(
  for target: IPv6Address = member, on index: InterfaceIndex = Gateway.zt0
) -> Action {
  let number: UInt64 = index == Gateway.zt0 ? 0x101 : 0x102
  return .solicit(
    EthernetFrame(
      source: mac(number), destination: MACAddress(multicast: target.solicitedNodeMulticast),
      message: NeighborSolicitation(
        source: IPv6Address(bits: ip("fe80::").bits | UInt128(number)),
        destination: target.solicitedNodeMulticast, target: target,
        sourceLinkLayerAddress: mac(number))),
    on: index)
}

/// Our probe by unicast to the neighbor that confirmed the target.
func unicastProbe(
  for target: IPv6Address = member, at address: MACAddress = memberMAC,
  on index: InterfaceIndex = Gateway.zt0
) -> Action {
  let number: UInt64 = index == Gateway.zt0 ? 0x101 : 0x102
  return .solicit(
    EthernetFrame(
      source: mac(number), destination: address,
      message: NeighborSolicitation(
        source: IPv6Address(bits: ip("fe80::").bits | UInt128(number)), destination: target,
        target: target, sourceLinkLayerAddress: mac(number))),
    on: index)
}
