package import ControlProtocol
package import DaemonLog
package import EventLoop
import Inspection
package import InterfaceSockets
package import LinuxNet
import NDPWire
package import ProxyEngine
package import ProxyModel

/// The engine, as far as it decides which conditions count.
package protocol ConditionJudge: EventListener {
  /// Another number where it has decided otherwise than before.
  var conditionChangeCount: UInt64 { get }

  /// What it has decided of every condition of every proxy and rule, no more than `limit`.
  func conditionSummaries(limit: Int) -> [ConditionSummary]
}

/// Follows what the rules require of this host, and tells the engine.
///
/// By the news of interfaces that the daemon gets anyway, netlink's of routes and inotify's of
/// files; nothing is polled. Gates are set by clients: all are off at the start, and stay as they
/// are while the file has them, even in rules that are disabled.
package final class Conditions: Timed {
  private var nextReading: Instant?
  /// Whether something has happened in this turn by which routes may go in silence.
  private var areRoutesDoubted = false
  private var wanted: [Ruleset.Condition] = []
  private var told: [Ruleset.Condition: Bool] = [:]
  private var openGates: Set<String> = []
  private var gates: Set<String> = []
  private var routes: (watch: RouteWatch, source: DescriptorSource)?
  private var files: (watch: FileWatch, source: DescriptorSource)?
  /// Why changes of files are not noticed.
  private var knownObstacles: Set<String> = []
  private let host: Host
  private let loop: EventLoop
  private let log: Log
  /// Who is told, and asked what counts.
  private let judge: any ConditionJudge
  /// Whether interfaces have been read: before that nothing is known.
  private var isReady = false
  /// What was met when that was last looked at.
  private var known: [String: Bool] = [:]
  private var knownChanges: UInt64 = 0
  /// Called when a proxy is in force from now on, or is not any more.
  package var whenChanged: () -> Void = {}

  package init(host: Host, loop: EventLoop, log: Log, judge: any ConditionJudge) {
    self.host = host
    self.loop = loop
    self.log = log
    self.judge = judge
    loop.add(self)
    loop.atTurnEnd { [owner = Unowned(self)] in owner.object.finishTurn() }
  }

  private func finishTurn() {
    if areRoutesDoubted { readRoutesAgain() }
    report()
  }

  private func takeFiles(_ files: FileWatch) {
    warn(of: files.obstacles)
    evaluate()
  }

  /// Follows what these rules require from now on; the engine is told of it before it goes by them.
  ///
  /// Throws where the kernel cannot be followed; then all is as it was.
  package func follow(_ ruleset: Ruleset) throws(SystemError) {
    let prefixes = ruleset.requiredRoutes
    let paths = ruleset.requiredFiles
    let newRoutes = prefixes.isEmpty ? nil : try RouteWatch(prefixes)
    let newFiles = paths.isEmpty ? nil : try FileWatch(paths)
    if let routes { loop.forget(routes.source) }
    if let files { loop.forget(files.source) }
    (routes, files) = (nil, nil)
    if let newRoutes {
      let source = DescriptorSource(newRoutes) { [owner = Unowned(self)] _ throws(SystemError) in
        owner.object.takeRoutes { () throws(SystemError) in try newRoutes.takeChanges() }
      }
      try loop.watch(source)
      routes = (newRoutes, source)
    }
    if let newFiles {
      let source = DescriptorSource(newFiles) { [owner = Unowned(self)] _ throws(SystemError) in
        if try newFiles.takeChanges() { owner.object.takeFiles(newFiles) }
      }
      try loop.watch(source)
      files = (newFiles, source)
      warn(of: newFiles.obstacles)
    }
    wanted = ruleset.conditions
    gates = Set(ruleset.gates)
    openGates.formIntersection(gates)
    told = [:]
    if isReady { evaluate() }
  }

  /// Says why changes of files are not noticed, once.
  private func warn(of obstacles: [String]) {
    for obstacle in obstacles where !knownObstacles.contains(obstacle) {
      log.warning("require file: \(obstacle)")
    }
    knownObstacles = Set(obstacles)
  }

  /// Takes up a change of interfaces; `nil` where all have been read anew.
  package func take(_ change: HostChange?) {
    if wanted.isEmpty {
      isReady = isReady || change == nil
      return
    }
    switch change {
    case nil:
      isReady = true
      readRoutesAgain()
    // Routes may come and go with a link without a word.
    case .link(let link)?: doubtRoutes(on: link.index, isUsable: link.isUp && link.isRunning)
    case .linkRemoved(let index)?: doubtRoutes(on: index, isUsable: false)
    case .address(let address)?, .addressRemoved(let address)?:
      guard wanted.contains(.address(address.address)) else { return }
    }
    guard isReady else { return }
    evaluate()
  }

  private func doubtRoutes(on interface: Int32, isUsable: Bool) {
    guard let watch = routes?.watch, watch.isDoubtful(on: interface, isUsable: isUsable) else {
      return
    }
    areRoutesDoubted = true
  }

  private func readRoutesAgain() {
    areRoutesDoubted = false
    guard let watch = routes?.watch else { return }
    takeRoutes { () throws(SystemError) in
      try watch.readAgain()
      return true
    }
  }

  /// Goes by the routes where `read` says that they are others now; where it fails, by those that
  /// are known, until another attempt succeeds.
  func takeRoutes(_ read: () throws(SystemError) -> Bool) {
    do {
      let areOthers = try read()
      nextReading = nil
      if areOthers, isReady { evaluate() }
    } catch {
      log.warnSparingly("cannot read the routes: \(error)")
      nextReading = loop.now + Self.patience
    }
  }

  /// How long after a failure routes are read again.
  private static let patience = Duration.seconds(1)

  /// When routes that could not be read are read again.
  package var nextDeadline: Instant? { nextReading }

  /// Reads the routes again.
  package func handleTimeout(now: Instant) {
    nextReading = nil
    readRoutesAgain()
  }

  /// Tells the engine what is another way than it was told before.
  private func evaluate() {
    let now = HostConditions(
      host: host.table, routes: routes?.watch.routes ?? [], openGates: openGates)
    for condition in wanted {
      let holds = now.holds(condition)
      guard told.updateValue(holds, forKey: condition) != holds else { continue }
      judge.take(.condition(condition, holds: holds))
    }
    judge.settle()
  }

  /// Sets a gate on or off.
  ///
  /// Throws where one is to be set on that the configuration does not have; all others are off.
  package func setGate(_ name: String, isOn: Bool) throws(RequestFailure) -> GateReport {
    guard !isOn || gates.contains(name) else {
      let others = gates.sorted().prefix(16).joined(separator: ", ")
      throw RequestFailure(
        .notFound,
        "the configuration has no 'require gate \(name)'; "
          + (others.isEmpty ? "it has no gates" : "it has the gates \(others)"))
    }
    let wasOn = openGates.contains(name)
    if isOn { openGates.insert(name) } else { openGates.remove(name) }
    if wasOn != isOn { log.notice("gate \(name): \(isOn ? "on" : "off")") }
    evaluate()
    let now = Instant.now
    let summary = judge.conditionSummaries(limit: .max).first { $0.condition == .gate(name) }
    return GateReport(
      name: name, isOn: isOn, isChanged: wasOn != isOn,
      heldBackMilliseconds: summary?.heldBackUntil.map { $0.milliseconds(since: now) })
  }

  /// Says which conditions are met since this was last looked at, and which are not any more.
  private func report() {
    let changes = judge.conditionChangeCount
    guard changes != knownChanges else { return }
    knownChanges = changes
    var now: [String: Bool] = [:]
    for summary in judge.conditionSummaries(limit: ControlSocket.pageLength) {
      now["\(summary.condition)"] = summary.isMet
    }
    for (condition, isMet) in now.sorted(by: { $0.key < $1.key })
    where known[condition, default: false] != isMet {
      log.notice("condition '\(condition)' is \(isMet ? "met" : "not met any more")")
    }
    known = now
    whenChanged()
  }
}
