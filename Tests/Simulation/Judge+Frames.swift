import FrameFuzzing
import NDPWire
import ProxyEngine
import ProxyModel

// What gateways send: its form, and whether they may.

extension Judge {
  /// Sees one frame that a gateway is about to send.
  func see(_ octets: [UInt8], on index: InterfaceIndex, from gateway: Gateway) {
    guard let attachment = gateway.attachment(index), attachment.isUp else {
      return fail(.interface, "\(gateway.name) sends on \(index), which is not there")
    }
    let interface = attachment.interface
    do throws(DropReason) {
      switch try NeighborDiscoveryFrame(decoding: octets.span.bytes) {
      case .solicitation(let frame):
        require(frame.octets == octets, .form, "does not re-serialise")
        checkStation(frame.source, frame.message.sourceLinkLayerAddress, on: interface)
        checkSolicitation(frame, on: interface, from: gateway)
      case .advertisement(let frame):
        require(frame.octets == octets, .form, "does not re-serialise")
        checkStation(frame.source, frame.message.targetLinkLayerAddress, on: interface)
        checkAdvertisement(frame, on: interface, from: gateway)
      }
    } catch {
      fail(.form, "does not parse: \(error)")
    }
  }

  private func checkStation(
    _ source: MACAddress, _ option: MACAddress?, on interface: Interface
  ) {
    require(
      source == interface.linkLayerAddress, .form, "from \(source), which is not \(interface.name)")
    require(
      option == interface.linkLayerAddress, .form,
      "names \(option.map(\.description) ?? "nobody"), which is not \(interface.name)")
  }

  // MARK: - Advertisements

  private func checkAdvertisement(
    _ frame: EthernetFrame<NeighborAdvertisement>, on interface: Interface, from gateway: Gateway
  ) {
    let message = frame.message
    guard let proxy = gateway.proxy(on: interface.name) else {
      return fail(.coverage, "an answer on \(interface.name), which has no rules")
    }
    checkForm(of: frame, proxy: proxy, on: interface)
    checkIntegrity(of: frame.message.target, on: interface, at: gateway)
    checkAnswer(frame, on: interface, from: gateway)
    let target = message.target
    if interface.isOwnerOracle(of: target) || target.isNobodys {
      return fail(.coverage, "an answer for \(target), which is not to be proxied")
    }
    guard let coverage = Coverage(of: target, by: proxy), !coverage.methods.isEmpty else {
      return fail(.coverage, "an answer for \(target), which no rule covers")
    }
    if message.destination == .allNodes {
      checkDefence(of: target, coverage, proxy, on: interface, from: gateway)
    } else {
      checkEvidence(for: target, coverage, proxy, from: gateway)
    }
    let count = windows[gateway.number].advertisements.add(world.now)
    require(
      count <= gateway.limits.advertisementsPerSecond ?? .max, .limits,
      "\(count) advertisements in 1 s")
  }

  private func checkForm(
    of frame: EthernetFrame<NeighborAdvertisement>, proxy: Ruleset.Proxy, on interface: Interface
  ) {
    let message = frame.message
    let isToAll = message.destination == .allNodes
    require(message.isRouter == proxy.isRouter, .form, "the R flag is \(message.isRouter)")
    require(message.isOverride == proxy.isOverride, .form, "the O flag is \(message.isOverride)")
    require(message.isSolicited != isToAll, .form, "the S flag is \(message.isSolicited)")
    require(!message.destination.isUnspecified, .form, "to ::")
    require(isToAll || !message.destination.isMulticast, .form, "to a group")
    require(isToAll == (frame.destination == .allNodes), .form, "at \(frame.destination)")
    require(
      interface.sources(of: message.target, to: message.destination, proxy).contains(
        message.source), .form, "from \(message.source)")
  }

