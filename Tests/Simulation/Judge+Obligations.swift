import NDPWire
import ProxyEngine
import ProxyModel

// Whether gateways answer for what is there.

/// A solicitation that has to be answered.
struct Obligation {
  let place: Judge.TargetKey
  let asker: IPv6Address
  let asked: Instant
  /// Since when everything has to have been as it is.
  let settled: Instant
  /// Whether another gateway has to answer first.
  let isSecondHand: Bool
  /// Whether the target had just confirmed, so that nobody had to be asked.
  let isKnown: Bool
  var isMet = false
}

extension Judge {
  /// Takes down that a solicitation has to be answered, if it has to be.
  ///
  /// The bound: RetransTimer, for it may have come just after one that the target missed, and
  /// there and back again.
  /// Where another gateway has to ask in turn, it has the same time for that.
  func oblige(
    _ frame: EthernetFrame<NeighborSolicitation>, on interface: Interface, at gateway: Gateway
  ) {
    guard let proxy = gateway.proxy(on: interface.name),
      let coverage = Coverage(of: frame.message.target, by: proxy),
      isHonest(frame, on: gateway.attachment(interface.index)?.link)
    else { return }
    let target = frame.message.target
    let question = Inquiry(
      target: target, asker: frame.message.source, gateway: gateway, interface: interface,
      proxy: proxy, coverage: coverage)
    // Another proxy of the same gateway has just asked here, and takes this for an echo.
    let isEcho = asked[question.place].map { $0.at + .milliseconds(100) > world.now } ?? false
    guard !isEcho, isServed(frame, question) else { return }
    if mustAnswer(question, since: world.now - proxy.settling) {
      return oblige(question, settling: proxy.settling, within: proxy.timers.timeout + slack)
    }
    guard mustAnswerSecondHand(question, since: world.now - settlingOfAll) else { return }
    let timers = world.gateways.flatMap(\.ruleset.proxies).map(\.timers.timeout)
    oblige(
      question, settling: settlingOfAll, within: timers.max()! * 2 + slack * 2, isSecondHand: true)
  }

  private func oblige(
    _ question: Inquiry, settling: Duration, within bound: Duration, isSecondHand: Bool = false
  ) {
    obligations.append(
      Obligation(
        place: question.place, asker: question.asker, asked: world.now,
        settled: world.now - settling,
        isSecondHand: isSecondHand, isKnown: isKnown(question)))
    openObligations.append(obligations.count - 1)
    world.schedule(.verdict(obligations.count - 1), after: bound)
  }

  /// Whether the target itself has answered since anything was forgotten, and is still believed.
  private func isKnown(_ question: Inquiry) -> Bool {
    let key = TargetKey(gateway: question.gateway.number, target: question.target)
    guard let heard = words[key]?.firstHand else { return false }
    return heard > question.gateway.forgot
      && heard + question.proxy.timers.ttl > world.now
  }

  /// How long it takes until every gateway has forgotten what was.
  private var settlingOfAll: Duration {
    world.gateways.flatMap(\.ruleset.proxies).map(\.settling).reduce(.zero, +)
  }

  /// Whether a frame comes from a station on a link, with its own addresses.
  private func isHonest(
    _ frame: EthernetFrame<NeighborSolicitation>, on link: Int?
  ) -> Bool {
    let message = frame.message
    guard message.source != message.target else { return false }
    return world.stations.contains { station in
      station.link == link && station.linkLayerAddress == frame.source
        && station.addresses.contains { $0.address == message.source }
        && (message.sourceLinkLayerAddress ?? frame.source) == frame.source
    }
  }

