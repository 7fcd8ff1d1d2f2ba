import NetworkLab
import Testing

/// Something that somebody got wrong, and the code by which the doctor names it.
struct Misconfiguration: Sendable, CustomTestStringConvertible {
  let code: String
  let name: String
  var rule = "rule 2001:db8:1:0:ff::/80 { auto }"
  var more = ""
  /// Lines before the proxy.
  var options = ""
  var proxy = "eth0"
  /// Whether a ping fails until it is mended.
  var breaksPing = true
  /// Where the router pings from.
  var source: String?
  var hasRouterAdvertisements = false
  /// What is so before the daemon starts.
  var prepare: @Sendable (Lab) async throws -> Void = { _ in }
  var happen: @Sendable (Lab) async throws -> Void = { _ in }

  var testDescription: String { "\(code) \(name)" }

  var configuration: String {
    let block = { (text: String) in
      text.split(separator: " ").map { ["{", "}"].contains($0) ? "\($0)\n" : "\($0) " }.joined()
    }
    return "\(options)\nproxy \(proxy) {\n\(block(rule))\(block(more))}\n"
  }
}

private let prefix = "2001:db8:1:0:ff::/80"

extension Misconfiguration {
  static let all = hosts + routes + filters + interfaces + others

  private static let hosts: [Misconfiguration] = [
    Misconfiguration(
      code: "D01", name: "forwarding is off",
      happen: { try await $0.shell("sysctl -qw net.ipv6.conf.all.forwarding=0") }),
    Misconfiguration(
      code: "D02", name: "forwarding is set on the interfaces alone",
      happen: {
        try await $0.shell("sysctl -qw net.ipv6.conf.all.forwarding=0")
        try await $0.shell("sysctl -qw net.ipv6.conf.eth0.forwarding=1")
      }),
    Misconfiguration(
      code: "D02", name: "one interface behaves as a host's", breaksPing: false,
      happen: { try await $0.shell("sysctl -qw net.ipv6.conf.eth0.forwarding=0") }),
    Misconfiguration(
      code: "D03", name: "router advertisements are ignored", breaksPing: false,
      hasRouterAdvertisements: true,
      happen: {
        try await $0.shell("sysctl -qw net.ipv6.conf.eth0.accept_ra=1")
        try await $0.shell("ip -6 route del default")
      }),
    Misconfiguration(
      code: "D03", name: "there is no default route", source: "2001:db8:ffff::1",
      happen: {
        try await $0.farAddress()
        try await $0.shell("sysctl -qw net.ipv6.conf.eth0.accept_ra=0")
        try await $0.shell("ip -6 route del default")
      }),
    Misconfiguration(
      code: "D46", name: "forwarding is forgotten at boot", breaksPing: false,
      happen: { try await $0.shell("rm \($0.root)/etc/sysctl.d/80-forwarding.conf") }),
    Misconfiguration(
      code: "D47", name: "the address is deprecated", breaksPing: false,
      happen: {
        try await $0.shell("ip -6 address change 2001:db8:1::2/64 dev eth0 preferred_lft 0")
      }),
  ]

  private static let routes: [Misconfiguration] = [
    Misconfiguration(
      code: "D04", name: "no route to the members",
      happen: { try await $0.shell("ip -6 route del \(prefix) dev zt0") }),
    Misconfiguration(
      code: "D04", name: "an unreachable route",
      happen: { try await $0.shell("ip -6 route add unreachable \(prefix) metric 1") }),
    Misconfiguration(
      code: "D04", name: "a blackhole for a part",
      happen: {
        try await $0.shell("ip -6 route add blackhole 2001:db8:1:0:ff::/96 metric 10")
      }),
    Misconfiguration(
      code: "D05", name: "the prefix is routed upstream as well", breaksPing: false,
      happen: { try await $0.shell("ip -6 route add \(prefix) dev eth0 metric 2048") }),
    Misconfiguration(
      code: "D06", name: "the prefix is local", breaksPing: false,
      happen: { try await $0.shell("ip -6 route add local \(prefix) dev lo metric 1") }),
    Misconfiguration(
      code: "D07", name: "another /64 in the rule", rule: "rule 2001:db8:2:0:ff::/80 { auto }"),
    Misconfiguration(
      code: "D23", name: "a rule solicits on a tunnel",
      more: "rule 2001:db8:1:0:fe::/80 { iface tun0 }", breaksPing: false,
      prepare: {
        try await $0.shell("ip tuntap add tun0 mode tun")
        try await $0.shell("ip link set tun0 up")
        try await $0.shell("ip -6 route add 2001:db8:1:0:fe::/80 dev tun0")
      }),
  ]

