import Inspection
package import LinuxNet
import NDPWire
import ProxyConfig
import ProxyEngine
import ProxyModel

/// The loop that joins the rooms: waits for the kernel, tells the engine, does what it says.
///
/// One thread; it sleeps until a frame, a change of the host, a deadline or a signal comes.
package final class Daemon {
  var engine: Engine
  var plan: PortPlan
  let log: Log
  /// What the engine goes by.
  var ruleset: Ruleset
  /// What that was made of.
  var configuration: Configuration
  let poll: EventPoll
  private let timer: TimerDescriptor
  private let signals: SignalDescriptor
  let monitor: HostMonitor
  /// Only where some rule asks, or did.
  var neighborMonitor: NeighborMonitor?
  let neighborLookup: NeighborLookup
  /// Where targets are asked for.
  let ruleLinks: RuleLinks
  /// Only where some proxy wants the kernel to know its targets, or did.
  var hostRoutes: HostRouteTable?
  /// The same.
  var neighborTable: NeighborTable?
  /// Only where some rule goes by the routes, or did.
  var routeMonitor: RouteMonitor?
  /// Whether some route has changed since a route was looked up, and nobody waits for more news.
  var isDeafToRoutes = false
  /// Read again when a reload is asked for.
  let configurationPath: String
  let routes: RouteLookup
  /// This host's default router on each proxy interface, and until when that counts.
  var defaultRouters: [InterfaceIndex: (address: IPv6Address?, end: Instant)] = [:]

  var host = HostTable()
  /// Few, so that looking through them beats hashing.
  var ports: [Port] = []
  var conditions: [String: PortPlan.Condition] = [:]
  var patternConditions: [String: PatternConditions] = [:]
  /// Reused for every event, so that answering allocates nothing.
  var actions: [Action] = []
  /// Those that are being performed.
  var performing: [Action] = []
  var coalescing = ReceiveCoalescing()
  /// When to try again what could not be done.
  var retry: Instant?
  var mustResynchronize = false
  var warnings = WarningLimit()
  /// Ports on which frames wait to be sent.
  var pending: [Port] = []
  /// How many frames came faster than they were taken.
  var overrunCount: UInt64 = 0
  /// How many frames could not be sent on ports that are closed.
  var closedUnsentCount: UInt64 = 0
  /// How long it took to answer those who did not have to wait for a target.
  var latency = LatencyHistogram()
  /// When we became ready, and when the configuration was taken up.
  private(set) var started: Moment
  var configured: Moment
  var isReloadRefused = false
  /// What keeps other daemons off our interfaces; `nil` where nothing does.
  var claims: InstanceClaims?
  /// The messages that came last.
  var recent = RecentMessages()
  /// Who is connected to the control socket; `nil` where there is none.
  var control: ControlServer?
  /// When clients are let in again, where they have to wait.
  var readmission: Instant?
  /// Whether some client is a monitor, and what these have not been told yet.
  var isWatched = false
  var sending: [Action] = []
  var questions = OpenQuestions()
  private let manager = ServiceManager()
  /// How often the service manager wants a sign of life, and when it gets the next.
  private let watchdogInterval = ServiceManager.watchdogInterval.map { $0 / 2 }
  private var nextLifeSign: Instant?
  private var isStopping = false

  /// Opens everything that a running daemon needs and reads the host's interfaces.
  ///
  /// `path` is absolute. Throws `EPERM` without CAP_NET_RAW.
  init(_ configuration: Configuration, from path: String, log: Log) throws(SystemError) {
    configurationPath = path
    self.configuration = configuration
    started = .now
    configured = started
    ruleset = configuration.ruleset
    engine = Engine(
      ruleset: ruleset, limits: configuration.limits, seed: .random(in: 0 ... .max))
    // Whoever wants to see every message also wants to see those that no rule is about.
    plan = PortPlan(ruleset, hearsEverything: log.isDebugging)
    self.log = log
    ruleLinks = try RuleLinks(listening: plan.asks)
    poll = try EventPoll()
    timer = try TimerDescriptor()
    signals = try SignalDescriptor(SignalDescriptor.termination + SignalDescriptor.requests)
    monitor = try HostMonitor()
    routes = try RouteLookup()
    neighborLookup = try NeighborLookup()
    actions.reserveCapacity(PacketSocket.batchSize)
    performing.reserveCapacity(PacketSocket.batchSize)
    try poll.watch(timer, token: Token.timer)
    try poll.watch(signals, token: Token.signals)
    try poll.watch(monitor, token: Token.monitor)
    try poll.watch(ruleLinks.socket, token: Token.ruleLinks)
    try watchKernel()
    if ruleset.installsHostRoutes { try openHostRoutes() }
    resynchronize()
  }

  /// Can change routes from now on, and removes those that an earlier process left behind.
  func openHostRoutes() throws(SystemError) {
    guard hostRoutes == nil else { return }
    let table = try HostRouteTable()
    hostRoutes = table
    neighborTable = try NeighborTable()
    do {
      let count = try table.reclaim()
      if count > 0 { log.notice("autowire: removed \(count) routes that were left behind") }
    } catch {
      log.warning("autowire: routes that were left behind stay: \(error)")
    }
  }

  /// Works until a signal ends it.
  package func run() throws(SystemError) {
    tellManager("READY=1")
    started = .now
    while !isStopping {
      if coalescing.takePause() { BootClock.sleep(for: ReceiveCoalescing.pause) }
      feedWatchdog()
      try timer.arm(at: nextDeadline?.nanoseconds)
      var failure: SystemError?
      try poll.wait { token in
        do throws(SystemError) {
          try take(token)
        } catch {
          failure = failure ?? error
        }
      }
      if let failure { throw failure }
      serveSpeaker()
    }
    manager?.tell(["STOPPING=1"])
    hostRoutes?.removeAll()
    control = nil
    countAllLosses()
    log.info("\(totals)")
  }

  /// Tells the service manager this, if any, and how things are.
  func tellManager(_ assignments: String...) {
    // systemd takes no more than 4096 octets.
    manager?.tell(assignments + ["STATUS=\(summary.prefix(1000))"])
  }

  /// The loop turns: whatever hangs, it is not this process.
  private func feedWatchdog() {
    guard let watchdogInterval else { return }
    let now = now
    if let nextLifeSign, now < nextLifeSign { return }
    manager?.tell(["WATCHDOG=1"])
    nextLifeSign = now + watchdogInterval
  }

  private func tryAgain() {
    retry = nil
    if mustResynchronize { resynchronize() } else { reviewFailing() }
  }

  private var nextDeadline: Instant? {
    earlier(
      earlier(engine.nextDeadline, retry),
      earlier(earlier(readmission, control?.restEnd), nextLifeSign))
  }

  /// What is answered where, and what is waited for, in a few words.
  package var summary: String {
    let served = plan.proxyNames.filter { conditions[$0] == .usable }
    let awaited = plan.names.filter { conditions[$0] != .usable }
    let parts = [("answering on ", served), ("waiting for ", awaited)].filter { !$0.1.isEmpty }
    let text = parts.map { $0.0 + someOf($0.1) }.joined(separator: "; ")
    return text.isEmpty ? "nothing is configured, so nothing is answered" : text
  }

  private func take(_ token: UInt64) throws(SystemError) {
    switch token {
    case Token.timer:
      try timer.acknowledge()
      engine.handleTimeout(now: now, into: &actions)
      performActions()
      if let retry, retry <= now { tryAgain() }
      if let readmission, readmission <= now { readmitClients() }
      control?.endRest(now: now)
    case Token.signals:
      while let signal = try signals.next() {
        if SignalDescriptor.termination.contains(signal) {
          log.notice("stopping: signal \(signal)")
          isStopping = true
        } else {
          answer(signal)
        }
      }
    case Token.monitor:
      try takeHostChanges()
    case Token.routeMonitor: takeFirstRouteNews()
    case Token.neighborMonitor: try takeNeighborNews()
    case Token.ruleLinks: receiveFromRuleLinks()
    case Token.control: admitClient()
    case let token where Token.isClient(token): serve(Token.clientNumber(token))
    default:
      // A port may have gone while its readiness was on its way.
      if let port = port(on: Token.interface(token)) { receive(from: port) }
    }
  }

  private func answer(_ signal: CInt) {
    switch signal {
    case SignalDescriptor.reload: reload()
    case SignalDescriptor.report: reportState()
    case SignalDescriptor.logLevel: cycleLogLevel()
    default: log.notice("signal \(signal) ignored")
    }
  }

  /// How many frames could not be sent: an interface was down or gone, or had no room.
  var unsentCount: UInt64 {
    ports.reduce(closedUnsentCount + ruleLinks.sender.unsentCount) { $0 + $1.sender.unsentCount }
  }

  var now: Instant { Instant(nanoseconds: BootClock.nanoseconds) }
}

/// The first names, and how many more there are.
private func someOf(_ names: [String]) -> String {
  let limit = 16
  let shown = names.prefix(limit).joined(separator: ", ")
  return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}

/// The earlier of two instants that may not come; allocates nothing.
private func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
  guard let one, let other else { return one ?? other }
  return min(one, other)
}

/// What `EventPoll` gives back: small numbers for ourselves, others for interfaces.
enum Token {
  static let timer: UInt64 = 1
  static let signals: UInt64 = 2
  static let monitor: UInt64 = 3
  static let routeMonitor: UInt64 = 4
  static let control: UInt64 = 5
  static let neighborMonitor: UInt64 = 6
  static let ruleLinks: UInt64 = 7
  private static let ports: UInt64 = 1 << 32
  private static let clients: UInt64 = 1 << 33

  static func client(_ number: UInt32) -> UInt64 { clients | UInt64(number) }
  static func isClient(_ token: UInt64) -> Bool { token & clients != 0 }
  static func clientNumber(_ token: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: token) }
  static func port(_ index: InterfaceIndex) -> UInt64 { ports | UInt64(index.rawValue) }
  static func interface(_ token: UInt64) -> InterfaceIndex {
    InterfaceIndex(Int32(truncatingIfNeeded: token))
  }
}
