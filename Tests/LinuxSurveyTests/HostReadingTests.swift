import LinuxNet
import LinuxSupport
import NDPWire
import Testing

@testable import LinuxSurvey

/// What is read of a host at once, on a real kernel.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct HostReadingTests {
  @Test func `links are read with their settings and kinds`() throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    try shell(
      namespace, "ip link add br0 mtu 1400 type bridge",
      "sysctl -qw net.ipv6.conf.a0.forwarding=1 net.ipv6.conf.a0.accept_ra=2",
      "sysctl -qw net.ipv6.conf.a0.proxy_ndp=1 net.ipv6.conf.b0.addr_gen_mode=1")
    let links = try namespace.run { try DetailedLink.readAll() }
    let first = try #require(links.first { $0.link.index == ends.first })
    var settings = IPv6Settings()
    settings.proxyNDP = 1
    settings.isDisabled = true
    #expect(first.settings == settings)
    #expect(first.kind == "veth")
    #expect(first.mtu == 1500)
    let second = try #require(links.first { $0.link.index == ends.second })
    #expect(second.settings?.addressGenerationMode == 1)
    #expect(second.settings?.forwarding == 0)
    #expect(second.settings?.acceptRouterAdvertisements == 1)
    let bridge = try #require(links.first { $0.link.name == "br0" })
    #expect(bridge.kind == "bridge")
    #expect(bridge.mtu == 1400)
    #expect(links.first { $0.link.name == "lo" }?.kind == nil)
  }

  @Test func `routes are read with type, metric, table and next hops`() throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    try shell(
      namespace, "sysctl -qw net.ipv6.conf.a0.disable_ipv6=0 net.ipv6.conf.b0.disable_ipv6=0",
      "ip address add 2001:db8:1::1/64 dev a0 nodad",
      "ip -6 route add blackhole 2001:db8:4::/64 metric 7",
      "ip link set lo up", "ip -6 route add local 2001:db8:5::/64 dev lo",
      "ip -6 route add 2001:db8:6::/64 table 300 dev b0",
      "ip -6 route add default proto ra nexthop via fe80::1 dev a0 nexthop via fe80::2 dev b0")
    let routes = try namespace.run {
      try RouteEntry.readAll { $0.destination.address.bits >> 112 != 0xfe80 }
    }
    func prefix(_ text: String) -> IPv6Prefix { IPv6Prefix(text)! }
    let onLink = RouteEntry(
      destination: prefix("2001:db8:1::/64"), interface: ends.first, metric: 256, origin: 2)
    #expect(routes.contains(onLink))
    let blackhole = routes.first { $0.destination == prefix("2001:db8:4::/64") }
    #expect(blackhole?.type == .blackhole && blackhole?.metric == 7)
    let local = routes.first { $0.destination == prefix("2001:db8:5::/64") }
    #expect(local?.type == .local && local?.table == 255)
    #expect(routes.first { $0.destination == prefix("2001:db8:6::/64") }?.table == 300)
    let hops = routes.filter { $0.destination == prefix("::/0") && $0.table == 254 }
    #expect(Set(hops.compactMap(\.interface)) == [ends.first, ends.second])
    #expect(Set(hops.compactMap(\.gateway)) == [IPv6Address("fe80::1")!, IPv6Address("fe80::2")!])
    #expect(hops.map(\.origin) == [9, 9])
  }

  @Test func `forwarding, proxy entries, policy rules and duplicates are read`() throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    try shell(
      namespace, "sysctl -qw net.ipv6.conf.default.forwarding=1",
      "sysctl -qw net.ipv6.conf.a0.disable_ipv6=0 net.ipv6.conf.b0.disable_ipv6=0",
      "ip -6 neigh add proxy 2001:db8::10 dev a0", "ip -6 rule add table 300 priority 99",
      "ip -6 neigh add 2001:db8::1 lladdr 02:00:00:00:00:01 dev a0 nud permanent router")
    try namespace.run {
      #expect(try ForwardingSettings.read() == ForwardingSettings(all: false, default: true))
      let proxied = try NeighborCacheEntry.readProxyEntries()
      #expect(proxied.map(\.address) == [IPv6Address("2001:db8::10")!])
      #expect(proxied.map(\.interface) == [ends.first])
      let known = try NeighborCacheEntry.readAll().first {
        $0.address == IPv6Address("2001:db8::1")!
      }
      #expect(known?.isRouter == true && known?.isUnanswered == false)
      #expect(known?.linkLayerAddress == MACAddress("02:00:00:00:00:01")!)
      let rules = try PolicyRule.readAll()
      #expect(rules.filter { !$0.isDefault } == [PolicyRule(priority: 99, table: 300)])
      let load = try #require(try NeighborCacheLoad.read())
      #expect(load.limit >= 1 && load.entries >= 0 && !load.isAdjustable)
    }
    try shell(namespace, "sysctl -qw net.ipv6.conf.all.forwarding=1")
    #expect(try namespace.run { try ForwardingSettings.read().all })
  }

  @Test func `the packet filter is read, whoever made it`() throws {
    let namespace = try NetworkNamespace()
    try shell(
      namespace, "ip6tables -P FORWARD DROP",
      "ip6tables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "ip6tables -A FORWARD -p icmpv6 --icmpv6-type 135 -j REJECT",
      "ip6tables -A FORWARD -m limit --limit 1/s -j ACCEPT",
      "nft add table inet t", "nft add set inet t s '{ type ipv6_addr; flags interval; }'",
      "nft add element inet t s '{ 2001:db8::/32 }'",
      "nft add chain inet t c '{ type filter hook input priority 5; policy drop; }'",
      "nft add chain inet t d", "nft add rule inet t c ip6 saddr @s jump d")
    let ruleset = try namespace.run { try NetfilterRuleset.read() }
    let forward = try #require(ruleset.chains.first { $0.name == "FORWARD" })
    #expect(forward.words == "ip6 filter FORWARD")
    #expect(forward.dropsByPolicy && forward.kind == .filter && forward.hook?.number == 2)
    #expect(forward.rules.count == 3)
    #expect(
      forward.rules[0].expressions.contains(.connectionState(mask: 6, isInverted: false)))
    #expect(forward.rules[0].expressions.contains(.verdict(.accept)))
    #expect(forward.rules[1].expressions.contains(.icmp6(type: 135, isInverted: false)))
    #expect(forward.rules[1].expressions.contains(.reject))
    #expect(forward.rules[2].expressions.contains(.unknown("limit")))
    let chain = try #require(ruleset.chains.first { $0.name == "c" })
    #expect(chain.hook == NetfilterHook(number: 1, priority: 5))
    #expect(chain.rules.first?.expressions.last == .verdict(.jump("d")))
    let set = try #require(ruleset.set("s", beside: chain))
    #expect(set.hasIntervals)
    #expect(Set(set.elements.map(\.isIntervalEnd)) == [true, false])
    #expect(ruleset.chain("d", beside: chain)?.hook == nil)
  }
}
