import ConfigurationInForce
import ControlProtocol
import DaemonLog
import EventLoop
import Inspection
import InterfaceSockets
import KernelAnswering
import KernelTables
import LinuxNet
import NDPWire
import ProxyConfig
import ProxyEngine
import ProxyModel
import TakeOver

/// Joins the parts of the daemon.
final class Daemon: DaemonOperator {
  private let log: Log
  private let current: CurrentConfiguration
  private let loop: EventLoop
  private let signals: SignalDescriptor
  private let ruleLinks: RuleLinks
  private let routes: KernelRoutes
  private let path: PacketPath
  private let attachments: Attachments
  private let messageLog: MessageLog
  private let serviceNews: ServiceNews
  private let conditions: Conditions
  private let hooks: Hooks
  private let keptTargets: KeptTargets
  private lazy var control = Control(
    path: path, attachments: attachments, routes: routes, host: host, log: log, current: current,
    daemon: { [owner = Unowned(self)] in owner.object })
  private let host = Host()
  /// Whether system calls are limited to those by which no file is written.
  var isReadOnly = false

  /// Opens everything that a running daemon needs and reads the host's interfaces.
  ///
  /// Throws `EPERM` without CAP_NET_RAW.
  init(_ current: CurrentConfiguration, log: Log) throws(SystemError) {
    self.current = current
    self.log = log
    let ruleset = current.ruleset
    let frames = ReceivedFrames()
    ruleLinks = try RuleLinks(into: frames, log: log)
    loop = EventLoop(try KernelPoll())
    signals = try SignalDescriptor(SignalDescriptor.termination + SignalDescriptor.requests)
    let ports = Ports(loop: loop, log: log, opener: Port.opener(into: frames))
    messageLog = MessageLog(host: host, ports: ports)
    let lookup = try RouteLookup()
    let neighbors = KernelNeighbors(try NeighborLookup(), routes: lookup, ports: ports)
    routes = KernelRoutes(lookup, neighbors: neighbors, host: host, loop: loop, log: log)
    path = PacketPath(
      Engine(
        ruleset: ruleset, limits: current.configuration.limits, seed: .random(in: 0 ... .max)),
      ports: ports, ruleLinks: ruleLinks, host: host, performer: routes,
      kernel: KernelAnswers(loop: loop, log: log, name: host.name(of:)))
    let attachments = Attachments(
      InterfacePlan(ruleset, hearsEverything: log.isDebugging), host: host, ports: ports,
      news: try HostMonitor(), listener: path)
    self.attachments = attachments
    serviceNews = ServiceNews { attachments.summary }
    conditions = Conditions(host: host, loop: loop, log: log, judge: path)
    hooks = Hooks(loop: loop, log: log)
    hooks.change(to: ruleset)
    // Of conditions nothing is known yet.
    hooks.begin { [path] in path.engine.isInForce(proxyNamed: $0) }
    keptTargets = KeptTargets(memory: path, loop: loop, log: log)
    current.nameInterfaces { [host] in host.table.link(named: $0)?.name ?? $0 }
    neighbors.listener = { [path = Unowned(path)] in path.object }
    routes.listener = { [path = Unowned(path)] in path.object }
    attachments.whenChanged = { [serviceNews] in serviceNews.tell() }
    attachments.whenHeard = { [conditions] in conditions.take($0) }
    attachments.isStandingBy = { [path] in path.engine.isStandingBy(proxyNamed: $0) }
    conditions.whenChanged = { [serviceNews, hooks, path] in
      hooks.update { path.engine.isInForce(proxyNamed: $0) }
      serviceNews.tell()
    }
    attachments.whenRead = { [neighbors] in
      if attachments.plan.asks { neighbors.introduceRouters() }
    }
    try start()
  }

  private func start() throws(SystemError) {
    showMessages()
    loop.add(serviceNews)
    loop.add(attachments)
    try loop.watch(
      DescriptorSource(signals) { [owner = Unowned(self)] _ throws(SystemError) in
        try owner.object.takeSignals()
      })
    try path.start()
    try ruleLinks.listen(attachments.plan.asks)
    try followKernel(attachments.plan, current.ruleset)
    // What another daemon has put into the kernel, it still needs.
    let isAlone = current.announcePresence()
    if isAlone, current.ruleset.installsHostRoutes || Privileges.has(.netAdmin) {
      routes.removeLeftovers()
    }
    keptTargets.read(current.configuration.targetsPath)
    try conditions.follow(current.ruleset)
    try attachments.start()
    try answerInKernel(removingLeftovers: isAlone)
  }

  /// Answers inside the kernel where the configuration wants that and the kernel lets us.
  private func answerInKernel(removingLeftovers: Bool) throws(SystemError) {
    let mode = current.configuration.kernelPath
    path.answerInKernel(mode)
    if removingLeftovers { path.kernel.removeLeftovers(on: host.table.links.keys) }
    guard mode != .no, case .off(let reason) = path.kernel.condition else { return }
    guard mode == .auto else { throw SystemError("kernel-path: \(reason)", .notSupported) }
    log.notice("kernel-path: \(reason); packet sockets answer")
  }

  /// Whether the program in the kernel may have to be loaded or attached again.
  var answersInKernel: Bool { path.kernel.isOn }

  /// Listens to the neighbor cache while some rule asks, and to routes while some goes by them;
  /// makes ready to change routes where some proxy wants that.
  private func followKernel(_ plan: InterfacePlan, _ ruleset: Ruleset) throws(SystemError) {
    if plan.asks { try routes.neighbors.listen() }
    if ruleset.asksForRoutes { try routes.listen() }
    if ruleset.installsHostRoutes { try routes.openHostRoutes() }
  }