  /// An answer is to who asked, and no question has two.
  private func checkAnswer(
    _ frame: EthernetFrame<NeighborAdvertisement>, on interface: Interface, from gateway: Gateway
  ) {
    let message = frame.message
    let isToAll = message.destination == .allNodes
    let place = TargetKey(
      gateway: gateway.number, interface: interface.name, target: message.target)
    let asker = isToAll ? IPv6Address.unspecified : message.destination
    let key = QuestionKey(place: place, asker: asker)
    guard var question = questions[key] else {
      return fail(.answersOnly, "\(asker) never asked for \(message.target)")
    }
    question.answers += 1
    require(
      question.answers <= question.count, .answersOnly,
      "\(asker) asked \(question.count) times for \(message.target)")
    require(
      isToAll || question.stations.contains(frame.destination), .answersOnly,
      "nobody asked from \(frame.destination)")
    questions[key] = question
    meetObligations(place, asker: asker)
    let wait = TargetKey(gateway: gateway.number, target: message.target)
    if waits[wait]?.asker == asker { waits[wait] = nil }
    if isToAll { world.figures.defences += 1 }
    advertisedInStep[message.target, default: 0] += 1
    require(
      advertisedInStep[message.target]! <= gateway.limits.askersPerSession, .limits,
      "\(advertisedInStep[message.target]!) askers were waiting")
  }

  private func checkDefence(
    of target: IPv6Address, _ coverage: Coverage, _ proxy: Ruleset.Proxy, on interface: Interface,
    from gateway: Gateway
  ) {
    let isIgnored = proxy.duplicateDetection == .ignore
    require(!isIgnored, .duplicateDetection, "defends \(target) though told to ignore")
    if gateway.hasUsable(target) { return }
    if coverage.isStatic {
      let mayDefend = coverage.length == 128 || proxy.duplicateDetection == .defend
      return require(
        mayDefend, .duplicateDetection, "a wide static rule defends \(target)")
    }
    let window = Duration.milliseconds(700)
    let place = TargetKey(gateway: gateway.number, interface: interface.name, target: target)
    let heard = [
      words[TargetKey(gateway: gateway.number, target: target)]?.firstHand,
      words[TargetKey(gateway: gateway.number, target: target)]?.secondHand,
    ].compactMap(\.self).max()
    require(
      heard.map { $0 + window > world.now } ?? false, .duplicateDetection,
      "nobody has just confirmed \(target)")
    require(
      detections[place].map { $0 + window >= world.now } ?? false, .duplicateDetection,
      "too late for who wants \(target)")
  }

  // MARK: - Solicitations

  private func checkSolicitation(
    _ frame: EthernetFrame<NeighborSolicitation>, on interface: Interface, from gateway: Gateway
  ) {
    let message = frame.message
    let target = message.target
    require(
      gateway.mayAsk(from: message.source, on: interface), .form, "asks from \(message.source)")
    let isToGroup = message.destination == target.solicitedNodeMulticast
    require(isToGroup || message.destination == target, .form, "asks \(message.destination)")
    require(
      isToGroup == (frame.destination == MACAddress(multicast: target.solicitedNodeMulticast))
        && isToGroup == frame.destination.isMulticast,
      .form, "asks at \(frame.destination)")
    require(
      mayAsk(for: target, on: interface, from: gateway), .direction,
      "no rule lets \(gateway.name) ask for \(target) on \(interface.name)")
    checkEconomy(of: target, on: interface, from: gateway)
    let station = isToGroup ? nil : frame.destination
    checkRate(of: target, askedAt: station, on: interface, from: gateway)
  }

  /// Whether a rule of a proxy elsewhere lets this interface be asked.
  private func mayAsk(
    for target: IPv6Address, on interface: Interface, from gateway: Gateway
  ) -> Bool {
    gateway.ruleset.proxies.contains { proxy in
      guard let coverage = Coverage(of: target, by: proxy) else { return false }
      let recent = world.now - (gateway.belief * 2 + proxy.timers.deadtime + .seconds(10))
      // Where the question came from only what the kernel holds to be there.
      if proxy.interface == interface.name {
        let key = TargetKey(gateway: gateway.number, interface: interface.name, target: target)
        return held.contains(key) || gateway.mayHold(target, on: interface, since: recent)
      }
      return coverage.names(interface.name)
        || coverage.isAuto
          && gateway.tables(since: recent).contains {
            $0.way(to: target) == .onLink(interface.name)
          }
    }
  }

  /// Whether the gateway's kernel holds a target to be another station than the one that is asked.
  ///
  /// Forged frames can do that; its news then give reason to ask for as long as it does.
  private func isMisled(
    _ gateway: Gateway, about target: IPv6Address, on interface: Interface, at station: MACAddress?
  ) -> Bool {
    let key = KernelNeighbors.Key(interface: interface.index, target: target)
    guard let place = gateway.kernel?[key]?.neighbor?.linkLayerAddress else { return false }
    return place != station
  }

