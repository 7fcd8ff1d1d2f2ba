package import LinuxNet
import LinuxSurvey
import NDPWire
package import ProxyConfig
import ProxyModel

extension HostPicture {
  /// Reads the host of this thread's network namespace, as a configuration makes it worth reading.
  ///
  /// Files are looked for below `root`, which is empty for the host's own. What only root may read
  /// is left as the refusal. `daemon` is what the daemon at the control socket says of itself.
  /// Throws `SystemError` where even the interfaces cannot be read. Some milliseconds; with a full
  /// routing table, a second.
  package static func read(
    for configuration: Configuration, below root: String = "", daemon: DaemonAccount? = nil
  ) throws(SystemError) -> HostPicture {
    var picture = HostPicture()
    picture.links = try DetailedLink.readAll()
    picture.addresses = try DetailedAddress.readAll()
    picture.forwarding = try ForwardingSettings.read()
    picture.forwarding.forced = Set(picture.links.map(\.link).filter(isForced).map(\.index))
    picture.policyRules = try PolicyRule.readAll().filter { !$0.isDefault }
    picture.neighbors = try NeighborCacheEntry.readAll()
    picture.proxyEntries = try NeighborCacheEntry.readProxyEntries()
    picture.neighborCache = try NeighborCacheLoad.read()
    try picture.readRoutes(for: configuration)
    picture.readFirewall()
    picture.readTrafficFilters(for: configuration)
    do throws(SystemError) {
      picture.processes = .success(
        try ProcessTable.proxies(named: proxyNames, or: daemon?.process))
    } catch {
      picture.processes = .failure(error)
    }
    picture.readFiles(below: root)
    picture.daemon = daemon
    return picture
  }

  /// Our daemon, and the others of its kind by the names of their programs.
  static let proxyNames: Set<String> = [
    "ndpproxy", "ndppd", "npd6", "pndpd", "ndpresponder", "odhcpd", "6relayd", "ndp-proxy-go",
  ]

  /// `force_forwarding`, which netlink does not tell; Linux 6.17 or later has it.
  private static func isForced(_ link: Link) -> Bool {
    let path = "/proc/sys/net/ipv6/conf/\(link.name)/force_forwarding"
    return (try? RegularFile(path, limit: 16))?.octets.first == UInt8(ascii: "1")
  }

  private mutating func readRoutes(for configuration: Configuration) throws(SystemError) {
    let placed = configuration.placedRules(limit: Examination.ruleLimit)
    routes = try RouteEntry.readAll { route in
      guard route.metric != UInt32.max else { return false }
      return route.gateway == nil && !route.type.isRefusal && route.type != .local
        || route.destination.isOutsideAll
        || placed.contains { $0.rule.prefix.overlaps(route.destination) }
    }
    do throws(SystemError) {
      policies = .success(try TransformPolicy.readAll())
    } catch {
      policies = .failure(error)
    }
    let lookup = try RouteLookup()
    try ask(.ownOutward, lookup)
    for rule in placed {
      let proxy = link(named: rule.proxy)?.link.index
      for (_, address) in RuleParts(of: rule, on: self).samples {
        try ask(.inward(address, enteringBy: proxy), lookup)
        switch course(to: address, enteringBy: proxy) {
        case .inside(let index):
          try ask(.outward(address, enteringBy: index), lookup)
          try ask(.outward(address, enteringBy: nil), lookup)
        case .own: try ask(.outward(address, enteringBy: nil), lookup)
        default: continue
        }
      }
    }
  }

  /// What the kernel does not answer stays unknown: an interface may have gone.
  private mutating func ask(
    _ question: RouteQuestion, _ lookup: RouteLookup
  ) throws(SystemError) {
    guard decisions[question] == nil else { return }
    decisions[question] = try? lookup.decision(
      to: question.destination, from: question.source, enteringBy: question.interface)
  }

  private mutating func readFirewall() {
    do throws(SystemError) {
      firewall = .success(try NetfilterRuleset.read())
    } catch {
      firewall = .failure(error)
    }
    do throws(SystemError) {
      let names = try RegularFile("/proc/thread-self/net/ip6_tables_names", limit: 4096)
      hasLegacyTables = !names.octets.isEmpty
      let tables = names.octets.split(separator: UInt8(ascii: "\n"))
      if tables.contains(where: { $0.elementsEqual("filter".utf8) }) {
        legacyForward = try? LegacyForwardChain.read()
      }
    } catch {
      hasLegacyTables = error.code == .noSuchFileOrDirectory ? false : nil
    }
  }

  private mutating func readTrafficFilters(for configuration: Configuration) {
    let examination = Examination(picture: self, configuration: configuration, path: "")
    let indexes = Set((examination.proxyLinks + examination.insideLinks).map(\.link.index))
    // A kernel without traffic control has none.
    trafficFilters = (try? TrafficFilter.readAll(at: indexes)) ?? []
    let path = "/proc/sys/net/bridge/bridge-nf-call-ip6tables"
    filtersBridges = (try? RegularFile(path, limit: 16))?.octets.first == UInt8(ascii: "1")
  }

  private mutating func readFiles(below root: String) {
    hasSystemd = RegularFile.exists(root + "/run/systemd/system")
    bootSettings = SysctlFiles(
      Self.sysctlFiles(below: root, hasSystemd: hasSystemd), directory: root + "/etc/sysctl.d")
    networkFiles = [
      "/etc/systemd/network/*.network", "/run/systemd/network/*.network",
      "/etc/systemd/networkd.conf", "/etc/systemd/networkd.conf.d/*.conf",
      "/etc/network/interfaces", "/etc/network/interfaces.d/*", "/etc/rc.local",
      "/etc/ufw/ufw.conf", "/etc/ufw/sysctl.conf", "/etc/default/ufw",
    ].flatMap { Self.files(matching: root + $0) }
    for link in links.map(\.link) {
      let path = root + "/run/systemd/netif/links/\(link.index)"
      let lines = Self.files(matching: path).first?.text.split(separator: "\n") ?? []
      let file = lines.first { $0.hasPrefix("NETWORK_FILE=") }
      if let file { networkdFiles[link.index] = String(file.dropFirst("NETWORK_FILE=".count)) }
    }
  }

  /// The files of sysctl.d(5) in the order in which they are read; a name counts once.
  ///
  /// /etc/sysctl.conf is read by sysctl(8) at boot; systemd reads it only by way of a link among
  /// the
  /// others, which Debian had until 13.
  private static func sysctlFiles(below root: String, hasSystemd: Bool) -> [TextFile] {
    var paths: [String: String] = [:]
    for directory in ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"] {
      for path in PathPattern(root + directory + "/sysctl.d/*.conf").paths(limit: fileLimit) {
        let name = String(path.split(separator: "/").last ?? "")
        if paths[name] == nil { paths[name] = path }
      }
    }
    let names = paths.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var files = names.flatMap { Self.files(matching: paths[$0] ?? "") }
    if paths["99-sysctl.conf"] == nil, !hasSystemd {
      files += Self.files(matching: root + "/etc/sysctl.conf")
    }
    return files
  }

  private static func files(matching pattern: String) -> [TextFile] {
    PathPattern(pattern).paths(limit: fileLimit).compactMap { path in
      guard let file = try? RegularFile(path, limit: octetLimit, isRequired: true) else {
        return nil
      }
      return TextFile(path: path, text: String(decoding: file.octets, as: UTF8.self))
    }
  }

  /// How many files of one kind are read; a host has a dozen.
  private static let fileLimit = 1000

  /// How much of a file is read.
  private static let octetLimit = 1 << 20
}