  /// Whether limits leave room for this question.
  ///
  /// A station that scans shares with nobody but itself, so that it gets answers only for what is
  /// known; others get theirs.
  private func isServed(
    _ frame: EthernetFrame<NeighborSolicitation>, _ question: Inquiry
  ) -> Bool {
    let (gateway, timers) = (question.gateway, question.proxy.timers)
    // Whoever was believed to be the target is asked first: that may take a second try.
    if world.truth.isUsurped(question.target) { return false }
    if let flood = world.lastFlood, flood + question.proxy.settling > world.now {
      let word = words[TargetKey(gateway: gateway.number, target: question.target)]
      return word?.firstHand.map { $0 + timers.ttl > world.now } ?? false
    }
    let scanning = world.lastScan.filter { $0.value + question.proxy.settling > world.now }.keys
      .map { world.stations[$0] }
    if scanning.isEmpty { return true }
    let share = gateway.shareSlot(of: frame.source)
    if !scanning.contains(where: { gateway.shareSlot(of: $0.linkLayerAddress) == share }) {
      return true
    }
    let word = words[TargetKey(gateway: gateway.number, target: question.target)]
    let isKnown = word?.firstHand.map { $0 + timers.ttl > world.now } ?? false
    return isKnown && gateway.limits.advertisementsPerSecond ?? .max > 10_000
      && !question.coverage.isAuto && gateway.forgot < world.now - timers.ttl
  }

  /// Who asks whom for what, and what the rules say of it.
  private struct Inquiry {
    let target: IPv6Address
    let asker: IPv6Address
    let gateway: Gateway
    let interface: Interface
    let proxy: Ruleset.Proxy
    let coverage: Coverage

    var place: TargetKey {
      TargetKey(gateway: gateway.number, interface: interface.name, target: target)
    }

    /// Whether the gateway may answer at all, and has been as it is since some time.
    func isAnswerable(since settled: Instant) -> Bool {
      !target.isNobodys && target.bits >> 32 != 0 && !interface.isOwnerOracle(of: target)
        && !coverage.methods.isEmpty && gateway.disturbed <= settled && interface.isUp
        && !interface.sources(of: target, to: asker, proxy).isEmpty
    }

    /// The links on which the gateway asks for the target now.
    func linksAsked(now: Instant) -> [Int] {
      let able = gateway.attachments.filter { $0.isUp && !$0.interface.usable.isEmpty }
        .compactMap(\.link)
      return gateway.linksAsked(for: target, proxy, coverage, since: now).filter(able.contains)
    }
  }

  /// Whether a question is to be answered by what the gateway itself can find out.
  private func mustAnswer(_ question: Inquiry, since settled: Instant) -> Bool {
    guard question.isAnswerable(since: settled) else { return false }
    let (gateway, coverage, target) = (question.gateway, question.coverage, question.target)
    if coverage.isStatic || gateway.hasUsable(target) { return true }
    if coverage.isAuto, gateway.routeProves(target, proxy: question.proxy, since: world.now) {
      return true
    }
    if isUpstream(question) { return false }
    return question.linksAsked(now: world.now).contains {
      world.truth.stableSince(target, on: $0).map { $0 <= settled } ?? false
    }
  }

  /// Whether a question is to be answered by what another gateway has to find out.
  ///
  /// That must be quick enough: an asker that has given up by then does not ask for `deadtime`.
  private func mustAnswerSecondHand(_ question: Inquiry, since settled: Instant) -> Bool {
    guard question.isAnswerable(since: settled), !question.coverage.isAuto,
      world.lastScan.isEmpty, !isUpstream(question)
    else { return false }
    let links = question.linksAsked(now: world.now)
    let timers = question.proxy.timers
    return world.gateways.contains { other in
      guard other.number != question.gateway.number else { return false }
      return other.attachments.contains { attachment in
        guard attachment.isUp, attachment.link.map(links.contains) == true,
          let proxy = other.proxy(on: attachment.interface.name),
          let coverage = Coverage(of: question.target, by: proxy),
          let asker = question.gateway.address(on: attachment.link)
        else { return false }
        let next = Inquiry(
          target: question.target, asker: asker, gateway: other,
          interface: attachment.interface, proxy: proxy, coverage: coverage)
        return proxy.timers.timeout + slack * 2
          < timers.timeout * timers.solicitations && mustAnswer(next, since: settled)
      }
    }
  }

