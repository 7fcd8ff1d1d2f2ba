import LinuxSurvey
import ProxyConfig
import ProxyModel

extension Check {
  static let configurationChecks = [configurationFile, daemonRuns, daemonPrivileges]

  /// Whether there is something to compare the host with.
  private static let configurationFile = Check(
    "D50", "configuration", .configuration,
    """
    The configuration defines the addresses for which ndpproxy answers. Without a configuration, \
    ndpproxy does not start, and the other checks have nothing to compare this host with. \
    'ndpproxy --test-config' shows each error with its file and line. 'ndpctl init --upstream \
    eth0' writes a configuration for this host.
    """
  ) { examination in
    let shown = examination.complaints.prefix(3).joined(separator: "; ")
    guard !examination.complaints.isEmpty else {
      return .good("\(examination.path): \(examination.ruleCount), no errors")
    }
    let count = examination.complaints.count
    return .found([
      Finding(
        examination.isUnusable ? .failure : .note,
        examination.isUnusable
          ? "the configuration has errors" : "the configuration has \(count) warnings",
        value: shown, from: examination.path,
        meaning: examination.isUnusable
          ? "ndpproxy does not start with it, or keeps the previous configuration"
          : "they may be intended; 'ndpproxy --test-config' shows each with its file and line",
        fix: examination.isUnusable
          ? Fix([.run(["ndpproxy", "--test-config", "-c", examination.path])], lasting: []) : nil)
    ])
  }

  /// Whether the daemon is there at all.
  private static let daemonRuns = Check(
    "D51", "daemon", .configuration,
    """
    ndpproxy must run, and must run in the network namespace of this command. It is recognized by \
    its control socket (SO_PEERCRED). Otherwise it is a process that was started from a file \
    called ndpproxy and has a packet socket. The name of a process is not used, because every \
    process can change its own name. Read from /proc/PID/exe, /proc/PID/fd and /proc/net/packet, \
    which only root can read for other users' processes.
    """
  ) { examination in
    if case .failure(let error) = examination.picture.processes { return .skipped(error.skipped) }
    let running = examination.daemons
    let numbers = running.map { "\($0.identifier)" }.joined(separator: ", ")
    if running.count == 1 { return .good("ndpproxy runs as process \(numbers)") }
    if running.isEmpty { return .found([examination.daemonMissing]) }
    return .found([
      Finding(
        .warning, "ndpproxy runs \(running.count) times", value: "processes \(numbers)",
        from: "/proc/*/exe", meaning: "each of them answers every solicitation",
        fix: Fix(
          [.run(["kill"] + running.dropFirst().map { "\($0.identifier)" })],
          lasting: ["start it only once, by systemd or in /etc/rc.local"]))
    ])
  }

  /// Whether it may do what it is asked to.
  private static let daemonPrivileges = Check(
    "D52", "privileges", .configuration,
    """
    'autowire' adds routes to the kernel, for which the daemon needs CAP_NET_ADMIN. Everything \
    else needs only CAP_NET_RAW, without which the daemon does not start. Read from CapEff in \
    /proc/PID/status. With systemd, add the capability to AmbientCapabilities= and \
    CapabilityBoundingSet= in a drop-in.
    """
  ) { examination in
    guard examination.configuration.proxies.contains(where: \.installsHostRoutes) else {
      return .good("'autowire' is off: CAP_NET_RAW is sufficient")
    }
    guard examination.configuration.proxies.contains(where: \.makesRoutes) else {
      return .good("'autowire' applies to no 'iface' rule: CAP_NET_RAW is sufficient")
    }
    if case .failure(let error) = examination.picture.processes { return .skipped(error.skipped) }
    guard let daemon = examination.daemons.first else { return .skipped("no daemon runs") }
    if daemon.has(capability: HostProcess.netAdmin) { return .good("the daemon has CAP_NET_ADMIN") }
    return .found([
      Finding(
        .warning, "'autowire' is on, and the daemon lacks CAP_NET_ADMIN",
        value: "CapEff = \(String(daemon.capabilities, radix: 16))",
        from: "/proc/\(daemon.identifier)/status", meaning: "no host routes are installed",
        fix: Fix(Examination.autowirePrivilege, lasting: ["the drop-in is permanent"]))
    ])
  }
}

extension Ruleset.Proxy {
  /// Whether `autowire` has anything to do here: only who was asked on an interface gets a route.
  fileprivate var makesRoutes: Bool {
    installsHostRoutes
      && rules.contains { if case .interface = $0.method { true } else { false } }
  }
}

extension Examination {
  fileprivate var ruleCount: String {
    let count = configuration.proxies.reduce(0) { $0 + $1.rules.count }
    return count == 1 ? "1 rule" : "\(count) rules"
  }

  fileprivate var daemonMissing: Finding {
    let fix =
      picture.hasSystemd
      ? Fix(
        [.run(["systemctl", "start", "ndpproxy"])],
        lasting: [.action(.run(["systemctl", "enable", "ndpproxy"]))])
      : Fix(
        [.run(["ndpproxy", "-d", "-c", path])],
        lasting: ["in /etc/rc.local: /usr/local/sbin/ndpproxy -d -p /run/ndpproxy.pid"])
    return Finding(
      .failure, "ndpproxy does not run",
      value: "no such program has a packet socket in this network namespace",
      from: "/proc/*/exe", meaning: "solicitations for addresses behind this host are not answered",
      fix: fix)
  }
}
