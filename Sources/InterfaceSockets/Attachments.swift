import DaemonLog
import EventLoop
package import Inspection
package import LinuxNet
package import ProxyEngine
package import ProxyModel

/// Keeps to the interfaces that the rules name, as they come, change and go.
///
/// One change costs the same however many interfaces there are. For an exact name there is one
/// `Attachment`, for a pattern the conditions of all that match.
package final class Attachments: Timed {
  /// What the rules want of interfaces.
  package private(set) var plan: InterfacePlan
  /// How things are with each name and pattern, as far as that has been told.
  package private(set) var conditions: [String: InterfaceCondition] = [:]
  private var nextAttempt: Instant?
  private var attachments: [String: Attachment] = [:]
  private var patterns: [String: PatternConditions] = [:]
  private var mustResynchronize = false
  private let host: Host
  private let ports: Ports
  private let news: any InterfaceNews
  private let listener: any EventListener
  /// Called when all interfaces have been read anew.
  package var whenRead: () -> Void = {}
  /// Called for each change of this host's interfaces, and with `nil` when all have been read.
  package var whenHeard: (HostChange?) -> Void = { _ in }
  /// Whether a proxy answers nothing for now, because its conditions are not met.
  package var isStandingBy: (String) -> Bool = { _ in false }
  /// Called when some name can be used, or cannot, that could not, or could.
  package var whenChanged: () -> Void = {}
  private var log: Log { ports.log }

  package init(
    _ plan: InterfacePlan, host: Host, ports: Ports, news: any InterfaceNews,
    listener: any EventListener
  ) {
    self.plan = plan
    self.host = host
    self.ports = ports
    self.news = news
    self.listener = listener
  }

  /// Follows the kernel's news from now on, and goes by how things are.
  package func start() throws(SystemError) {
    try ports.loop.watch(
      DescriptorSource(news) { [owner = Unowned(self)] _ throws(SystemError) in
        try owner.object.takeNews()
      })
    makeAttachments()
    resynchronize()
  }

  /// When to try again what could not be done.
  package var nextDeadline: Instant? { nextAttempt }

  /// Tries again what could not be done.
  package func handleTimeout(now: Instant) {
    nextAttempt = nil
    guard !mustResynchronize else { return resynchronize() }
    for name in plan.names where attachments[name]?.isFailing == true { update(name) }
  }

  /// Goes by other rules from now on; what both want of an interface is wanted throughout.
  package func change(to newPlan: InterfacePlan) {
    plan = newPlan
    for (name, attachment) in attachments {
      attachment.change(to: plan.purpose(of: name), filter: plan.filter(of: name))
    }
    let names = Set(plan.names)
    conditions = conditions.filter { names.contains($0.key) }
    makeAttachments()
    updateAll()
  }

  private func makeAttachments() {
    let patternNames = Set(plan.patterns.map { $0.text })
    let former = attachments
    attachments = [:]
    for name in plan.names where !patternNames.contains(name) {
      attachments[name] = former[name] ?? Attachment(name: name, ports: ports)
    }
  }
}

// MARK: - News

extension Attachments {
  private func takeNews() throws(SystemError) {
    do {
      _ = try news.receive { take($0) }
    } catch {
      guard error.isOverrun else { throw error }
      log.notice("more changes of interfaces than netlink could hold; reading all interfaces again")
      resynchronize()
    }
    listener.settle()
  }

  private func take(_ change: HostChange) {
    let before = host.table.links[change.index]
    guard let event = host.table.apply(change) else { return }
    listener.take(event)
    whenHeard(change)
    switch change {
    case .link: update(before, now: host.table.links[change.index])
    case .linkRemoved(let index):
      if let port = ports[InterfaceIndex(index)] { attachments[port.name]?.leave() }
      update(before, now: nil)
    case .address, .addressRemoved:
      guard let port = ports[InterfaceIndex(change.index)] else { return }
      // Perhaps it has lost IPv6 itself, and its groups with it: an MTU below 1280 does that.
      if !host.table.hasAddresses(change.index) { port.forgetGroups() }
      port.joinGroups(log: log)
    }
  }

