import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// More route changes than a socket's buffer holds.
private let linkStorm = storm(of: "link set dev b0 alias number$i")
private let routeStorm = storm(of: "route add 2001:db8:$i::/64 dev lo")

/// More changes than a netlink socket can hold.
private func storm(of change: String) -> String {
  "sh -c 'i=0; while [ $i -lt 9000 ]; do i=$((i+1)); echo \(change); done | ip -6 -batch -'"
}

@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct NetlinkTests {
  @Test func `links and addresses are told as they are and as they change`() throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    try shell(
      namespace, "sysctl -qw net.ipv6.conf.a0.disable_ipv6=0 net.ipv6.conf.a0.accept_dad=0",
      "ip address add 2001:db8::1/64 dev a0 nodad")
    let monitor = try namespace.run { try HostMonitor() }
    let routes = try namespace.run { try RouteMonitor() }
    var told: [HostChange] = []
    try monitor.readAll { told.append($0) }
    let link = Link(
      index: ends.first, name: "a0", linkLayerAddress: MACAddress("02:00:00:00:00:0a")!,
      isUp: true, isRunning: true, master: nil, hasNeighborDiscovery: true, kind: "veth")
    #expect(told.contains(.link(link)))
    let address = LinkAddress(
      index: ends.first, address: IPv6Address("2001:db8::1")!, prefixLength: 64,
      isTentative: false, isDeprecated: false)
    #expect(told.contains(.address(address)))
    let loopback = told.compactMap { if case .link(let link) = $0 { link } else { nil } }
      .first { $0.name == "lo" }
    #expect(loopback?.hasNeighborDiscovery == false)

    told = []
    try shell(
      namespace, "ip address add 2001:db8::2/128 preferred_lft 0 dev a0 nodad",
      "ip address del 2001:db8::1/64 dev a0", "ip link set b0 down",
      "ip link add br0 type bridge", "ip link set b0 master br0", "ip link set b0 name c0",
      "ip link del a0")
    while try monitor.receive({ told.append($0) }) {}
    let deprecated = LinkAddress(
      index: ends.first, address: IPv6Address("2001:db8::2")!, prefixLength: 128,
      isTentative: false, isDeprecated: true)
    #expect(told.contains(.address(deprecated)))
    #expect(told.contains(.addressRemoved(address)))
    let haveRoutesChanged = try routes.takeChanges()
    #expect(haveRoutesChanged)
    let areRoutesQuiet = try !routes.takeChanges()
    #expect(areRoutesQuiet)
    let links = told.compactMap { if case .link(let link) = $0 { link } else { nil } }
    #expect(links.contains { $0.index == ends.second && !$0.isUp })
    #expect(links.contains { $0.index == ends.first && $0.isUp && !$0.isRunning })
    #expect(links.contains { $0.index == ends.second && $0.master != nil })
    #expect(links.contains { $0.index == ends.second && $0.name == "c0" })
    #expect(told.contains(.linkRemoved(ends.first)))
  }

  @Test func `a storm of route changes is one piece of news, and costs none of interfaces`() throws
  {
    let namespace = try NetworkNamespace()
    _ = try Veth(in: namespace)
    try shell(namespace, "ip link set lo up")
    let monitor = try namespace.run { try HostMonitor() }
    let routes = try namespace.run { try RouteMonitor() }
    try shell(namespace, routeStorm, "ip link set b0 down")
    let hasChanged = try routes.takeChanges()
    #expect(hasChanged)
    let isQuiet = try !routes.takeChanges()
    #expect(isQuiet)
    var told = 0
    try monitor.receive { _ in told += 1 }
    #expect(told > 0)
  }

  @Test func `a lost notification is an overrun, and reading anew ends it`() throws {
    let namespace = try NetworkNamespace()
    _ = try Veth(in: namespace)
    let monitor = try namespace.run { try HostMonitor() }
    try shell(namespace, "ip link set lo up")
    try shell(namespace, linkStorm)
    #expect(isOverrun { () throws(SystemError) in try monitor.receive { _ in } })
    var told: [HostChange] = []
    var attempts = 0
    while isOverrun({ () throws(SystemError) in try monitor.readAll { told.append($0) } }) {
      attempts += 1
      #expect(attempts < 10)
      told = []
    }
    #expect(told.contains { if case .link(let link) = $0 { link.name == "b0" } else { false } })
  }

  @Test func `a reading that was broken off does not pass for the next one`() throws {
    let namespace = try NetworkNamespace()
    _ = try Veth(in: namespace)
    try shell(
      namespace, "ip link set lo up",
      "sh -c 'i=0; while [ $i -lt 100 ]; do i=$((i+1));"
        + " echo link add v$i type veth peer name w$i; done | ip -batch -'")
    let monitor = try namespace.run { try HostMonitor() }
    var isDisturbed = false
    _ = isOverrun { () throws(SystemError) in
      try monitor.readAll { _ in
        if !isDisturbed { try? shell(namespace, linkStorm) }
        isDisturbed = true
      }
    }
    for _ in 0..<3 {
      var names: Set<String> = []
      let isBroken = isOverrun { () throws(SystemError) in
        try monitor.readAll { if case .link(let link) = $0 { names.insert(link.name) } }
      }
      #expect(isBroken || names.count == 203, "\(names.count) links")
    }
  }

  private func isOverrun(_ body: () throws(SystemError) -> Void) -> Bool {
    do {
      try body()
      return false
    } catch {
      return error.isOverrun
    }
  }
}
