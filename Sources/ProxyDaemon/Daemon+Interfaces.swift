import LinuxNet
import ProxyEngine

// Interfaces come, change and go.

extension Daemon {
  func warnSparingly(_ text: String) {
    guard let suppressed = warnings.pass(now: now) else { return }
    logger.warning("\(text)\(suppressed == 0 ? "" : " (and \(suppressed) more like it)")")
  }

  func takeHostChanges() throws(SystemError) {
    var linksChanged = false
    do {
      try monitor.receive { change in
        take(change)
        linksChanged = true
      }
    } catch {
      guard error.isOverrun else { throw error }
      logger.notice("more changes of interfaces than netlink could hold; reading them anew")
      resynchronize()
    }
    performActions()
    if linksChanged { reviewPorts() }
  }

  private func take(_ change: HostChange) {
    guard let event = host.apply(change) else { return }
    if case .addressRemoved(let address) = change, !host.hasAddresses(address.index) {
      // Perhaps it has lost IPv6 itself, and its groups with it: an MTU below 1280 does that.
      port(on: InterfaceIndex(address.index))?.forgetGroups()
    }
    engine.handle(event, now: now, into: &actions)
    if case .interfaceRemoved(let index) = event { closePorts { $0.index == index } }
  }

  /// Reads the host's interfaces as they are now, or tries again in a second.
  ///
  /// An interface may have been away and come back unseen, and a socket on it would be deaf: all
  /// are opened anew.
  func resynchronize() {
    mustResynchronize = false
    do {
      let newer = try HostTable(readFrom: monitor)
      for event in host.events(towards: newer) + [.routesChanged] {
        engine.handle(event, now: now, into: &actions)
      }
      host = newer
      closePorts { _ in true }
      reviewPorts()
    } catch {
      logger.error("cannot read the interfaces: \(error); trying again in a second")
      mustResynchronize = true
      retry = now + .seconds(1)
    }
  }

  /// Opens the sockets that can be opened, closes those without an interface, and says what is
  /// different from before.
  func reviewPorts() {
    for name in plan.names {
      var condition = plan.condition(of: name, in: host)
      let link = host.link(named: name)
      // A port keeps to its interface when that is renamed, but its rules do not.
      let usable = condition.allowsSocket ? link.map { InterfaceIndex($0.index) } : nil
      closePorts { ($0.name == name) != ($0.index == usable) }
      if condition.allowsSocket, let link, let purpose = plan.purpose(of: name) {
        do {
          try joinGroups(on: open(link, purpose))
        } catch {
          condition = .failing("\(error)")
          retry = now + .seconds(1)
        }
      }
      report(condition, of: name)
    }
  }

  private func report(_ condition: PortPlan.Condition, of name: String) {
    guard conditions.updateValue(condition, forKey: name) != condition else { return }
    defer { tellManager() }
    switch condition {
    case .usable: logger.info("\(condition.sentence(about: name))")
    case .missing, .unmatched, .down: logger.warning("\(condition.sentence(about: name))")
    case .enslaved, .notEthernet, .noNeighbors, .failing:
      logger.error("\(condition.sentence(about: name))")
    }
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
    guard outcome.isMemoryShort else { return logger.debug("\(sentence)\(reason)") }
    logger.warning(
      """
      \(sentence), so that switches with MLD snooping may not bring their solicitations; raise \
      the sysctl net.core.optmem_max and restart\(reason)
      """)
  }

  private func open(_ link: Link, _ purpose: Port.Purpose) throws(SystemError) -> Port {
    let index = InterfaceIndex(link.index)
    if let port = port(on: index) { return port }
    let port = try Port(index: index, name: link.name, purpose: purpose, from: sockets)
    try poll.watch(port.socket, token: Token.port(index))
    ports.append(port)
    return port
  }

  /// Closes the ports that no rule needs any more, and has the others listen for what rules need.
  func changePorts() {
    closePorts { plan.purpose(of: $0.name) == nil && !plan.asksAnywhere }
    for port in ports {
      do {
        try port.change(
          to: plan.purpose(of: port.name) ?? plan.askingPurpose, or: plan.askingPurpose)
      } catch {
        // It is opened anew below, or when netlink says that it can be.
        logger.debug("\(port.name): \(error)")
        closePorts { $0 === port }
      }
    }
    conditions = conditions.filter { plan.purpose(of: $0.key) != nil }
    reviewPorts()
  }

  /// The port on which to ask, opened if a route has just named its interface.
  func port(askingOn index: InterfaceIndex) -> Port? {
    guard let link = host.links[index.rawValue], link.master == nil else { return nil }
    do {
      let port = try open(link, plan.askingPurpose)
      try port.add(plan.askingPurpose)
      return port
    } catch {
      // It may have gone a moment ago: then netlink is about to say so.
      warnSparingly("\(link.name): \(error)")
      return nil
    }
  }

  func sentence(about route: Route) -> String {
    switch route {
    case .onLink(let index): "on-link, on \(name(of: index))"
    case .gateway(let index): "through a router on \(name(of: index))"
    case .local: "this host"
    case .unreachable: "none"
    }
  }

  func name(of index: InterfaceIndex) -> String {
    host.links[index.rawValue]?.name ?? "interface \(index.rawValue)"
  }
}
