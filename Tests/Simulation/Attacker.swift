import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport

/// Somebody who knows the rules of gateways and wants what is not his.
struct Attacker {
  /// The inner link on which he is; he floods upstream, too.
  var link: Int
  let linkLayerAddress = MACAddress(bits: 0x0200_00ba_d000)
  let address = IPv6Address("fe80::bad")!
  /// Whether he says "here" to every question that he hears.
  let answersEverything: Bool
  /// As how many other stations he asks upstream whenever the router asks for something.
  let crowd: Int
}

/// What an attacker does at one time.
enum Attack {
  /// Claims an address, asked for or not, and so many times more.
  case claim(IPv6Address, count: Int)
  /// Asks upstream for an address that nobody has, from link-layer addresses that nobody has.
  case flood(Flood)
  /// Asks upstream from an address that is not on the link, and wants the router to get the answer.
  case reflection(of: IPv6Address)
  /// Asks upstream for a target that the router asks for, as so many other stations.
  case crowd(IPv6Address, count: Int)
  /// Goes to another link.
  case move(to: Int)
}

/// A train of questions upstream.
struct Flood {
  /// Questions per second.
  let rate: Int
  /// How many are still to come.
  var count: Int
  /// Whose link-layer address they carry.
  let identity: Identity
  /// Whether each is put again after a second, as routers do.
  let isRepeated: Bool

  enum Identity: CaseIterable {
    /// Each another.
    case anybody
    /// The router's, with an address that is not the router's.
    case router
    /// The router's, with its address.
    case routerItself
  }
}

extension World {
  func go(on attack: Attack) {
    guard let attacker else { return }
    switch attack {
    case .claim(let target, let count):
      claim(target, by: attacker)
      guard count > 0 else { return }
      schedule(.attack(.claim(target, count: count - 1)), after: .milliseconds(100))
    case .flood(let flood): go(on: flood)
    case .reflection(let target):
      let stranger = IPv6Address("2001:db8:bad::1")!
      let frame = EthernetFrame(
        source: attacker.linkLayerAddress,
        destination: MACAddress(multicast: target.solicitedNodeMulticast),
        message: NeighborSolicitation(
          source: stranger, destination: target.solicitedNodeMulticast, target: target,
          sourceLinkLayerAddress: stations[0].linkLayerAddress))
      transmit(frame.octets, on: 0, from: .stranger)
    case .crowd(let target, let count):
      let number = UInt64.random(in: 0 ... .max, using: &random)
      ask(for: target, as: number, from: MACAddress(bits: 0x0600_0000_0000 | number & 0xffff_ffff))
      guard count > 1 else { return }
      schedule(.attack(.crowd(target, count: count - 1)), after: .microseconds(200))
    case .move(let link): self.attacker!.link = link
    }
  }

  /// Asks upstream from a link-local address made of a number.
  private func ask(for target: IPv6Address, as number: UInt64, from place: MACAddress) {
    let frame = EthernetFrame(
      source: place, destination: MACAddress(multicast: target.solicitedNodeMulticast),
      message: NeighborSolicitation(
        source: IPv6Address(bits: 0xfe80 << 112 | UInt128(number)),
        destination: target.solicitedNodeMulticast, target: target,
        sourceLinkLayerAddress: place))
    transmit(frame.octets, on: 0, from: .stranger)
  }

  /// Tells every gateway on the attacker's link that he has an address.
  private func claim(_ target: IPv6Address, by attacker: Attacker) {
    figures.claims += 1
    for gateway in gateways {
      for attachment in gateway.attachments where attachment.link == attacker.link {
        guard let place = attachment.interface.linkLayerAddress,
          let own = attachment.interface.addresses.first?.address
        else { continue }
        truth.usurp(target, on: attacker.link, now: now)
        transmit(
          attacker.claim(target, to: own, at: place), on: attacker.link, from: .attacker)
      }
    }
  }

