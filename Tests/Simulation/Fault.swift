import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport

/// Something that goes wrong or changes in a world.
enum Fault {
  case interfaceDown(gateway: Int, place: Int)
  case interfaceUp(gateway: Int, place: Int)
  case interfaceRemoved(gateway: Int, place: Int)
  case interfaceCreated(gateway: Int, place: Int)
  case newLinkLayerAddress(gateway: Int, place: Int)
  case addresses(gateway: Int, place: Int, Addresses)
  case route(gateway: Int, RouteTable)
  case restart(gateway: Int)
  case reload(gateway: Int, Ruleset)
  case newCard(station: Int)

  /// What happens to the addresses of an interface.
  enum Addresses {
    case lost
    case tentative
    case back
  }
}

extension World {
  func happen(_ fault: Fault) {
    trace.note(now, "fault: \(fault)")
    switch fault {
    case .interfaceDown(let number, let place): change(number, place) { $0.isUp = false }
    case .interfaceUp(let number, let place): change(number, place) { $0.isUp = true }
    case .interfaceRemoved(let number, let place): remove(place, of: gateways[number])
    case .interfaceCreated(let number, let place): create(place, at: gateways[number])
    case .newLinkLayerAddress(let number, let place):
      change(number, place) {
        guard let old = $0.linkLayerAddress else { return }
        $0.linkLayerAddress = MACAddress(bits: old.bits ^ 0x1_0000)
      }
    case .addresses(let number, let place, let what): changeAddresses(number, place, what)
    case .route(let number, let table):
      gateways[number].routes.append((now, table))
      disturb(gateways[number])
      handle(.routesChanged, at: gateways[number])
    case .restart(let number): restart(gateways[number])
    case .reload(let number, let ruleset): reload(gateways[number], ruleset)
    case .newCard(let station): replaceCard(of: station)
    }
  }

  private func disturb(_ gateway: Gateway) { gateway.disturbed = now }

  private func forget(_ gateway: Gateway) {
    gateway.disturbed = now
    gateway.forgot = now
  }

  private func change(_ number: Int, _ place: Int, _ change: (inout Interface) -> Void) {
    let gateway = gateways[number]
    guard gateway.attachments[place].exists else { return }
    change(&gateway.attachments[place].interface)
    gateway.kernel?.flush(gateway.attachments[place].interface.index)
    forget(gateway)
    handle(.interfaceChanged(gateway.attachments[place].interface), at: gateway)
    handle(.routesChanged, at: gateway)
  }

  private func remove(_ place: Int, of gateway: Gateway) {
    guard gateway.attachments[place].exists else { return }
    gateway.attachments[place].exists = false
    gateway.kernel?.flush(gateway.attachments[place].interface.index)
    forget(gateway)
    handle(.interfaceRemoved(gateway.attachments[place].interface.index), at: gateway)
    handle(.routesChanged, at: gateway)
  }

  /// The interface comes back under another index, as the kernel does it.
  private func create(_ place: Int, at gateway: Gateway) {
    guard !gateway.attachments[place].exists else { return }
    let old = gateway.attachments[place].interface
    let index = InterfaceIndex((gateway.attachments.map(\.interface.index).max()!).rawValue + 1)
    gateway.attachments[place].interface = Interface(
      index: index, name: old.name, linkLayerAddress: old.linkLayerAddress, isUp: true,
      hasNeighborDiscovery: old.hasNeighborDiscovery, addresses: old.addresses)
    gateway.attachments[place].exists = true
    forget(gateway)
    handle(.interfaceChanged(gateway.attachments[place].interface), at: gateway)
    handle(.routesChanged, at: gateway)
  }

  private func changeAddresses(_ number: Int, _ place: Int, _ what: Fault.Addresses) {
    let home = gateways[number].memory.homeAddresses[place]
    change(number, place) {
      switch what {
      case .lost: $0.addresses = []
      case .tentative:
        $0.addresses = home.map {
          Interface.Address($0.address, prefixLength: $0.prefix.length, state: .tentative)
        }
      case .back: $0.addresses = home
      }
    }
  }

  private func restart(_ gateway: Gateway) {
    forget(gateway)
    gateway.engine = Engine(
      ruleset: gateway.ruleset, limits: gateway.engineLimits, seed: gateway.seed)
    if gateway.program != nil { gateway.answerInKernel() }
    judge.forgetSteps(of: gateway)
    tellInterfaces(of: gateway)
  }

  /// The rules change; the R flags stay as they were first.
  private func reload(_ gateway: Gateway, _ ruleset: Ruleset) {
    forget(gateway)
    if gateway.program != nil {
      gateway.engine.setPublishing(false, into: &gateway.actions)
      perform(at: gateway)
    }
    _ = gateway.engine.replace(
      ruleset, limits: gateway.engineLimits, now: now, into: &gateway.actions)
    let routers = gateway.ruleset.proxies.map(\.isRouter)
    gateway.ruleset = ruleset
    for place in routers.indices { gateway.ruleset.proxies[place].isRouter = routers[place] }
    for line in gateway.lines { trace.note(now, line) }
    if gateway.program != nil {
      perform(at: gateway)
      gateway.answerInKernel()
    }
    perform(at: gateway)
  }

  /// A host comes back with another link-layer address.
  private func replaceCard(of number: Int) {
    let station = stations[number]
    guard let link = station.link else { return }
    leave(number)
    station.linkLayerAddress = MACAddress(bits: station.linkLayerAddress.bits ^ 0x100_0000)
    start(number, on: link)
  }
}

// MARK: - Scans

/// One station that asks for many targets.
struct Scan {
  /// The station whose link-layer address the frames carry.
  let station: Int
  let kind: Kind
  /// Frames per second.
  let rate: Int
  /// How many are still to come.
  var count: Int

  enum Kind {
    /// Random targets in a prefix.
    case targets(IPv6Prefix)
    /// One target, asked for by many sources.
    case askers(IPv6Address)
  }
}

extension World {
  func go(on scan: Scan) {
    let station = stations[scan.station]
    guard scan.count > 0, station.link != nil else { return }
    lastScan[scan.station] = now
    var rest = scan
    rest.count -= 1
    schedule(.scan(rest), after: .nanoseconds(1_000_000_000 / Int64(scan.rate)))
    var source = station.addresses[0].address
    let target: IPv6Address
    switch scan.kind {
    case .targets(let prefix):
      let bits = UInt128(UInt64.random(in: 0 ... .max, using: &random)) & 0xffff_ffff
      target = IPv6Address(
        bits: prefix.address.bits | bits & ~IPv6Prefix.mask(length: prefix.length))
    case .askers(let one):
      target = one
      source.bits |= UInt128(UInt16.random(in: 0 ... .max, using: &random)) << 32
    }
    let speaker = Dialect.Speaker(
      linkLayerAddress: station.linkLayerAddress, linkLocal: source, address: source)
    transmit(station.dialect.firstContact(with: target, by: speaker), from: scan.station)
  }

  /// A station wants an address that may be another's (RFC 4862 §5.4).
  func contest(_ target: IPv6Address, from number: Int) {
    guard stations[number].link != nil, stations[number].state(of: target) == nil else { return }
    transmit(detection(of: target, by: stations[number]), from: number)
  }
}
