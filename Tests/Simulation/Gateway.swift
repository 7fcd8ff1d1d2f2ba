import FrameFuzzing
import NDPWire
import ProxyEngine
import ProxyModel

/// A host with an engine: what `ProxyDaemon` is on a real one.
final class Gateway {
  let number: Int
  let name: String
  var ruleset: Ruleset
  let limits: Limits
  /// What the engine is told of its limits; a mutant has others.
  let engineLimits: Limits
  let seed: UInt64
  var engine: Engine
  var attachments: [Attachment]
  /// The routes, and since when each table has been so; the latest last.
  var routes: [(since: Instant, table: RouteTable)]
  var actions: [Action] = []
  /// When something about it last changed: interfaces, addresses, routes, the engine itself.
  var disturbed = Instant.start
  /// When it last forgot what it knew.
  var forgot = Instant.start
  /// What its kernel knows of neighbors; `nil` where it forwards nothing.
  var kernel: KernelNeighbors?
  /// The routes that the engine had installed.
  var installed: [IPv6Address: HostRoute] = [:]
  /// What its kernel answers for by itself; `nil` where it does not.
  var program: KernelProgram?
  let mutant: Mutant?
  var memory = MutantMemory()

  /// An interface, and the link on which it is.
  struct Attachment {
    var interface: Interface
    /// `nil` for one without neighbors.
    let link: Int?
    var exists = true

    var isUp: Bool { exists && interface.isUp }
  }

  init(
    number: Int, ruleset: Ruleset, limits: Limits, attachments: [Attachment],
    routes: RouteTable, mutant: Mutant?
  ) {
    self.number = number
    name = number == 0 ? "first" : "second"
    self.ruleset = ruleset
    self.limits = limits
    engineLimits = limits.mutated(by: mutant)
    seed = UInt64(number) + 1
    engine = Engine(ruleset: ruleset, limits: engineLimits, seed: seed)
    self.attachments = attachments
    self.routes = [(.start, routes)]
    self.mutant = mutant
  }

  /// Has the kernel answer for known targets, too.
  func answerInKernel() {
    program = KernelProgram(mutant: mutant)
    engine.setPublishing(true, into: &actions)
  }

  var table: RouteTable { routes[routes.count - 1].table }

  func attachment(_ index: InterfaceIndex) -> Attachment? {
    attachments.first { $0.exists && $0.interface.index == index }
  }

  func attachment(named name: String) -> Attachment? {
    attachments.first { $0.exists && $0.interface.name == name }
  }

  /// The proxy that listens on an interface.
  func proxy(on name: String) -> Ruleset.Proxy? {
    ruleset.proxies.first { $0.interface == name }
  }

  /// What the kernel says of the way to a target.
  func route(to target: IPv6Address) -> Route { resolve(table.way(to: target)) }

  func resolve(_ way: RouteTable.Way) -> Route {
    switch way {
    case .local: return .local
    case .unreachable: return .unreachable
    case .onLink(let name):
      guard let found = attachment(named: name), found.isUp else { return .unreachable }
      return .onLink(found.interface.index)
    case .gateway(let name):
      guard let found = attachment(named: name), found.isUp else { return .unreachable }
      return .gateway(found.interface.index)
    }
  }

  /// The tables that were in force at some time since `since`.
  func tables(since: Instant) -> [RouteTable] {
    let first = routes.lastIndex { $0.since <= since } ?? 0
    return routes[first...].map(\.table)
  }

  /// Its rules, routes and limits in words, for people.
  var lines: [String] {
    let rules = ruleset.proxies.flatMap { proxy in
      [
        "proxy \(proxy.interface): router \(proxy.isRouter), \(proxy.duplicateDetection), \(proxy.timers)"
      ]
        + proxy.rules.map { "  \($0.prefix) \($0.method), except \($0.excluded)" }
    }
    let ways = table.entries.map { "  route \($0.prefix) \($0.way)" }
    return (rules + ways + ["\(limits)"]).map { "\(name): \($0)" }
  }

  /// How long after its last sign of life a target may still be answered for.
  var belief: Duration { ruleset.proxies.map(belief).max()! }

  /// `ttl`, then as many unanswered probes as there may be, the first perhaps put off.
  ///
  /// Where the kernel knows the target, what it has counts for a while once `ttl` is over.
  func belief(of proxy: Ruleset.Proxy) -> Duration {
    let timers = proxy.timers
    let probing = timers.timeout * (timers.solicitations + 1)
    guard kernel != nil else { return timers.ttl + probing }
    return max(timers.ttl, KernelNeighbors.patience)
      + min(timers.ttl, .seconds(10)) + probing
  }
}

// MARK: - Events

extension World {
  func tellInterfaces(of gateway: Gateway) {
    let interfaces = gateway.attachments.filter(\.exists).map(\.interface)
    handle(.interfacesRead(interfaces), at: gateway)
  }

  func receive(_ octets: [UInt8], at number: Int, interface place: Int) {
    let gateway = gateways[number]
    let attachment = gateway.attachments[place]
    guard attachment.isUp else { return }
    let index = attachment.interface.index
    judge.compareDecoding(octets)
    do throws(DropReason) {
      switch try NeighborDiscoveryFrame(decoding: octets.span.bytes) {
      case .solicitation(let frame):
        if isAnsweredInKernel(frame, on: index, at: gateway) { return }
        handle(.solicitation(frame, on: index), at: gateway)
      case .advertisement(let frame):
        handle(.advertisement(frame, on: index), at: gateway)
        // A kernel takes what is sent to it; the daemon sees the rest, too.
        let isToKernel =
          frame.destination.isMulticast
          || frame.destination == attachment.interface.linkLayerAddress
        // Link-local addresses are those of one interface (RFC 4007 §9).
        let destination = frame.message.destination
        let isOwn =
          destination.isMulticast || attachment.interface.has(destination)
          || !destination.isLinkLocal && gateway.hasUsable(destination)
        if isToKernel, isOwn, frame.source != attachment.interface.linkLayerAddress {
          kernelHears(frame.message, on: index, at: gateway)
        }
      }
    } catch {
      handle(.malformed(error), at: gateway)
    }
  }