  private func go(on flood: Flood) {
    guard flood.count > 0 else { return }
    lastFlood = now
    // Nobody can tell the router's questions from those.
    if flood.identity == .routerItself, flood.isRepeated { lastMasquerade = now }
    var rest = flood
    rest.count -= 1
    schedule(.attack(.flood(rest)), after: .nanoseconds(1_000_000_000 / Int64(flood.rate)))
    let router = stations[0]
    let number = UInt64.random(in: 0 ... .max, using: &random)
    let place =
      flood.identity == .anybody
      ? MACAddress(bits: 0x0600_0000_0000 | number & 0x3fff) : router.linkLayerAddress
    let source =
      flood.identity == .routerItself
      ? router.addresses[0].address : IPv6Address(bits: 0xfe80 << 112 | UInt128(number))
    let network = Plan.network(of: 1).address.bits
    let target = IPv6Address(bits: network | UInt128(number & 0xffff_ffff))
    let frame = EthernetFrame(
      source: place, destination: MACAddress(multicast: target.solicitedNodeMulticast),
      message: NeighborSolicitation(
        source: source, destination: target.solicitedNodeMulticast, target: target,
        sourceLinkLayerAddress: place))
    transmit(frame.octets, on: 0, from: .stranger)
    if flood.isRepeated { schedule(.forgery(frame.octets, link: 0), after: .seconds(1)) }
  }

  /// The attacker crowds in where the router asks by multicast.
  func crowdIn(on octets: [UInt8]) {
    guard let attacker, attacker.crowd > 0,
      case .solicitation(let frame)? = try? NeighborDiscoveryFrame(decoding: octets.span.bytes),
      frame.destination.isMulticast, !frame.message.isDuplicateAddressDetection,
      !frame.message.target.isLinkLocal
    else { return }
    schedule(.attack(.crowd(frame.message.target, count: attacker.crowd)), after: .zero)
  }

  /// The attacker hears a frame, and answers whatever is asked.
  func attackerHears(_ octets: [UInt8]) {
    guard let attacker, attacker.answersEverything, now > .start + .seconds(8),
      case .solicitation(let frame)? = try? NeighborDiscoveryFrame(decoding: octets.span.bytes)
    else { return }
    let message = frame.message
    guard !message.isDuplicateAddressDetection, !message.target.isLinkLocal else { return }
    truth.usurp(message.target, on: attacker.link, now: now)
    figures.claims += 1
    transmit(
      attacker.claim(message.target, to: message.source, at: frame.source), on: attacker.link,
      from: .attacker)
  }
}

extension Attacker {
  /// An advertisement that looks solicited.
  fileprivate func claim(
    _ target: IPv6Address, to address: IPv6Address, at place: MACAddress
  ) -> [UInt8] {
    EthernetFrame(
      source: linkLayerAddress, destination: place,
      message: NeighborAdvertisement(
        source: self.address, destination: address, target: target, isRouter: false,
        isSolicited: true, isOverride: true, targetLinkLayerAddress: linkLayerAddress)
    ).octets
  }
}

// MARK: - Plan

extension Plan {
  /// What the attacker will do, when everybody else has settled.
  mutating func makeAttacks(random: inout SeededGenerator) {
    guard topology == .hostile else { return }
    attacker = Attacker(
      link: Int.random(in: 1...2, using: &random), answersEverything: .random(using: &random),
      crowd: [0, 0, 10, 30].randomElement(using: &random)!)
    let milliseconds = Int64(length / .milliseconds(1))
    func add(_ attack: Attack, at time: Int64) {
      events.append((.milliseconds(time), .attack(attack)))
    }
    let alive = stations.flatMap { $0.addresses.dropFirst().map(\.address) }
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let time = Int64.random(in: 8000...milliseconds, using: &random)
      let target = alive.randomElement(using: &random)!
      add(.claim(target, count: Int.random(in: 0...200, using: &random)), at: time)
      add(.reflection(of: alive.randomElement(using: &random)!), at: time)
    }
    if Bool.random(using: &random) {
      add(.move(to: 1), at: Int64.random(in: 8000...milliseconds, using: &random))
      add(.move(to: 2), at: Int64.random(in: 8000...milliseconds, using: &random))
    }
    if Bool.random(using: &random) {
      let rate = [200, 800].randomElement(using: &random)!
      let flood = Flood(
        rate: rate, count: rate * Int.random(in: 3...4, using: &random),
        identity: Flood.Identity.allCases.randomElement(using: &random)!,
        isRepeated: .random(using: &random))
      add(.flood(flood), at: Int64.random(in: 8000...milliseconds, using: &random))
    }
  }

  /// A proxy that is worth attacking: several interfaces, and routes for the kernel.
  func hostileProxy(on name: String, random: inout SeededGenerator) -> Ruleset.Proxy {
    var rules = [
      Ruleset.Rule(prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!, method: .interface("net*"))
    ]
    // As people write it who have one prefix on both sides.
    if Bool.random(using: &random) {
      rules.append(Ruleset.Rule(prefix: IPv6Prefix("2001:db8:1::/64")!, method: .interface("net*")))
    }
    var proxy = Ruleset.Proxy(
      interface: name, isRouter: true, timers: Ruleset.Timers(), rules: rules)
    proxy.installsHostRoutes = Bool.random(using: &random)
    return proxy
  }

  /// The prefix of the link upstream, and of some others.
  func hostileRoutes(random: inout SeededGenerator) -> RouteTable {
    var table = RouteTable()
    table.entries.append(
      .init(prefix: IPv6Prefix("2001:db8:1::/64")!, way: .onLink("net0")))
    for link in 1...2 where Bool.random(using: &random) {
      table.entries.append(.init(prefix: Self.network(of: link), way: .onLink("net\(link)")))
    }
    table.entries.append(.init(prefix: IPv6Prefix("::/0")!, way: .gateway("net0")))
    return table
  }
}

