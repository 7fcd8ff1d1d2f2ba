import FrameFuzzing
import NDPWire
import ProxyEngine
import ProxyModel

/// Watches the gateways of a world, and keeps the first violation.
///
/// It knows everything that they do not: who lives where, which frames were lost, what the rules
/// and routes really say. It believes nothing of what the engine says of itself.
final class Judge {
  unowned let world: World
  private(set) var violation: Violation?
  var questions: [QuestionKey: Question] = [:]
  var words: [TargetKey: Word] = [:]
  var detections: [TargetKey: Instant] = [:]
  var asked: [TargetKey: Asked] = [:]
  /// When each target was last asked for, wherever.
  var questioned: [TargetKey: Instant] = [:]
  var obligations: [Obligation] = []
  /// Those whose time is not up.
  var openObligations: [Int] = []
  /// For each gateway what passed in the last second.
  var windows: [Windows]
  var advertisedInStep: [IPv6Address: Int] = [:]
  /// Since when nobody asks for anything.
  var silence: Instant?
  var askedInSilence: [TargetKey: Int] = [:]
  /// The route to a target that a gateway's kernel has from it.
  var hostRoutes: [TargetKey: HostRoute] = [:]
  /// Targets of which a gateway's kernel once said that they are on the link of the question.
  ///
  /// What is known of a target keeps that for as long as it is known.
  var held: Set<TargetKey> = []
  /// Who among the router's addresses waits for a target, and since when.
  var waits: [TargetKey: Wait] = [:]
  /// By whose word.
  var claimants: [TargetKey: MACAddress] = [:]
  /// Every route that a gateway put into its kernel.
  var installedRoutes: [TargetKey: Set<HostRoute>] = [:]
  /// Whether what a gateway hears now answers its question.
  var isAwaited = false
  let slack: Duration

  init(of world: World) {
    self.world = world
    windows = world.gateways.map { _ in Windows() }
    let delay = world.links.map(\.delay).max()!
    let slowness = world.stations.map(\.slowness).max()!
    slack = delay * 6 + slowness * 2 + .milliseconds(50)
  }

  /// A target as one gateway sees it on one of its interfaces, or on all of them together.
  struct TargetKey: Hashable {
    let gateway: Int
    var interface = ""
    let target: IPv6Address
  }

  struct QuestionKey: Hashable {
    let place: TargetKey
    let asker: IPv6Address
  }

  /// Who asked how often for a target, and how often that was answered.
  struct Question {
    var count = 0
    var answers = 0
    var stations: Set<MACAddress> = []
  }

  /// When a target itself, or another proxy for it, last said that it is there.
  struct Word {
    var firstHand: Instant?
    var secondHand: Instant?
    /// Who spoke first-hand last, and where.
    var station: MACAddress?
    /// Everybody who ever did.
    var stations: Set<MACAddress> = []
    var interface: InterfaceIndex?
    /// When it last answered a question of the gateway's that nothing else did.
    var answered: Instant?
    /// When something last gave reason to ask again.
    var doubted = Instant.start
    /// When the kernel last vouched for it.
    var vouched: Instant?
    /// When the gateway last looked up the way to it.
    var lookedUp: Instant?
  }

  /// The router's question for a target.
  struct Wait {
    let asker: IPv6Address
    let since: Instant
    /// Whether the gateway asked for the target when it came.
    var isAsked: Bool
  }

  /// The last solicitation for a target on an interface.
  struct Asked {
    let at: Instant
    let evicted: UInt64
    /// Who was asked by unicast.
    let station: MACAddress?
  }

  /// The times of the last second, for limits per second.
  struct Windows {
    var strangers: [Instant] = []
    var advertisements: [Instant] = []
    var lookups: [Instant] = []
  }

  func fail(_ invariant: Invariant, _ detail: String) {
    guard violation == nil else { return }
    violation = Violation(invariant: invariant, time: world.now, detail: detail)
  }

  func require(_ isTrue: Bool, _ invariant: Invariant, _ detail: @autoclosure () -> String) {
    if !isTrue { fail(invariant, detail()) }
  }

  // MARK: - What gateways hear

  func compareDecoding(_ octets: [UInt8]) {
    let verdict = FrameValidator.verdict(on: octets)
    let isAccepted = (try? NeighborDiscoveryFrame(decoding: octets.span.bytes)) != nil
    require(
      isAccepted == (verdict == nil), .decoding,
      "\(sentence(about: octets)), but the validator says \(verdict ?? "well-formed")")
  }

  func hear(_ event: Event, at gateway: Gateway) {
    switch event {
    case .solicitation(let frame, let index): hear(frame, on: index, at: gateway)
    case .advertisement(let frame, let index): hear(frame, on: index, at: gateway)
    case .neighbor(let entry, let target, let index):
      hear(entry, of: target, on: index, at: gateway)
    case .malformed, .interfacesRead, .interfaceChanged, .interfaceRemoved, .route, .located,
      .usage, .condition, .routesChanged:
      return
    }
  }

