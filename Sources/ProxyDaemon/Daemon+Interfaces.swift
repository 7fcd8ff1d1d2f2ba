import ControlProtocol
import Inspection
import LinuxNet
import ProxyEngine
import ProxyModel

// Interfaces come, change and go. One change costs the same however many there are.

extension Daemon {
  func warnSparingly(_ text: String) {
    guard let suppressed = warnings.pass(now: now) else { return }
    log.warning("\(text)\(suppressed == 0 ? "" : " (and \(suppressed) more like it)")")
  }

  func takeHostChanges() throws(SystemError) {
    do {
      try monitor.receive { take($0) }
    } catch {
      guard error.isOverrun else { throw error }
      log.notice("more changes of interfaces than netlink could hold; reading them anew")
      resynchronize()
    }
    performActions()
  }

  private func take(_ change: HostChange) {
    let before = host.links[change.index]
    guard let event = host.apply(change) else { return }
    engine.handle(event, now: now, into: &actions)
    switch change {
    case .link, .linkRemoved:
      if case .linkRemoved = change { closePorts { $0.index.rawValue == change.index } }
      review(before, now: host.links[change.index])
    case .address, .addressRemoved:
      guard let port = port(on: InterfaceIndex(change.index)) else { return }
      // Perhaps it has lost IPv6 itself, and its groups with it: an MTU below 1280 does that.
      if !host.hasAddresses(change.index) { port.forgetGroups() }
      joinGroups(on: port)
    }
  }

  /// Reads the host's interfaces as they are now, or tries again in a second.
  func resynchronize() {
    mustResynchronize = false
    do {
      let newer = try HostTable(readFrom: monitor)
      engine.handle(newer.event, now: now, into: &actions)
      engine.handle(.routesChanged, now: now, into: &actions)
      host = newer
      // An interface may have been away and come back unseen, and a socket on it would be deaf.
      closePorts { !$0.socket.isAttached }
      reviewAll()
      introduceRouters()
      performActions()
    } catch {
      log.error("cannot read the interfaces: \(error); trying again in a second")
      mustResynchronize = true
      retry = now + .seconds(1)
    }
  }
}

// MARK: - Names

extension Daemon {
  /// Looks anew at every name that the rules use.
  func reviewAll() {
    patternConditions = [:]
    for pattern in plan.patterns {
      var conditions = PatternConditions()
      for link in host.links(matching: pattern) {
        conditions.set(link.index, to: plan.condition(of: link, as: pattern.text, in: host))
      }
      patternConditions[pattern.text] = conditions
    }
    for name in plan.names { review(name) }
  }

  /// Looks anew at the names that mean an interface, or meant it before it changed.
  private func review(_ before: Link?, now link: Link?) {
    guard let index = (link ?? before)?.index else { return }
    let oldNames = before.map { plan.names(meaning: $0) } ?? []
    let names = link.map { plan.names(meaning: $0) } ?? []
    for name in oldNames + names.filter({ !oldNames.contains($0) }) {
      if patternConditions[name] != nil {
        let condition = link.map { plan.condition(of: $0, as: name, in: host) }
        patternConditions[name]?.set(index, to: names.contains(name) ? condition : nil)
      }
      review(name)
    }
  }

  /// Looks anew at the names that could not be used for a reason that passes.
  func reviewFailing() {
    for name in plan.names {
      if case .failing = conditions[name] { review(name) }
    }
  }

  /// Opens the sockets that a name needs, closes those whose interface is another one by now, and
  /// says what is different from before.
  private func review(_ name: String) {
    if let pattern = patternConditions[name] { return report(pattern.summary, of: name) }
    var condition = plan.condition(of: name, in: host)
    if let purpose = plan.purpose(of: name) {
      let link = host.link(named: name)
      let usable = condition.allowsSocket ? link.map { InterfaceIndex($0.index) } : nil
      closePorts { $0.name == name && $0.index != usable }
      if let usable { condition = attach(name, to: usable, purpose) ?? condition }
    }
    report(condition, of: name)
  }

