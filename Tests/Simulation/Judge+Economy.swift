import NDPWire
import ProxyEngine
import ProxyModel

// Whether gateways take what they are told, and ask no more than they must.

extension Judge {
  func hear(
    _ frame: EthernetFrame<NeighborAdvertisement>, on index: InterfaceIndex, at gateway: Gateway
  ) {
    let message = frame.message
    guard let interface = gateway.attachment(index)?.interface else { return }
    let key = TargetKey(gateway: gateway.number, target: message.target)
    var word = words[key] ?? Word()
    defer { words[key] = word }
    let isToUs =
      interface.has(message.destination)
      || !message.destination.isLinkLocal && gateway.hasUsable(message.destination)
    // Nobody is at home where the only proxy is asked.
    let isUpstream = gateway.ruleset.proxies.count == 1 && gateway.proxy(on: interface.name) != nil
    guard message.isSolicited, isToUs, !isUpstream else { return word.doubted = world.now }
    let claimed = message.targetLinkLayerAddress
    // Whoever is asked by unicast leaves out where it is, and must not insist then.
    let isSame =
      word.stations.contains(frame.source) && (claimed == nil || claimed == frame.source)
    guard isSame || message.isOverride else {
      word.secondHand = world.now
      return word.doubted = world.now
    }
    let isOther = word.station != frame.source || word.interface != index
    if word.firstHand != nil, isOther { word.doubted = world.now }
    note(frame, on: interface, in: &word, isSame: isSame, at: gateway)
    word.firstHand = world.now
    word.station = claimed ?? frame.source
    word.stations.insert(claimed ?? frame.source)
    word.interface = index
  }

  /// Takes down whether a target answers the gateway's question by what it says.
  private func note(
    _ frame: EthernetFrame<NeighborAdvertisement>, on interface: Interface, in word: inout Word,
    isSame: Bool, at gateway: Gateway
  ) {
    let place = TargetKey(
      gateway: gateway.number, interface: interface.name, target: frame.message.target)
    guard let asked = asked[place], isUndisturbed(gateway, since: asked),
      hasSteadyRoute(frame.message.target, at: gateway, since: asked.at),
      word.answered.map({ $0 < asked.at }) ?? true, word.doubted < asked.at,
      asked.at + gateway.shortestRetransmission > world.now
    else { return }
    // What a kernel asked by unicast may be of no use to who asked by multicast.
    // Without the Override flag, that may be the word of another proxy.
    let isAnswer =
      asked.station.map { $0 == frame.source }
      ?? (frame.message.targetLinkLayerAddress != nil && frame.message.isOverride)
    guard isAnswer else { return }
    isAwaited = isSame && asked.station != nil && word.station == frame.source
    word.answered = world.now
    world.figures.renewals += 1
  }

  /// Whether what was found by way of a route need not be asked for again because that has changed.
  private func hasSteadyRoute(
    _ target: IPv6Address, at gateway: Gateway, since instant: Instant
  ) -> Bool {
    gateway.ruleset.proxies.allSatisfy { proxy in
      guard Coverage(of: target, by: proxy)?.isAuto == true else { return true }
      let changed = gateway.routes[gateway.routes.count - 1].since
      return changed == .start || changed + proxy.timers.ttl < instant
    }
  }

  /// Whether a gateway has forgotten nothing since it asked.
  private func isUndisturbed(_ gateway: Gateway, since asked: Asked) -> Bool {
    gateway.disturbed < asked.at && gateway.engine.counters.sessionsEvicted == asked.evicted
  }

  /// After each event: whether the engine took it if it was the answer to its question.
  func checkTaken(_ isTaken: Bool) {
    require(
      isTaken || !isAwaited || world.attacker != nil, .economy,
      "throws the answer to its own question away")
    isAwaited = false
  }

  /// Something was heard after which a target may be somewhere else, or has to be asked.
  func doubt(_ target: IPv6Address, at gateway: Gateway) {
    words[TargetKey(gateway: gateway.number, target: target)]?.doubted = world.now
  }

  // MARK: - The kernel

  /// The kernel's news of a target.
  func hear(
    _ entry: CachedNeighbor?, of target: IPv6Address, on index: InterfaceIndex, at gateway: Gateway
  ) {
    guard let word = words[TargetKey(gateway: gateway.number, target: target)] else { return }
    let isSame = entry?.linkLayerAddress == word.station && word.interface == index
    let isGood = entry?.state == .reachable || entry?.state == .stale
    if !isSame || !isGood { doubt(target, at: gateway) }
  }

  /// What the kernel says of a target when it is asked.
  func hear(
    _ entry: CachedNeighbor?, of target: IPv6Address, on index: InterfaceIndex,
    asked gateway: Gateway
  ) {
    let key = TargetKey(gateway: gateway.number, target: target)
    guard let entry, entry.state == .reachable, let word = words[key], word.interface == index,
      entry.linkLayerAddress == word.station
    else { return }
    words[key]!.vouched = world.now
  }

  // MARK: - Questions

  /// A target that has just answered, or for which the kernel has just vouched, is not asked.
  ///
  /// Where several proxies share a gateway each has its own times.
  func checkEconomy(of target: IPv6Address, on interface: Interface, from gateway: Gateway) {
    // An attacker gives reason to ask, and has kernels believe him.
    guard world.attacker == nil, gateway.ruleset.proxies.count == 1,
      gateway.proxy(on: interface.name) == nil,
      let word = words[TargetKey(gateway: gateway.number, target: target)],
      word.interface == interface.index
    else { return }
    let place = TargetKey(gateway: gateway.number, interface: interface.name, target: target)
    let timers = gateway.ruleset.proxies[0].timers
    if word.vouched == world.now, word.doubted + .seconds(10) < world.now {
      fail(.economy, "asks for \(target), though the kernel has just vouched for it")
    }
    guard let answered = word.answered, let asked = asked[place],
      isUndisturbed(gateway, since: asked), word.doubted < asked.at, asked.at < answered,
      hasSteadyRoute(target, at: gateway, since: asked.at)
    else { return }
    let spread = min(timers.ttl / 8, timers.timeout)
    require(
      answered + (timers.ttl - spread) <= world.now, .economy,
      "asks for \(target) again \(world.now.since(answered)) after it answered")
  }
}

extension Gateway {
  /// The shortest RetransTimer of its proxies.
  var shortestRetransmission: Duration {
    ruleset.proxies.map(\.timers.timeout).min()!
  }
}

extension Interface {
  /// Whether one of its addresses is this, tentative or not.
  func has(_ address: IPv6Address) -> Bool { addresses.contains { $0.address == address } }
}