  private func checkRate(
    of target: IPv6Address, askedAt station: MACAddress?, on interface: Interface,
    from gateway: Gateway
  ) {
    let key = TargetKey(gateway: gateway.number, interface: interface.name, target: target)
    let now = world.now
    let pause = gateway.ruleset.proxies.map(\.timers.timeout).min()!
    let evicted = gateway.engine.counters.sessionsEvicted
    if let last = asked[key], last.at >= gateway.forgot, last.evicted == evicted {
      require(
        last.at + pause <= now, .spacing,
        "asks for \(target) on \(interface.name) again after \(now.since(last.at))")
    }
    asked[key] = Asked(at: now, evicted: evicted, station: station)
    // On however many interfaces, it is one question.
    let question = TargetKey(gateway: gateway.number, target: target)
    if station == nil, questioned[question] != now {
      questioned[question] = now
      let count = windows[gateway.number].strangers.add(now)
      require(
        count <= gateway.limits.solicitationsPerSecond, .limits,
        "\(count) solicitations by multicast in 1 s")
    }
    guard let silence, now > silence,
      !isMisled(gateway, about: target, on: interface, at: station)
    else { return }
    askedInSilence[key, default: 0] += 1
    let most = gateway.ruleset.proxies.map { 3 * $0.timers.solicitations }.max()!
    require(
      askedInSilence[key]! <= most * world.gateways.count, .quiet,
      "asks for \(target) \(askedInSilence[key]!) times though nobody wants to know")
  }
}

extension Instant {
  /// The time since an earlier instant.
  func since(_ earlier: Instant) -> Duration {
    .nanoseconds(Int64(nanoseconds - earlier.nanoseconds))
  }
}

extension IPv6Address {
  /// Whether no proxy may ever answer for it.
  var isNobodys: Bool {
    isLinkLocal || isMulticast || isLoopback || isUnspecified || isIPv4Mapped
  }
}

extension Interface {
  /// Whether the kernel speaks for the target here: each address and each anycast address.
  func isOwnerOracle(of target: IPv6Address) -> Bool {
    addresses.contains {
      let prefix = IPv6Prefix($0.address, length: $0.prefix.length)
      return $0.address == target || prefix.length < 127 && prefix.address == target
    }
  }
}

extension Interface {
  /// Its addresses that may be used.
  var usable: [IPv6Address] { addresses.filter { $0.state != .tentative }.map(\.address) }

  /// The addresses from which a proxy may advertise a target to somebody (RFC 4861 §4.4).
  func sources(
    of target: IPv6Address, to peer: IPv6Address, _ proxy: Ruleset.Proxy
  ) -> [IPv6Address] {
    switch proxy.source {
    case .auto:
      let isOnLinkOnly = peer.isLinkLocal || peer.isMulticast
      let inScope = usable.filter { $0.isLinkLocal == isOnLinkOnly }
      return inScope.isEmpty ? usable : inScope
    case .linkLocal: return usable.filter(\.isLinkLocal)
    case .global: return usable.filter { !$0.isLinkLocal }
    case .target: return [target]
    case .address(let address): return usable.filter { $0 == address }
    }
  }
}

extension Gateway {
  /// Whether an address may be the source of its questions on an interface.
  ///
  /// While that detects duplicates of all its addresses, a global one of another does.
  fileprivate func mayAsk(from source: IPv6Address, on interface: Interface) -> Bool {
    let isMute = !interface.addresses.isEmpty && interface.usable.isEmpty
    return interface.usable.contains(source)
      || isMute && !source.isLinkLocal && hasUsable(source)
  }

  /// Whether its kernel holds a target to be on the link of an interface, or has since some time.
  func mayHold(
    _ target: IPv6Address, on interface: Interface, since: Instant
  ) -> Bool {
    let key = KernelNeighbors.Key(interface: interface.index, target: target)
    return kernel?[key] != nil
      || tables(since: since).contains { $0.way(to: target) == .onLink(interface.name) }
  }

  /// Whether one of its interfaces has the address, and may use it.
  func hasUsable(_ address: IPv6Address) -> Bool {
    attachments.filter(\.exists).flatMap(\.interface.addresses).contains {
      $0.address == address && $0.state != .tentative
    }
  }
}