  /// Opens a port unless it is open; returns what stands in the way.
  private func attach(
    _ name: String, to index: InterfaceIndex, _ purpose: PortPlan.Purpose
  ) -> PortPlan.Condition? {
    if let port = port(on: index) {
      guard port.name == name else { return .taken(port.name) }
      joinGroups(on: port)
      return nil
    }
    do {
      let port = try Port(
        name: name, index: index, purpose: purpose, filter: plan.filter(of: name))
      try poll.watch(port.socket, token: Token.port(index))
      ports.append(port)
      joinGroups(on: port)
      return nil
    } catch {
      retry = now + .seconds(1)
      return .failing("\(error)")
    }
  }

  /// Says how things are where that is another way than before.
  ///
  /// That it is well again is as important as that it was not.
  private func report(_ condition: PortPlan.Condition, of name: String) {
    guard let before = conditions.updateValue(condition, forKey: name) else {
      return log(condition, of: name, asNotice: false)
    }
    guard before != condition else { return }
    log(condition, of: name, asNotice: true)
    tellManager()
  }

  private func log(_ condition: PortPlan.Condition, of name: String, asNotice isNotice: Bool) {
    switch condition {
    case .usable where isNotice: log.notice("\(name): ready again")
    case .usable: log.info("\(condition.sentence(about: name))")
    case .missing, .unmatched, .down: log.warning("\(condition.sentence(about: name))")
    case .enslaved, .notEthernet, .noNeighbors, .failing, .taken:
      log.error("\(condition.sentence(about: name))")
    }
  }
}

// MARK: - Ports

extension Daemon {
  /// The names and patterns of the configuration by which interfaces can be used now, the first of
  /// them.
  var servedNames: [String] {
    let served = plan.names.lazy.filter { [conditions] in conditions[$0] == .usable }
    return Array(served.prefix(ControlSocket.pageLength))
  }

  func port(on index: InterfaceIndex) -> Port? {
    for port in ports where port.index == index { return port }
    return nil
  }

  private func closePorts(where isOver: (Port) -> Bool) {
    for port in ports where isOver(port) {
      countLosses(of: port)
      closedUnsentCount += port.sender.unsentCount
      poll.forget(port.socket)
    }
    ports.removeAll(where: isOver)
  }

  /// Has switches that snoop on MLD bring us the solicitations for targets of narrow rules.
  ///
  /// An interface may not be ready for it yet: then it is tried again with its next change.
  private func joinGroups(on port: Port) {
    guard let outcome = port.joinGroups(), outcome.refusedCount > 0 else { return }
    let sentence = "\(port.name): \(outcome.refusedCount) multicast groups cannot be joined"
    let reason = outcome.firstError.map { ": \($0)" } ?? ""
    guard outcome.isMemoryShort else { return log.debug("\(sentence)\(reason)") }
    log.warning(
      """
      \(sentence), so that switches with MLD snooping may not bring their solicitations; raise \
      the sysctl net.core.optmem_max and restart\(reason)
      """)
  }

  /// Closes the ports that no rule needs any more, and has the others listen for what rules need.
  func changePorts() {
    closePorts { plan.purpose(of: $0.name) == nil }
    for port in ports {
      guard let purpose = plan.purpose(of: port.name) else { continue }
      do {
        try port.change(to: purpose, filter: plan.filter(of: port.name))
      } catch {
        // It is opened anew below, or when netlink says that it can be.
        log.debug("\(port.name): \(error)")
        closePorts { $0 === port }
      }
    }
    do {
      try ruleLinks.listen(plan.asks)
    } catch {
      log.error("cannot listen to answers of targets: \(error)")
    }
    conditions = conditions.filter { plan.names.contains($0.key) }
    reviewAll()
  }

  func sentence(about route: Route) -> String {
    switch route {
    case .onLink(let index): "on-link, on \(name(of: index))"
    case .gateway(let index): "through a router on \(name(of: index))"
    case .local: "this host"
    case .anycast: "this host, as the router of a link"
    case .unreachable: "none"
    }
  }

  func name(of index: InterfaceIndex) -> String {
    host.links[index.rawValue]?.name ?? "interface \(index.rawValue)"
  }
}

extension HostChange {
  /// The interface that it is about.
  fileprivate var index: Int32 {
    switch self {
    case .link(let link): link.index
    case .linkRemoved(let index): index
    case .address(let address), .addressRemoved(let address): address.index
    }
  }
}
