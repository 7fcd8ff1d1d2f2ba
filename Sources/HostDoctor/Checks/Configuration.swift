import LinuxSurvey
import ProxyConfig
import ProxyModel

extension Check {
  static let configurationChecks = [configurationFile, daemonRuns, daemonPrivileges]

  /// Whether there is something to compare the host with.
  private static let configurationFile = Check(
    "D50", "configuration", .configuration,
    """
    The configuration says which addresses are to be answered for; without one, ndpproxy does \
    not start, and there is nothing to compare this host with. 'ndpproxy --test-config' shows \
    each error with its place. 'ndpctl init --upstream eth0' writes a configuration for this host.
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
          ? "ndpproxy does not start with it, or keeps the one it had"
          : "they may be meant so; 'ndpproxy --test-config' shows each with its place",
        fix: examination.isUnusable
          ? Fix([.run(["ndpproxy", "--test-config", "-c", examination.path])], lasting: []) : nil)
    ])
  }

  /// Whether the daemon is there at all.
  private static let daemonRuns = Check(
    "D51", "daemon", .configuration,
    """
    ndpproxy must run, and in the network namespace in which this is asked. It is known by its \
    control socket (SO_PEERCRED), and without that by the file it was started from and a packet \
    socket that it has; the name of a process is anybody's to choose. Read from /proc/PID/exe, \
    /proc/PID/fd and /proc/net/packet, which only root sees of others.
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
        from: "/proc/*/exe", meaning: "every solicitation is answered by each of them",
        fix: Fix(
          [.run(["kill"] + running.dropFirst().map { "\($0.identifier)" })],
          lasting: ["start it from one place alone: systemd, or /etc/rc.local"]))
    ])
  }

  /// Whether it may do what it is asked to.
  private static let daemonPrivileges = Check(
    "D52", "privileges", .configuration,
    """
    'autowire' puts routes into the kernel, for which the daemon needs CAP_NET_ADMIN; for all \
    else CAP_NET_RAW is enough, without which it does not start. Read from CapEff in \
    /proc/PID/status. With systemd, add the capability to AmbientCapabilities= and \
    CapabilityBoundingSet= in a drop-in.
    """
  ) { examination in
    guard examination.configuration.proxies.contains(where: \.installsHostRoutes) else {
      return .good("'autowire' is off: CAP_NET_RAW is enough")
    }
    guard examination.configuration.proxies.contains(where: \.makesRoutes) else {
      return .good("'autowire' has no 'iface' rule to act on: CAP_NET_RAW is enough")
    }
    if case .failure(let error) = examination.picture.processes { return .skipped(error.skipped) }
    guard let daemon = examination.daemons.first else { return .skipped("no daemon runs") }
    if daemon.has(capability: HostProcess.netAdmin) { return .good("CAP_NET_ADMIN is there") }
    return .found([
      Finding(
        .warning, "'autowire' is on, and the daemon lacks CAP_NET_ADMIN",
        value: "CapEff = \(String(daemon.capabilities, radix: 16))",
        from: "/proc/\(daemon.identifier)/status", meaning: "no host routes are installed",
        fix: Fix(Examination.autowirePrivilege, lasting: ["the drop-in is what lasts"]))
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
      .failure, "ndpproxy does not run", value: "no such program has a packet socket here",
      from: "/proc/*/exe", meaning: "nobody answers for the addresses behind this host", fix: fix)
  }
}
