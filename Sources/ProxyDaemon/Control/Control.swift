import ConfigurationInForce
import ControlConnections
import ControlProtocol
import DaemonLog
import EventLoop
import Inspection
import InterfaceSockets
import KernelTables
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

/// Answers what clients of the control socket ask for.
final class Control {
  let path: PacketPath
  let attachments: Attachments
  let routes: KernelRoutes
  let host: Host
  let log: Log
  let current: CurrentConfiguration
  /// When we became ready.
  var started = Moment.now
  private let feed: MonitorFeed
  private let daemon: () -> any DaemonOperator
  /// `nil` where there is no control socket.
  private var server: ControlServer?

  init(
    path: PacketPath, attachments: Attachments, routes: KernelRoutes, host: Host, log: Log,
    current: CurrentConfiguration, daemon: @escaping () -> any DaemonOperator
  ) {
    self.path = path
    self.attachments = attachments
    self.routes = routes
    self.host = host
    self.log = log
    self.current = current
    self.daemon = daemon
    feed = MonitorFeed(path: path, host: host)
  }

  /// Lets clients in from now on.
  func listen(at socket: ListeningSocket, loop: EventLoop) throws(SystemError) {
    let server = try ControlServer(
      socket, loop: loop, log: log,
      messageCount: { [path = Unowned(path)] in path.object.engine.counters.messageCount },
      answer: { [owner = Unowned(self)] in owner.object.answer($0, of: $1) })
    self.server = server
    feed.server = server
  }

  /// Ends all connections.
  func close() { server?.close() }

  private func answer(_ octets: [UInt8], of client: ControlClient) {
    let request: Request
    do {
      request = try Request(reading: octets)
    } catch {
      return client.end(with: error)
    }
    if request.command.isPrivileged, !client.isTrusted {
      return client.put(.error(RequestFailure(.forbidden, "only root may do that")))
    }
    if case .monitor(let prefix, let interface, let frames) = request.command {
      // Messages are told apart by the name that the kernel shows.
      let name = interface.map { host.table.link(named: $0)?.name ?? $0 }
      feed.add(client, Watch(prefix: prefix, interface: name, wantsFrames: frames))
    }
    client.put(reply(to: request.command))
  }

  /// What a client is told; does what it asks for, but for watching.
  func reply(to command: Command) -> Reply {
    switch command {
    case .status: return .status(status)
    case .sessions(let start):
      path.takeUpUsage(from: max(0, start), limit: ControlSocket.pageLength)
      return .sessions(
        SessionPage(of: path.engine, from: start, now: .now, name: host.name(of:)))
    case .rules(let start):
      // Not for each page of many.
      if start <= 0 { path.takeUpCounts() }
      return .rules(rulePage(from: start))
    case .counters: return .counters(counterReport)
    case .configuration(let start): return .configuration(configurationReport(from: start ?? 0))
    case .interfaces(let start): return .interfaces(interfacePage(from: start))
    case .why(let target): return explanation(of: target)
    case .recent(let limit): return .sessions(recentTargets(limit: limit))
    case .reload: return .reload(daemon().reload())
    case .check: return .check(daemon().checkReload())
    case .rule(let prefix, let proxy, let isEnabled):
      do {
        return .rule(try daemon().setRule(prefix, of: proxy, isEnabled: isEnabled))
      } catch {
        return .error(error)
      }
    case .gate(let name, let isOn):
      do {
        return .gate(try daemon().setGate(name, isOn: isOn))
      } catch {
        return .error(error)
      }
    case .flush(let prefix):
      let count = path.forgetTargets(in: prefix)
      log.notice("deleted \(count) sessions of targets in \(prefix) (ndpctl flush)")
      return .flush(FlushReport(prefix: prefix, forgotten: count))
    case .log(let level):
      daemon().setLogLevel(level)
      return .log(LogReport(level: level))
    case .monitor(_, let interface, _):
      return .monitoring(
        MonitorReport(
          interfaces: attachments.servedNames(limit: ControlSocket.pageLength),
          nanoseconds: Instant.now.nanoseconds,
          trouble: interface.flatMap(trouble)))
    }
  }

  // MARK: In the log

  /// Logs how things are: interfaces, targets, and what was done since the start.
  func reportState() {
    log.notice("state: \(attachments.summary)")
    for name in attachments.plan.names {
      if let condition = attachments.conditions[name] {
        log.notice("state: \(condition.sentence(about: name))")
      }
    }
    let counts = path.engine.sessionCounts.filter { $0.count > 0 }
    let targets = counts.map { "\($0.count) \($0.state.rawValue)" }
    log.notice("state: targets: \(targets.isEmpty ? "none" : targets.joined(separator: ", "))")
    log.notice("state: \(totals)")
  }

  /// What was done and what was not since the start.
  var totals: String {
    path.takeUpCounts()
    return """
      \(path.engine.counters.summary) unsent=\(path.unsentCount) overrun=\(path.overrunCount)
      """
  }
}

/// Whoever does what concerns more than one part of the daemon.
protocol DaemonOperator: AnyObject {
  /// Takes up the configuration file as it is now.
  func reload() -> ReloadReport

  /// Says what a reload would do.
  func checkReload() -> CheckReport

  /// Disables the rules for a prefix until the next reload, or enables them again.
  func setRule(
    _ prefix: IPv6Prefix, of proxy: String?, isEnabled: Bool
  ) throws(RequestFailure) -> RuleSwitchReport

  /// Sets a gate of the configuration on or off.
  func setGate(_ name: String, isOn: Bool) throws(RequestFailure) -> GateReport

  /// Logs from this level on.
  func setLogLevel(_ level: LogLevel)
}

extension Counters {
  /// How many messages have come.
  fileprivate var messageCount: UInt64 {
    total.solicitationsReceived &+ total.advertisementsReceived
  }
}