// MARK: - Judgement

extension Judge {
  /// A route to a live target leads where it is.
  func checkIntegrity(of route: HostRoute, at gateway: Gateway) {
    guard world.attacker != nil, let link = gateway.attachment(route.interface)?.link else {
      return
    }
    for other in world.links.indices where other != link {
      let since = world.truth.stableSince(route.target, on: other)
      require(
        since.map { $0 + .seconds(3) > world.now } ?? true, .integrity,
        "a route to \(route.target) leads to link \(link), and it is on link \(other)")
    }
  }

  /// No neighbor has more host routes than the eighth part of all sessions, or 64.
  func checkShare(of station: MACAddress?, on interface: InterfaceIndex, at gateway: Gateway) {
    guard let station, station == world.attacker?.linkLayerAddress else { return }
    let count = hostRoutes.count {
      $0.key.gateway == gateway.number && $0.value.interface == interface
        && claimants[$0.key] == station
    }
    let share = max(64, gateway.limits.sessions / 8)
    require(count <= share, .limits, "\(count) host routes lead to one station, not \(share)")
  }

  /// Nobody but its owner answers for what is on the link of the question.
  func checkIntegrity(of target: IPv6Address, on interface: Interface, at gateway: Gateway) {
    guard world.attacker != nil, let link = gateway.attachment(interface.index)?.link,
      !gateway.hasUsable(target)
    else { return }
    let since = world.truth.stableSince(target, on: link)
    require(
      since.map { $0 + .seconds(3) > world.now } ?? true, .integrity,
      "\(gateway.name) answers for \(target), which is on the link of the question")
  }

  /// The router waits for an answer.
  func wait(_ frame: EthernetFrame<NeighborSolicitation>, at gateway: Gateway) {
    let router = world.stations[0]
    guard world.attacker != nil, frame.source == router.linkLayerAddress,
      router.addresses.contains(where: { $0.address == frame.message.source })
    else { return }
    let key = TargetKey(gateway: gateway.number, target: frame.message.target)
    let isAsked = questioned[key].map { $0 + gateway.shortestRetransmission > world.now } ?? false
    waits[key] = Wait(asker: frame.message.source, since: world.now, isAsked: isAsked)
  }

  /// Whoever crowds in, the router keeps its place among those who wait for a target: it is told
  /// when others are.
  func checkCrowd(of gateway: Gateway) {
    for target in advertisedInStep.keys {
      let key = TargetKey(gateway: gateway.number, target: target)
      guard let wait = waits.removeValue(forKey: key), wait.isAsked else { continue }
      require(
        wait.since + .seconds(1) <= world.now, .firstContact,
        "\(target) is found, and \(wait.asker), who waits since \(wait.since.seconds), is not told")
    }
  }

  /// A router that has asked three times knows who is there, whoever floods meanwhile, once what
  /// was before the target came is forgotten.
  func checkFirstContact(of station: Int, with target: IPv6Address) {
    guard world.attacker != nil, world.stations[station].isRouter,
      world.lastMasquerade.map({ $0 + .seconds(4) < world.now }) ?? true
    else { return }
    let gateway = world.gateways[0]
    guard let proxy = gateway.proxy(on: "net0"), let coverage = Coverage(of: target, by: proxy),
      !coverage.methods.isEmpty, !gateway.hasUsable(target)
    else { return }
    for link in world.links.indices.dropFirst() {
      let since = world.truth.stableSince(target, on: link)
      require(
        since.map { $0 + .seconds(12) > world.now } ?? true, .firstContact,
        "the router has asked three times for \(target), which is on link \(link)")
    }
  }
}