  /// Whether the target is, or was lately, on the link of the question, and the kernel may know it.
  private func isUpstream(_ question: Inquiry) -> Bool {
    let key = KernelNeighbors.Key(interface: question.interface.index, target: question.target)
    if question.gateway.kernel?[key]?.neighbor?.linkLayerAddress != nil { return true }
    guard let link = question.gateway.attachment(question.interface.index)?.link,
      let last = world.truth.lastAlive(question.target, on: link, now: world.now)
    else { return false }
    let recent = world.now - .seconds(60)
    return last > recent
      && question.gateway.mayHold(question.target, on: question.interface, since: recent)
  }

  func meetObligations(_ place: TargetKey, asker: IPv6Address) {
    for number in openObligations
    where obligations[number].place == place && obligations[number].asker == asker {
      obligations[number].isMet = true
    }
  }

  func judgeObligation(_ number: Int) {
    let obligation = obligations[number]
    openObligations.removeAll { $0 == number }
    let gateway = world.gateways[obligation.place.gateway]
    guard let interface = gateway.attachment(named: obligation.place.interface)?.interface,
      let proxy = gateway.proxy(on: interface.name),
      let coverage = Coverage(of: obligation.place.target, by: proxy)
    else { return }
    let question = Inquiry(
      target: obligation.place.target, asker: obligation.asker, gateway: gateway,
      interface: interface, proxy: proxy, coverage: coverage)
    let isOwed =
      obligation.isSecondHand
      ? mustAnswerSecondHand(question, since: obligation.settled)
      : mustAnswer(question, since: obligation.settled)
    if isOwed { judge(obligation, at: gateway) }
  }

  /// The most that loss explains: the gateway's question was lost, or the answer to it.
  ///
  /// A known target is answered for at once, unless all questions were lost with which the gateway
  /// made sure of it for another reason.
  private func unmetProbability(
    of obligation: Obligation, at gateway: Gateway, loss: Double
  ) -> Double {
    let missed = 1 - (1 - loss) * (1 - loss)
    let timers = gateway.proxy(on: obligation.place.interface)!.timers
    return obligation.isKnown
      ? (0..<timers.solicitations).reduce(1) { product, _ in product * missed } : missed
  }

  private func judge(_ obligation: Obligation, at gateway: Gateway) {
    let loss = world.links.map(\.loss).max()!
    guard loss > 0 else {
      world.figures.obligations += 1
      if obligation.isSecondHand { world.figures.secondHandObligations += 1 }
      return require(
        obligation.isMet, .liveness,
        """
        \(obligation.asker) asked \(gateway.name) for \(obligation.place.target) at \
        \(obligation.asked.seconds), and was not answered
        """)
    }
    if obligation.isSecondHand { return }
    world.figures.lossyObligations += 1
    world.figures.expectedUnmet += unmetProbability(of: obligation, at: gateway, loss: loss)
    if !obligation.isMet { world.figures.unmetLossyObligations += 1 }
  }
}

extension Ruleset.Proxy {
  /// How long it takes until what was is forgotten: a train of solicitations, and `deadtime`.
  fileprivate var settling: Duration {
    timers.timeout * (timers.solicitations + 2) + timers.deadtime + .seconds(1)
  }
}

extension Gateway {
  /// The address from which it asks on a link.
  fileprivate func address(on link: Int?) -> IPv6Address? {
    attachments.first { $0.link == link && $0.isUp }?.interface.usable.first(where: \.isLinkLocal)
  }

  /// Which share of a limit a station has (`FairTokenBucket`), the finalizer of SplitMix64.
  fileprivate func shareSlot(of station: MACAddress) -> UInt64 {
    var value = station.bits ^ seed
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return (value ^ value >> 31) % 64
  }
}