  /// Lets clients in from now on.
  func listen(at socket: ListeningSocket) throws(SystemError) {
    try control.listen(at: socket, loop: loop)
  }

  /// Makes ready to run programs at a take-over, where the configuration has some.
  ///
  /// Call it once privileges have been given up, and before system calls are limited.
  func startHooks() throws(SystemError) { try hooks.start() }

  /// What is answered where, and what is waited for, in a few words.
  var summary: String { attachments.summary }

  /// Works until a signal ends it.
  func run() throws(SystemError) {
    serviceNews.tell("READY=1")
    control.started = .now
    try loop.run()
    serviceNews.sayGoodbye()
    // To look at them warns of frames that were lost, whatever is logged.
    let totals = control.totals
    log.info(totals)
  }

  /// Takes away what would stay behind: routes to targets and the control socket.
  func close() {
    path.kernel.stop("the daemon ends")
    keptTargets.write(isEnd: true)
    routes.removeHostRoutes()
    control.close()
  }
}

// MARK: - What an administrator asks for

extension Daemon {
  private func takeSignals() throws(SystemError) {
    while let signal = try signals.next() {
      switch signal {
      case SignalDescriptor.reload: _ = reload()
      case SignalDescriptor.report: control.reportState()
      case SignalDescriptor.logLevel: cycleLogLevel()
      case _ where SignalDescriptor.termination.contains(signal):
        log.notice("stopping: signal \(signal)")
        loop.stop()
      default: log.notice("signal \(signal) ignored")
      }
    }
  }

  func reload() -> ReloadReport {
    // systemd compares the time with that of the reload it asked for (sd_notify(3)).
    serviceNews.tell("RELOADING=1", ServiceManager.reloadTime)
    defer { serviceNews.tell("READY=1") }
    defer { Heap.trim() }
    return current.reload(summary: { summary }) { (newer) throws(SystemError) in try take(newer) }
  }

  func checkReload() -> CheckReport {
    defer { Heap.trim() }
    return current.check { newer in
      let change = path.engine.preview(newer.ruleset, limits: newer.limits)
      var restarts = change.contradicted.map { "\($0): 'router' changes only with a restart" }
      if newer.ruleset.installsHostRoutes, !Privileges.has(.netAdmin) {
        restarts.append("'autowire' needs CAP_NET_ADMIN, which only a restart brings back")
      }
      if newer.targetsPath != nil, isReadOnly {
        restarts.append("'keep-targets' writes a file, which only a restart permits")
      }
      if newer.kernelPath == .yes, !path.kernel.isOn, !KernelAnswers.isPermitted {
        restarts.append(
          "'kernel-path' needs CAP_BPF and CAP_NET_ADMIN, which only a restart brings back")
      }
      return (path.engine.sessionCount, change.forgottenCount, restarts)
    }
  }

  func setRule(
    _ prefix: IPv6Prefix, of proxy: String?, isEnabled: Bool
  ) throws(RequestFailure) -> RuleSwitchReport {
    try current.setRule(prefix, of: proxy, isEnabled: isEnabled) { (newer) throws(SystemError) in
      try take(newer)
    }
  }

  func setGate(_ name: String, isOn: Bool) throws(RequestFailure) -> GateReport {
    try conditions.setGate(name, isOn: isOn)
  }

  private func take(_ configuration: Configuration) throws(SystemError) {
    let ruleset = configuration.ruleset
    let plan = plan(for: ruleset)
    // All that may fail comes first.
    try followKernel(plan, ruleset)
    try conditions.follow(ruleset)
    hooks.change(to: ruleset)
    hooks.warnUnlessReady()
    keptTargets.change(to: isReadOnly ? nil : configuration.targetsPath)
    if ruleset.installsHostRoutes, !Privileges.has(.netAdmin) {
      log.warning(
        "autowire needs CAP_NET_ADMIN, which was given up at the start: it takes a restart")
    }
    if configuration.targetsPath != nil, isReadOnly {
      log.warning(
        "keep-targets writes a file, which was given up at the start: it takes a restart")
    }
    let mode = configuration.kernelPath
    let changed = path.replace(ruleset, limits: configuration.limits, inKernel: mode)
    if mode == .yes, case .off(let reason) = path.kernel.condition {
      log.warning("kernel-path: \(reason); packet sockets answer")
    }
    for name in changed {
      log.warning(
        """
        \(name): 'router' stays as it was until a restart: hosts that see it change may lose their \
        default route
        """)
    }
    change(to: plan)
  }

  /// Whoever wants to see every message also wants to see those that no rule is about.
  private func plan(for ruleset: Ruleset) -> InterfacePlan {
    InterfacePlan(ruleset, hearsEverything: log.isDebugging)
  }

  private func change(to plan: InterfacePlan) {
    do {
      try ruleLinks.listen(plan.asks)
    } catch {
      log.error("cannot listen to answers of targets: \(error)")
    }
    attachments.change(to: plan)
    // On interfaces that are new, the kernel may answer as well.
    path.settle()
  }

  func setLogLevel(_ level: LogLevel) {
    log.level = level
    log.notice("log level: \(level.rawValue)")
    showMessages()
    change(to: plan(for: current.ruleset))
  }

  /// Logs more than now, or after the most as little as possible again.
  private func cycleLogLevel() {
    switch log.level {
    case .notice: setLogLevel(.info)
    case .info: setLogLevel(.debug)
    case .debug: setLogLevel(.notice)
    }
  }

  /// Has every message logged where that is wanted.
  private func showMessages() {
    if log.isDebugging { path.add(messageLog) } else { path.remove(messageLog) }
  }
}
