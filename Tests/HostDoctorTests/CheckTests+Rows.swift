import LinuxNet
import LinuxSurvey
import NDPWire
import ProxyConfig

@testable import HostDoctor

extension CheckTests {
  static let routes: [Row] = [
    Row(
      code: "D03", name: "advertisements are ignored", severity: .failure,
      fix: "sysctl -w net.ipv6.conf.eth0.accept_ra=2"
    ) {
      $0.picture.routes.removeLast()
      $0.acceptRA(1)
    },
    Row(
      code: "D03", name: "the route will run out", severity: .warning,
      fix: "sysctl -w net.ipv6.conf.eth0.accept_ra=2"
    ) {
      $0.picture.routes[2].origin = 9
      $0.acceptRA(1)
    },
    Row(code: "D03", name: "no route, no router", severity: .failure, fix: nil) {
      $0.picture.routes.removeLast()
    },
    Row(
      code: "D03", name: "no route, a router", severity: .failure,
      fix: "ip -6 route add default via fe80::1 dev eth0"
    ) {
      $0.picture.routes.removeLast()
      $0.picture.neighbors = [
        NeighborCacheEntry(
          interface: Gateway.eth0, address: IPv6Address("fe80::1")!, isRouter: true)
      ]
    },
    Row(code: "D03", name: "elsewhere", severity: .warning, fix: nil) {
      $0.picture.routes[2].interface = Gateway.zt0
    },
    Row(code: "D27", name: "silent", severity: .warning, fix: nil) {
      $0.picture.neighbors = [
        NeighborCacheEntry(
          interface: Gateway.eth0, address: IPv6Address("2001:db8:1::1")!, isUnanswered: true)
      ]
    },
    Row(
      code: "D04", name: "back out", severity: .failure,
      fix: "ip -6 route add 2001:db8:1:0:ff::/80 dev zt0"
    ) {
      $0.picture.routes.remove(at: 1)
    },
    Row(code: "D04", name: "no route", severity: .failure, fix: "ip -6 route add") {
      $0.picture.routes = []
    },
    Row(
      code: "D04", name: "blackhole", severity: .failure,
      fix: "ip -6 route del blackhole 2001:db8:1::/64 metric 5"
    ) {
      $0.picture.routes.remove(at: 1)
      $0.picture.routes.append(
        RouteEntry(destination: Gateway.onLink, type: .blackhole, metric: 5))
    },
    Row(
      code: "D04", name: "static, partly inside", severity: .warning, fix: nil, method: .static,
      prefix: Gateway.onLink
    ) { _ in },
    Row(
      code: "D05", name: "two sides", severity: .warning,
      fix: "ip -6 route del 2001:db8:1:0:ff::/80 dev eth0 metric 2048"
    ) {
      $0.picture.routes.append(
        RouteEntry(destination: Gateway.prefix, interface: Gateway.eth0, metric: 2048))
    },
    Row(
      code: "D06", name: "AnyIP", severity: .failure,
      fix: "ip -6 route del local 2001:db8:1:0:ff::/80 dev lo table 255"
    ) {
      $0.picture.routes.append(
        RouteEntry(
          destination: Gateway.prefix, type: .local, interface: 1, metric: 1024, table: 255))
    },
    Row(
      code: "D07", name: "another /64", severity: .warning,
      fix: "sed -i 's/\\<\\(rule\\)",
      prefix: IPv6Prefix("2001:db8:2:0:ff::/80")!
    ) { _ in },
    Row(
      code: "D23", name: "tun", severity: .failure,
      fix: "sed -i 's/\\<\\(iface\\)", method: .interface("zt0")
    ) {
      $0.change(Gateway.zt0) { $0.link = link(Gateway.zt0, "zt0", hasNeighborDiscovery: false) }
    },
    Row(code: "D48", name: "a rule", severity: .note, fix: nil) {
      $0.picture.policyRules = [PolicyRule(priority: 100, table: 100, isConditional: true)]
    },
  ]