  private static let filters: [Misconfiguration] = [
    Misconfiguration(
      code: "D10", name: "the forward policy drops",
      happen: {
        try await $0.nft(
          "table ip6 filter { chain FORWARD {\n"
            + "type filter hook forward priority 0; policy drop;\n}\n}\n")
      }),
    Misconfiguration(
      code: "D10", name: "a rule far down drops",
      happen: {
        try await $0.nft(
          """
          table inet guard {
            set outer { type ifname; elements = { "eth0" }; }
            chain inner {
              ip6 daddr 2001:db8:1:0:ff::/80 icmpv6 type { echo-request, echo-reply } drop
            }
            chain first {
              type filter hook forward priority 0;
              iifname @outer jump inner
            }
          }

          """)
      }),
    Misconfiguration(
      code: "D11", name: "Docker drops",
      happen: {
        for words in [
          "-P FORWARD DROP", "-N DOCKER-USER", "-A FORWARD -j DOCKER-USER",
          "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
          "-A FORWARD -o docker0 -j ACCEPT",
        ] { try await $0.shell("ip6tables \(words)") }
      }),
    Misconfiguration(
      code: "D13", name: "a reverse path filter and another default route",
      source: "2001:db8:ffff::1",
      happen: {
        try await $0.farAddress()
        try await $0.nft(
          "table inet rpf { chain pre {\n"
            + "type filter hook prerouting priority raw;\n"
            + "fib saddr . iif oif missing drop\n}\n}\n")
        try await $0.shell(
          "ip -6 route replace default via \(FoundingNetwork.memberAddress(0)) dev zt0")
      }),
    Misconfiguration(
      code: "D14", name: "the input policy drops, and knows no ICMPv6",
      happen: {
        try await $0.nft(
          "table inet filter { chain input {\n"
            + "type filter hook input priority 0; policy drop;\n"
            + "tcp dport { 22, 443 } accept\n}\n}\n")
      }),
    Misconfiguration(
      code: "D14", name: "solicitations cannot go out",
      happen: {
        try await $0.nft(
          "table ip6 filter { chain output {\n"
            + "type filter hook output priority 0;\n"
            + "icmpv6 type nd-neighbor-solicit drop\n}\n}\n")
      }),
    Misconfiguration(
      code: "D15", name: "solicitations are dropped at the interface",
      happen: { try await $0.ingress("icmpv6 type nd-neighbor-solicit drop") }),
    Misconfiguration(
      code: "D15", name: "unicast solicitations are dropped at the interface", breaksPing: false,
      happen: {
        try await $0.ingress(
          "ether daddr 02:00:00:00:00:ee icmpv6 type nd-neighbor-solicit drop")
      }),
    Misconfiguration(
      code: "D15", name: "advertisements do not get out of the interface",
      options: "kernel-path no",
      happen: {
        try await $0.ingress("icmpv6 type nd-neighbor-advert drop", hook: "egress")
      }),
    Misconfiguration(
      code: "D29", name: "Packet Too Big is dropped", breaksPing: false,
      happen: {
        try await $0.shell("ip link set zt0 mtu 1400")
        try await $0.nft(
          "table ip6 filter { chain output {\n"
            + "type filter hook output priority 0;\n"
            + "icmpv6 type packet-too-big drop\n}\n}\n")
      }),
  ]