  /// Reads the host's interfaces as they are now, or tries again in a second.
  private func resynchronize() {
    mustResynchronize = false
    do {
      let newer = try news.readTable()
      listener.take(newer.event)
      listener.take(.routesChanged)
      host.table = newer
      // An interface may have been away and come back unseen, and a socket on it would be deaf.
      for attachment in attachments.values where attachment.port?.receiver.isAttached == false {
        attachment.leave()
      }
      updateAll()
      whenRead()
      whenHeard(nil)
      listener.settle()
    } catch {
      log.error("cannot read the interfaces: \(error); trying again in a second")
      mustResynchronize = true
      nextAttempt = ports.loop.now + .seconds(1)
    }
  }
}

// MARK: - Names

extension Attachments {
  private func updateAll() {
    patterns = [:]
    for pattern in plan.patterns {
      var conditions = PatternConditions()
      for link in host.table.links(matching: pattern) {
        conditions.set(link.index, to: plan.condition(of: link, as: pattern.text, in: host.table))
      }
      patterns[pattern.text] = conditions
    }
    update(plan.names)
  }

  /// Looks anew at the names that mean an interface, or meant it before it changed.
  private func update(_ before: Link?, now link: Link?) {
    guard let index = (link ?? before)?.index else { return }
    let oldNames = before.map { plan.names(meaning: $0) } ?? []
    let names = link.map { plan.names(meaning: $0) } ?? []
    let all = oldNames + names.filter { !oldNames.contains($0) }
    for name in all where patterns[name] != nil {
      let condition = link.map { plan.condition(of: $0, as: name, in: host.table) }
      patterns[name]?.set(index, to: names.contains(name) ? condition : nil)
    }
    update(all)
  }

  /// Looks anew at these names; what one of them lets go of, another may take up.
  private func update(_ names: [String]) {
    for name in names { attachments[name]?.leave(unlessOn: index(of: name)) }
    for name in names { update(name) }
  }

  private func index(of name: String) -> InterfaceIndex? {
    host.table.link(named: name).map { InterfaceIndex($0.index) }
  }

  private func update(_ name: String) {
    if let attachment = attachments[name] {
      attachment.update(
        to: plan.condition(of: name, in: host.table), on: index(of: name),
        for: plan.purpose(of: name), filter: plan.filter(of: name))
      if attachment.isFailing { nextAttempt = ports.loop.now + .seconds(1) }
      report(attachment.condition, of: name)
    } else if let pattern = patterns[name] {
      report(pattern.summary, of: name)
    }
  }

  /// Says how things are where that is another way than before.
  ///
  /// That it is well again is as important as that it was not.
  private func report(_ condition: InterfaceCondition, of name: String) {
    guard let before = conditions.updateValue(condition, forKey: name) else {
      return log(condition, of: name, asNotice: false)
    }
    guard before != condition else { return }
    log(condition, of: name, asNotice: true)
    whenChanged()
  }

  private func log(_ condition: InterfaceCondition, of name: String, asNotice isNotice: Bool) {
    switch condition {
    case .usable where isNotice: log.notice("\(name): ready again")
    case .usable: log.info("\(condition.sentence(about: name))")
    case .missing, .unmatched, .down: log.warning("\(condition.sentence(about: name))")
    case .enslaved, .notEthernet, .noNeighbors, .failing, .taken:
      log.error("\(condition.sentence(about: name))")
    }
  }

  /// How things are with an interface, be it named by a rule or not.
  package func condition(of name: String) -> InterfaceCondition {
    conditions[name] ?? plan.condition(of: name, in: host.table)
  }

  /// The names and patterns of the configuration by which interfaces can be used now, the first of
  /// them.
  package func servedNames(limit: Int) -> [String] {
    let served = plan.names.lazy.filter { self.conditions[$0] == .usable }
    return Array(served.prefix(limit))
  }

  /// What is answered where, and what is waited for, in a few words.
  package var summary: String {
    let usable = plan.proxyNames.filter { conditions[$0] == .usable }
    let served = usable.filter { !isStandingBy($0) }
    let standby = usable.filter { isStandingBy($0) }
    let awaited = plan.names.filter { conditions[$0] != .usable }
    let parts = [
      ("answering on ", served), ("standing by on ", standby), ("waiting for ", awaited),
    ].filter { !$0.1.isEmpty }
    let text = parts.map { $0.0 + Self.someOf($0.1) }.joined(separator: "; ")
    return text.isEmpty ? "nothing is configured, so nothing is answered" : text
  }

  /// The first names, and how many more there are.
  private static func someOf(_ names: [String]) -> String {
    let limit = 16
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
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
