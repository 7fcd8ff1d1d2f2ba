package import LinuxNet
package import LinuxSurvey
import NDPWire

/// How a host is at one moment, as far as it matters to a proxy; made by reading, or by hand.
package struct HostPicture: Sendable {
  /// Every interface.
  package var links: [DetailedLink] = []
  /// Every IPv6 address.
  package var addresses: [DetailedAddress] = []
  /// Whether packets are forwarded at all.
  package var forwarding = ForwardingSettings(all: false, default: false)
  /// Routes without a gateway, default routes, and those that overlap with a rule.
  package var routes: [RouteEntry] = []
  /// Where the kernel would send packets to and from the rules' addresses.
  package var decisions: [RouteQuestion: RouteDecision] = [:]
  /// The IPsec policies for what is sent and forwarded, which only root may read.
  package var policies: Result<[TransformPolicy], SystemError> = .success([])
  /// Those rules of `ip -6 rule` that the kernel has not made itself.
  package var policyRules: [PolicyRule] = []
  /// Whom the kernel knows on each link.
  package var neighbors: [NeighborCacheEntry] = []
  /// The addresses that the kernel answers for, by `ip -6 neighbor add proxy`.
  package var proxyEntries: [NeighborCacheEntry] = []
  /// How full the neighbor cache is.
  package var neighborCache: NeighborCacheLoad?
  /// The packet filter, which only root may read.
  package var firewall: Result<NetfilterRuleset, SystemError> = .success(NetfilterRuleset())
  /// Whether the older `ip6tables` has rules of its own; `nil` where only root may know.
  package var hasLegacyTables: Bool? = false
  /// What decides about frames beside nf_tables, at the interfaces that matter.
  package var trafficFilters: [TrafficFilter] = []
  /// Whether what a bridge passes goes through ip6tables, too (br_netfilter).
  package var filtersBridges = false
  /// What the older `ip6tables` does with packets that are forwarded; `nil` where it has no such
  /// table, or that cannot be read.
  package var legacyForward: LegacyForwardChain?
  /// Our daemon and the other proxies that run here, by the files they were started from.
  package var processes: Result<[HostProcess], SystemError> = .success([])
  /// What the files of sysctl.d(5) set at boot.
  package var bootSettings = SysctlFiles()
  /// Text files below the root, by path: those of systemd-networkd, ifupdown, rc.local and ufw.
  package var networkFiles: [TextFile] = []
  /// Interfaces that systemd-networkd has taken over, with its file for each.
  package var networkdFiles: [Int32: String] = [:]
  /// Whether systemd starts things here.
  package var hasSystemd = false
  /// What the daemon says of itself; `nil` where it was not asked.
  package var daemon: DaemonAccount?

  package init() {}
}

/// A file with text in it.
package struct TextFile: Equatable, Sendable {
  /// Its path.
  package var path: String
  /// All of it.
  package var text: String

  package init(path: String, text: String) {
    self.path = path
    self.text = text
  }
}

/// What the daemon has seen and done for its rules since it started.
package struct DaemonAccount: Equatable, Sendable {
  /// The number of its process; `nil` where it is not known.
  package var process: Int32?
  /// Solicitations that arrived for targets of its rules.
  package var solicitationsSeen: UInt64
  /// Advertisements that it sent.
  package var advertisementsSent: UInt64
  /// The rules for whose targets solicitations arrived, as `PREFIX PROXY`.
  package var askedRules: Set<String> = []
  /// The proxy interfaces on which the kernel path answers.
  package var kernelPathInterfaces: Set<String> = []
  /// The conditions that are not met, with the interface of the proxy, a sentence each; `nil` where
  /// nothing is required.
  package var unmetConditions: [String]?
  /// Advertisements of other stations for targets for which it answered.
  package var advertisementsOfOthers: UInt64 = 0
  /// The last of these, where it is known.
  package var lastOfOthers: LastOfOthers?

  /// When another station advertised one of its targets for the last time.
  package struct LastOfOthers: Equatable, Sendable {
    /// How long ago, in milliseconds.
    package let age: UInt64
    /// How long after a change of what is in force, in milliseconds; `nil` where there was none.
    package let settled: UInt64?

    package init(age: UInt64, settled: UInt64?) { (self.age, self.settled) = (age, settled) }

    /// Whether the other one may still be active.
    var isRecent: Bool { age < 60_000 }

    /// Whether the other one had perhaps not noticed yet that it is not the master any more.
    var isOfSwitchOver: Bool { settled.map { $0 <= 5000 } ?? false }
  }

  package init(
    process: Int32? = nil, solicitationsSeen: UInt64, advertisementsSent: UInt64,
    askedRules: Set<String> = [], kernelPathInterfaces: Set<String> = [],
    unmetConditions: [String]? = nil, advertisementsOfOthers: UInt64 = 0,
    lastOfOthers: LastOfOthers? = nil
  ) {
    self.lastOfOthers = lastOfOthers
    self.kernelPathInterfaces = kernelPathInterfaces
    self.unmetConditions = unmetConditions
    self.advertisementsOfOthers = advertisementsOfOthers
    self.process = process
    self.askedRules = askedRules
    self.solicitationsSeen = solicitationsSeen
    self.advertisementsSent = advertisementsSent
  }
}

extension HostPicture {
  func link(named name: String) -> DetailedLink? { links.first { $0.link.goes(by: name) } }

  func link(at index: Int32) -> DetailedLink? { links.first { $0.link.index == index } }

  /// The name of an interface, or its number where it has gone.
  func name(of index: Int32?) -> String {
    guard let index else { return "nowhere" }
    return link(at: index)?.link.name ?? "#\(index)"
  }

  func addresses(on index: Int32) -> [DetailedAddress] {
    addresses.filter { $0.assigned.index == index }
  }

  func isOwn(_ address: IPv6Address) -> Bool {
    addresses.contains { $0.assigned.address == address }
  }

  /// Routes of the main table that lead to everywhere.
  var defaultRoutes: [RouteEntry] {
    routes.filter { $0.destination.length == 0 && $0.type == .unicast && $0.table == mainTable }
  }

  /// The prefixes that are directly on an interface's link, by its routes.
  func onLinkPrefixes(of index: Int32) -> [IPv6Prefix] {
    routes.filter {
      $0.interface == index && $0.gateway == nil && $0.type == .unicast && $0.table == mainTable
        && $0.destination.length > 0 && !$0.destination.address.isLinkLocal
        && !$0.destination.address.isMulticast
    }.map(\.destination)
  }
}

/// What `ip route` calls main.
let mainTable: UInt32 = 254

/// What `ip route` calls local.
let localTable: UInt32 = 255