  private static let interfaces: [Misconfiguration] = [
    Misconfiguration(
      code: "D20", name: "the inside is down", rule: "rule \(prefix) { iface zt0 }",
      happen: {
        try await $0.shell("sysctl -qw net.ipv6.conf.zt0.keep_addr_on_down=1")
        try await $0.shell("ip link set zt0 down")
      }),
    Misconfiguration(
      code: "D20", name: "the interface has another name",
      happen: { try await $0.shell("ip link set eth0 name wan0") }),
    Misconfiguration(
      code: "D21", name: "IPv6 is disabled inside", rule: "rule \(prefix) { iface zt0 }",
      prepare: {
        try await $0.network.member.run(
          "ip", "-6", "route", "replace", "default", "via", "fe80::ff:fe00:ef", "dev", "zt0")
      },
      happen: { try await $0.shell("sysctl -qw net.ipv6.conf.zt0.disable_ipv6=1") }),
    Misconfiguration(
      code: "D21", name: "no link-local address outside", breaksPing: false,
      happen: { try await $0.shell("ip -6 address flush dev eth0 scope link") }),
    Misconfiguration(
      code: "D22", name: "another host has the address", breaksPing: false,
      happen: {
        let address = "2001:db8:1::99/64"
        try await $0.network.router.run("ip", "-6", "address", "add", address, "dev", "up0")
        try await $0.shell("sysctl -qw net.ipv6.conf.eth0.accept_dad=1")
        try await $0.shell("sysctl -qw net.ipv6.conf.eth0.dad_transmits=1")
        try await $0.shell("ip -6 address add \(address) dev eth0")
        try await $0.shell(
          "for i in $(seq 50); do ip -6 address show dev eth0 | grep -q dadfailed && exit 0; "
            + "sleep 0.1; done; exit 1")
      }),
    Misconfiguration(
      code: "D28", name: "the interface is a port of a bridge",
      happen: { try await $0.bridgeUpstream("mcast_snooping 0") }),
  ]

  private static let others: [Misconfiguration] = [
    Misconfiguration(
      code: "D41", name: "the kernel answers too", breaksPing: false,
      happen: {
        try await $0.shell("sysctl -qw net.ipv6.conf.eth0.proxy_ndp=1")
        try await $0.shell("ip -6 neigh add proxy \(FoundingNetwork.memberAddress(0)) dev eth0")
      }),
    Misconfiguration(
      code: "D42", name: "systemd-networkd is a proxy", breaksPing: false,
      happen: {
        try await $0.write(
          "[Match]\nName=eth0\n[Network]\nIPv6ProxyNDP=yes\n",
          to: "/etc/systemd/network/10-eth0.network")
      }),
    Misconfiguration(
      code: "D45", name: "a static rule for the router's own link",
      rule: "rule 2001:db8:1::/64 { static }", breaksPing: false),
  ]
}

extension Lab {
  /// An address beyond the router, and a router that says to be one.
  fileprivate func farAddress() async throws {
    try network.router.set("all/forwarding", to: "1")
    try await network.router.run("ip", "-6", "address", "add", "2001:db8:ffff::1/128", "dev", "lo")
    try await shell("ip -6 neigh flush dev eth0")
    try await shell("ping -c 1 -W 2 2001:db8:1::1 > /dev/null")
  }

  fileprivate func ingress(_ rule: String, hook: String = "ingress") async throws {
    try await nft(
      """
      table netdev edge {
        chain frames {
          type filter hook \(hook) device "eth0" priority 0;
          \(rule)
        }
      }

      """)
  }

  /// Puts eth0 into a bridge that takes over its addresses.
  func bridgeUpstream(_ options: String) async throws {
    for line in [
      "ip link add wan address 02:00:00:00:00:ee type bridge \(options)",
      "ip link set eth0 master wan", "ip link set wan up", "ip -6 address flush dev eth0",
      "ip -6 address add 2001:db8:1::2/64 dev wan nodad",
      "ip -6 route replace default via 2001:db8:1::1 dev wan",
    ] { try await shell(line) }
  }
}