  /// Gives the engine an event, and does what it wants.
  func handle(_ event: Event, at gateway: Gateway) {
    judge.hear(event, at: gateway)
    guard let admitted = gateway.admit(event, now: now) else { return }
    let ignored = gateway.engine.counters[.advertisementNotAwaited]
    gateway.engine.handle(admitted, now: now, into: &gateway.actions)
    judge.checkTaken(gateway.engine.counters[.advertisementNotAwaited] == ignored)
    gateway.mutateActions(after: admitted, now: now)
    perform(at: gateway)
  }

  func handleTimeout(at gateway: Gateway) {
    gateway.engine.handleTimeout(now: now, into: &gateway.actions)
    gateway.mutateActions(after: nil, now: now)
    perform(at: gateway)
    judge.checkDeadline(of: gateway)
  }

  /// Does what the engine wants, including what it wants in answer to that.
  func perform(at gateway: Gateway) {
    judge.startStep()
    var position = 0
    while position < gateway.actions.count {
      perform(gateway.actions[position], at: gateway)
      position += 1
    }
    gateway.actions.removeAll(keepingCapacity: true)
    judge.endStep(of: gateway)
  }

  private func perform(_ action: Action, at gateway: Gateway) {
    switch action {
    case .advertise(let frame, let index):
      figures.advertisements += 1
      emit(gateway.bend(frame.octets), on: index, at: gateway)
    case .solicit(let frame, let index):
      figures.solicitations += 1
      emit(gateway.bend(frame.octets), on: index, at: gateway)
    case .lookUpRoute(let target, let index):
      judge.lookUp(target, at: gateway)
      let route = gateway.route(to: target)
      trace.note(now, "\(gateway.name): route to \(target): \(route)")
      gateway.engine.handle(
        .route(route, to: target, from: index), now: now, into: &gateway.actions)
    case .locate(let target, let index):
      let location = location(of: target, from: index, at: gateway)
      if location == .onProxyLink { judge.hold(target, on: index, at: gateway) }
      let isOverlooked = gateway.mutant == .overlooksProxyLink
      gateway.engine.handle(
        .located(isOverlooked ? .elsewhere : location, of: target, from: index),
        now: now, into: &gateway.actions)
    case .lookUpNeighbor(let target, let index):
      let entry = cachedNeighbor(target, on: index, at: gateway)
      if entry != nil { figures.kernelAnswers += 1 }
      trace.note(
        now, "\(gateway.name): kernel knows of \(target): \(entry?.state, default: "nothing")")
      judge.hear(entry, of: target, on: index, asked: gateway)
      let told = gateway.mutant == .ignoresTheKernel ? nil : entry
      gateway.engine.handle(
        .neighbor(told, of: target, on: index), now: now, into: &gateway.actions)
    case .installHostRoute(let route):
      trace.note(now, "\(gateway.name): install \(route)")
      gateway.installed[route.target] = route
      judge.install(route, at: gateway)
    case .removeHostRoute(let route):
      trace.note(now, "\(gateway.name): remove \(route)")
      if gateway.installed[route.target] == route { gateway.installed[route.target] = nil }
      judge.remove(route, at: gateway)
    case .offerNeighbor(let target, let place, let index):
      offer(target, at: place, on: index, to: gateway)
    case .publish(let target, let index, let end, let generation):
      trace.note(now, "\(gateway.name): published \(target)")
      gateway.program?.publish(target, on: index, until: end, routesAt: generation)
    case .withdraw(let target, let index):
      trace.note(now, "\(gateway.name): withdrew \(target)")
      let usage = gateway.program?.withdraw(target, on: index)
      gateway.engine.handle(
        .usage(usage, of: target, on: index), now: now, into: &gateway.actions)
    case .reportMissingSource, .reportConflict:
      return
    }
  }

  /// The gateway's kernel has had the router's addresses confirmed.
  func introduceRouter(to gateway: Gateway) {
    guard let index = gateway.attachment(named: "net0")?.interface.index else { return }
    let router = stations[0]
    let entry = CachedNeighbor(
      state: .reachable, linkLayerAddress: router.linkLayerAddress, age: .zero, isRouter: true)
    handle(.neighbor(entry, of: router.addresses[0].address, on: index), at: gateway)
  }

  /// Where the gateway's kernel holds a target to be, seen from a proxy interface.
  private func location(
    of target: IPv6Address, from index: InterfaceIndex, at gateway: Gateway
  ) -> Location {
    switch cachedNeighbor(target, on: index, at: gateway)?.state {
    case .reachable, .probing: return .neighbor
    case .stale: return .onProxyLink
    case .failed, .incomplete, nil: break
    }
    switch gateway.route(to: target) {
    case .onLink(index): return .onProxyLink
    case .onLink(let other): return .onLink(other)
    case .gateway, .local, .anycast, .unreachable: return .elsewhere
    }
  }

  func emit(_ octets: [UInt8], on index: InterfaceIndex, at gateway: Gateway) {
    judge.see(octets, on: index, from: gateway)
    guard let place = gateway.attachments.firstIndex(where: { $0.interface.index == index }),
      gateway.attachments[place].isUp, let link = gateway.attachments[place].link
    else { return }
    transmit(octets, on: link, from: .gateway(gateway.number, interface: place))
  }
}