  private func hear(
    _ frame: EthernetFrame<NeighborSolicitation>, on index: InterfaceIndex, at gateway: Gateway
  ) {
    guard let interface = gateway.attachment(index)?.interface else { return }
    let message = frame.message
    doubt(message.source.isUnspecified ? message.target : message.source, at: gateway)
    let place = TargetKey(
      gateway: gateway.number, interface: interface.name, target: message.target)
    let isOnLink =
      message.source.isLinkLocal || message.source.isUnspecified
      || interface.isOnLinkOracle(message.source)
    questions[QuestionKey(place: place, asker: message.source), default: Question()].hear(
      frame, isOnLink: isOnLink)
    if message.isDuplicateAddressDetection {
      detections[place] = world.now
    } else {
      oblige(frame, on: interface, at: gateway)
      wait(frame, at: gateway)
    }
  }

  // MARK: - Steps

  func startStep() { advertisedInStep.removeAll(keepingCapacity: true) }

  func endStep(of gateway: Gateway) {
    let count = gateway.engine.sessionCount
    require(
      count <= gateway.limits.sessions, .limits,
      "\(count) sessions, and the limit is \(gateway.limits.sessions)")
    checkCrowd(of: gateway)
  }

  func checkDeadline(of gateway: Gateway) {
    guard let deadline = gateway.nextDeadline(now: world.now) else { return }
    require(
      deadline > world.now, .spin, "\(gateway.name) wants to be woken at \(deadline.seconds)")
  }

  func forgetSteps(of gateway: Gateway) {
    windows[gateway.number] = Windows()
    hostRoutes = hostRoutes.filter { $0.key.gateway != gateway.number }
  }

  /// The kernel is asked for the way to a target: after changes, that may be another than before.
  func lookUp(_ target: IPv6Address, at gateway: Gateway) {
    let changed = max(gateway.disturbed, gateway.routes[gateway.routes.count - 1].since)
    var word = words[TargetKey(gateway: gateway.number, target: target)] ?? Word()
    if let lookedUp = word.lookedUp, lookedUp < changed { word.doubted = world.now }
    word.lookedUp = world.now
    words[TargetKey(gateway: gateway.number, target: target)] = word
    let count = windows[gateway.number].lookups.add(world.now)
    require(
      count <= gateway.limits.routeLookupsPerSecond, .limits, "\(count) route lookups in 1 s")
  }

  func hold(_ target: IPv6Address, on index: InterfaceIndex, at gateway: Gateway) {
    guard let interface = gateway.attachment(index)?.interface else { return }
    held.insert(TargetKey(gateway: gateway.number, interface: interface.name, target: target))
  }

  // MARK: - Routes

  /// A route to a target goes into the kernel only while the target is believed to be there.
  func install(_ route: HostRoute, at gateway: Gateway) {
    let key = TargetKey(gateway: gateway.number, target: route.target)
    let heard = [words[key]?.firstHand, words[key]?.secondHand].compactMap(\.self).max()
    require(
      heard.map { $0 + gateway.belief >= world.now } ?? false, .evidence,
      "a route to \(route.target), which has not spoken for long")
    checkIntegrity(of: route, at: gateway)
    hostRoutes[key] = route
    // Who spoke last elsewhere is not the one to whom the route leads.
    claimants[key] = words[key].flatMap { $0.interface == route.interface ? $0.station : nil }
    checkShare(of: claimants[key], on: route.interface, at: gateway)
    installedRoutes[key, default: []].insert(route)
  }

  /// What is taken away was put in, and at the end nothing is left.
  func remove(_ route: HostRoute, at gateway: Gateway) {
    let key = TargetKey(gateway: gateway.number, target: route.target)
    require(
      installedRoutes[key]?.contains(route) == true, .evidence,
      "takes away a route that it never installed")
    // Another proxy may have put its own in that one's place.
    if hostRoutes[key] == route { hostRoutes[key] = nil }
  }

  // MARK: - The end

  /// Frames that are under way may still arrive.
  func startSilence() { silence = world.now + slack }

  /// How long it may take until nothing is left to do: what is known is forgotten once for each
  /// gateway that may still ask another.
  private var quietBound: Duration {
    var bound = slack + .seconds(60)
    for gateway in world.gateways {
      let timers = gateway.ruleset.proxies.map(\.timers)
      let longest = timers.map {
        $0.ttl * 2 + $0.timeout * (3 * $0.solicitations + 3) + $0.deadtime
      }.max()!
      bound += longest + .seconds(600)
    }
    return bound
  }

  func checkQuiet() throws(Violation) {
    guard let silence, world.now > silence + quietBound else { return }
    fail(.quiet, "somebody still wants to be woken, \(world.now.since(silence)) later")
    throw violation!
  }

  func finish() {
    require(hostRoutes.isEmpty, .quiet, "routes are left: \(hostRoutes.values)")
    for gateway in world.gateways {
      require(
        gateway.engine.sessionCount == 0, .quiet, "\(gateway.name) keeps sessions without deadline")
    }
  }
}

extension Judge.Question {
  /// Whoever asks from another link is answered where its frame came from.
  fileprivate mutating func hear(
    _ frame: EthernetFrame<NeighborSolicitation>, isOnLink: Bool
  ) {
    count += 1
    let named = isOnLink ? frame.message.sourceLinkLayerAddress : nil
    stations.insert(named ?? frame.source)
  }
}

extension [Instant] {
  /// Adds a time, drops those that are a second or more ago, and returns how many are left.
  mutating func add(_ now: Instant) -> Int {
    append(now)
    if let first, first + .seconds(1) <= now {
      removeAll { $0 + .seconds(1) <= now }
    }
    return count
  }
}