  static let others: [Row] = [
    Row(code: "D12", name: "legacy", severity: .warning, fix: nil) {
      $0.picture.hasLegacyTables = true
    },
    Row(
      code: "D12", name: "legacy policy", severity: .failure,
      fix: "ip6tables-legacy -I FORWARD -i eth0 -o zt0"
    ) {
      $0.picture.hasLegacyTables = true
      $0.picture.legacyForward = LegacyForwardChain(dropsByDefault: true, ruleCount: 0)
    },
    Row(code: "D12", name: "legacy policy and rules", severity: .warning, fix: nil) {
      $0.picture.hasLegacyTables = true
      $0.picture.legacyForward = LegacyForwardChain(dropsByDefault: true, ruleCount: 2)
    },
    Row(code: "D60", name: "nobody asks", severity: .note, fix: nil) {
      $0.picture.daemon = DaemonAccount(solicitationsSeen: 0, advertisementsSent: 0)
    },
    Row(code: "D61", name: "nothing answered", severity: .note, fix: nil) {
      $0.picture.daemon = DaemonAccount(solicitationsSeen: 5, advertisementsSent: 0)
    },
    Row(code: "D43", name: "two masters", severity: .warning, fix: nil) {
      $0.picture.daemon = DaemonAccount(
        solicitationsSeen: 5, advertisementsSent: 5, unmetConditions: [],
        advertisementsOfOthers: 3,
        lastOfOthers: .init(age: 59_000, settled: 5001))
    },
    Row(code: "D62", name: "a backup", severity: .note, fix: nil) {
      $0.picture.daemon = DaemonAccount(
        solicitationsSeen: 5, advertisementsSent: 5, unmetConditions: ["eth0: it is not met"])
    },
    Row(code: "D40", name: "ndppd", severity: .warning, fix: "kill 8") {
      $0.picture.processes = .success([HostProcess(identifier: 8, name: "ndppd")])
    },
    Row(code: "D40", name: "ndppd by systemd", severity: .warning, fix: "systemctl stop ndppd") {
      $0.picture.processes = .success([HostProcess(identifier: 8, name: "ndppd")])
      $0.picture.hasSystemd = true
    },
    Row(
      code: "D41", name: "entries", severity: .warning,
      fix: "ip -6 neighbor del proxy 2001:db8:1:0:ff::10 dev eth0"
    ) {
      $0.picture.proxyEntries = [
        NeighborCacheEntry(interface: Gateway.eth0, address: IPv6Address("2001:db8:1:0:ff::10")!)
      ]
      $0.change(Gateway.eth0) { $0.settings?.proxyNDP = 1 }
    },
    Row(code: "D41", name: "entries, not in effect", severity: .note, fix: "ip -6 neighbor del") {
      $0.picture.proxyEntries = [
        NeighborCacheEntry(interface: Gateway.eth0, address: IPv6Address("2001:db8:1:0:ff::10")!)
      ]
    },
    Row(code: "D42", name: "networkd", severity: .warning, fix: "sed -i") {
      $0.picture.networkFiles = [TextFile(path: "/a b", text: "[Network]\nIPv6ProxyNDP=yes\n")]
    },
    Row(
      code: "D45", name: "the gateway", severity: .warning, fix: "sed -i", method: .static,
      prefix: Gateway.onLink
    ) { _ in },
    Row(
      code: "D44", name: "full", severity: .warning,
      fix: "sysctl -w net.ipv6.neigh.default.gc_thresh3=8000"
    ) { $0.picture.neighborCache = NeighborCacheLoad(entries: 900, limit: 1000) },
    Row(code: "D44", name: "full, in a container", severity: .note, fix: nil) {
      $0.picture.neighborCache = NeighborCacheLoad(
        entries: 900, limit: 1000, isAdjustable: false)
    },
  ]
}
