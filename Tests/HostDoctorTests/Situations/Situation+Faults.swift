extension Situation {
  /// Faults of routes, each in several disguises.
  static let routes: [Situation] = [
    Situation(name: "no route to the members", fault: "D04", script: [withoutInside]),
    Situation(
      name: "no route to the members, static", fault: "D04",
      configuration: "proxy eth0 { rule 2001:db8:1:0:ff::/80 { static } }",
      script: [withoutInside]),
    Situation(
      name: "the route is in a table that no policy rule selects", fault: "D04",
      script: [withoutInside, "ip -6 route add 2001:db8:1:0:ff::/80 dev zt0 table 100"]),
    Situation(
      name: "a policy rule sends packets from eth0 back", fault: "D04",
      script: [
        "ip -6 rule add iif eth0 lookup 300 pref 30",
        "ip -6 route add default via 2001:db8:1::1 dev eth0 table 300",
      ]),
    Situation(
      name: "a policy rule of type prohibit", fault: "D04",
      script: ["ip -6 rule add to 2001:db8:1:0:ff::/80 prohibit pref 30"]),
    Situation(
      name: "a policy rule of type unreachable", fault: "D04",
      script: ["ip -6 rule add iif eth0 to 2001:db8:1:0:ff::/80 unreachable pref 30"]),
    Situation(
      name: "a blackhole with a better metric", fault: "D04",
      script: ["ip -6 route add blackhole 2001:db8:1:0:ff::/80 metric 1"]),
    Situation(
      name: "an unreachable route for the part that is used", fault: "D04",
      script: ["ip -6 route add unreachable 2001:db8:1:0:ff::/112 metric 1"]),
    Situation(
      name: "one /64 on both sides, and the route inside has the higher metric", fault: "D04",
      configuration: "proxy eth0 { rule 2001:db8:1::/64 { iface zt0 } }",
      script: [
        "ip -6 addr flush dev zt0 scope global",
        "ip -6 route add 2001:db8:1::/64 dev zt0 metric 1024",
        "m:ip -6 addr flush dev zt0 scope global",
        "m:ip -6 addr add 2001:db8:1::77/64 dev zt0 nodad",
        "m:ip -6 route replace default via fe80::ff:fe00:ef dev zt0",
      ], target: "2001:db8:1::77"),
    Situation(
      name: "the rule solicits on zt0, and the route leads elsewhere", fault: "D04",
      configuration: "proxy eth0 { rule 2001:db8:1:0:ff::/80 { iface zt0 } }",
      script: [
        "ip link add br1 type bridge; ip link set br1 up",
        "ip -6 route add 2001:db8:1:0:ff::/80 dev br1 metric 1",
      ]),
    Situation(
      name: "IPsec road warriors with auto", fault: "D04",
      configuration: "proxy eth0 { rule 2001:db8:1:0:cc::/97 { auto } }",
      script: [
        "ip xfrm policy add src ::/0 dst 2001:db8:1:0:cc::/97 dir out tmpl src 192.0.2.1 "
          + "dst 192.0.2.2 proto esp reqid 1 mode tunnel"
      ], target: nil),
    Situation(
      name: "an IPsec policy that blocks", fault: "D04",
      script: ["ip xfrm policy add src ::/0 dst 2001:db8:1:0:ff::/80 dir out action block"]),
    Situation(
      name: "a local route hides the members", fault: "D06",
      script: ["ip -6 route add local 2001:db8:1:0:ff::/80 dev lo"], breaksPing: false),
    Situation(
      name: "the rule is for another /64 than the link's", fault: "D07",
      configuration: "proxy eth0 { rule 2001:db8:2:0:ff::/80 { auto } }"),
    Situation(
      name: "no default route", fault: "D03", script: ["ip -6 route del default"]),
    Situation(
      name: "the default route is a blackhole", fault: "D03",
      script: ["ip -6 route replace blackhole default", "ip -6 route del default dev eth0 || true"]),
    Situation(
      name: "a policy rule leaves the members without a default route", fault: "D03",
      script: ["ip -6 rule add from 2001:db8:1:0:ff::/80 iif zt0 unreachable pref 40"]),
    Situation(
      name: "the default route leaves through another interface", fault: "D03",
      script: [
        "ip link add eth1 type veth peer name eth1p; ip link set eth1 up; ip link set eth1p up",
        "ip -6 route replace default dev eth1",
      ]),
    Situation(
      name: "forwarding has removed the default route by RA", fault: "D03",
      script: ["sysctl -qw net.ipv6.conf.eth0.accept_ra=1", "ip -6 route del default"]),
    Situation(
      name: "a rule solicits on a tunnel", fault: "D23",
      configuration: "proxy eth0 { rule 2001:db8:1:0:dd::/80 { iface tun0 } }",
      script: [
        "ip tuntap add tun0 mode tun; ip link set tun0 up",
        "ip -6 route add 2001:db8:1:0:dd::/80 dev tun0",
      ], target: "2001:db8:1:0:dd::10"),
  ]

  private static func forward(_ rules: String, policy: String = "accept") -> String {
    nft(
      "table inet filter {\nset bad { type ipv6_addr; flags interval; "
        + "elements = { 2001:db8:1:0:ff::-2001:db8:1:0:ff::ffff } }\n"
        + "chain inner {\nip6 daddr 2001:db8:1:0:ff::/80 drop\n}\n"
        + "chain f { type filter hook forward priority 0; policy \(policy);\n\(rules)\n}\n}")
  }

  private static func hook(_ hook: String, _ rules: String, policy: String = "accept") -> String {
    nft(
      "table ip6 t {\nchain c { type filter hook \(hook); policy \(policy);\n\(rules)\n}\n}")
  }

  private static func frames(_ table: String, _ rules: String) -> String {
    nft("table \(table) {\nchain c {\ntype filter hook \(rules)\n}\n}")
  }

  /// What the kernel path answers passes by the chains at ingress and egress.
  private static let withoutKernelPath =
    "kernel-path no ; proxy eth0 { rule 2001:db8:1:0:ff::/80 { auto } }"

  /// Faults of packet filters, each in several disguises.
  static let filters: [Situation] = [
    Situation(
      name: "the forward policy drops", fault: "D10", script: [forward("", policy: "drop")]),
    Situation(
      name: "an interval set drops", fault: "D10", script: [forward("ip6 daddr @bad drop")]),
    Situation(
      name: "the target chain of a jump drops", fault: "D10", script: [forward("jump inner")]),
    Situation(
      name: "the target chain of a goto drops", fault: "D10", script: [forward("goto inner")]),
    Situation(
      name: "a verdict map drops", fault: "D10",
      script: [forward("iifname vmap { \"eth0\" : drop, \"zt0\" : accept }")]),
    Situation(
      name: "a catch-all element drops", fault: "D10",
      script: [forward("oifname vmap { \"lo\" : accept, * : drop }")]),
    Situation(
      name: "everything but a list is rejected", fault: "D10",
      script: [forward("ip6 daddr != { fd00::/8, fe80::/10 } reject")]),
    Situation(
      name: "only packets with a small hop limit pass", fault: "D10",
      script: [forward("ip6 hoplimit > 10 drop")]),
    Situation(
      name: "the members may not send", fault: "D10",
      script: [forward("iifname \"zt0\" drop")]),
    Situation(
      name: "a chain before routing drops", fault: "D10",
      script: [hook("prerouting priority -310", "ip6 daddr 2001:db8:1:0:ff::/80 drop")]),
    Situation(
      name: "a chain before connection tracking drops invalid packets", fault: "D10",
      script: [hook("prerouting priority -310", "ip6 nexthdr icmpv6 ct state invalid drop")]),
    Situation(
      name: "a chain behind routing drops", fault: "D10",
      script: [hook("postrouting priority 100", "oifname \"zt0\" drop")]),
    Situation(
      name: "an early chain accepts, a later one drops", fault: "D10",
      script: [forward("accept"), hook("forward priority 10", "", policy: "drop")]),
    Situation(
      name: "ip6tables: REJECT at the end of FORWARD", fault: "D10",
      script: [
        restore(
          "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m state --state ESTABLISHED -j ACCEPT\n"
            + "-A FORWARD -j REJECT")
      ]),
    Situation(
      name: "a reverse path filter, and the default route elsewhere", fault: "D13",
      script: [
        "ip link add eth1 type veth peer name eth1p; ip link set eth1 up; ip link set eth1p up",
        "ip -6 route replace default dev eth1",
        hook("prerouting priority raw", "fib saddr . iif oif missing drop"),
      ]),
    Situation(
      name: "input drops, without a rule for ICMPv6", fault: "D14",
      script: [hook("input priority 0", "tcp dport 22 accept", policy: "drop")]),
    Situation(
      name: "input drops untracked packets, such as Neighbor Discovery", fault: "D14",
      script: [hook("input priority 0", "ct state untracked drop")]),
    Situation(
      name: "output drops solicitations only on the inside", fault: "D14",
      script: [hook("output priority 0", "oifname \"zt0\" icmpv6 type nd-neighbor-solicit drop")],
      later: ["ip -6 neigh flush dev zt0"]),
    Situation(
      name: "netdev ingress drops solicitations", fault: "D15",
      script: [
        frames(
          "netdev t", "ingress device \"eth0\" priority 0; icmpv6 type nd-neighbor-solicit drop")
      ]),
    Situation(
      name: "inet ingress drops solicitations", fault: "D15",
      script: [
        frames("inet t", "ingress device \"eth0\" priority 0; icmpv6 type nd-neighbor-solicit drop")
      ]),
    Situation(
      name: "netdev ingress drops multicast", fault: "D15",
      script: [
        frames(
          "netdev t",
          "ingress device \"eth0\" priority 0; ether daddr & ff:ff:00:00:00:00 == 33:33:00:00:00:00 "
            + "drop")
      ]),
    Situation(
      name: "netdev egress drops advertisements", fault: "D15", configuration: withoutKernelPath,
      script: [
        frames("netdev t", "egress device \"eth0\" priority 0; icmpv6 type nd-neighbor-advert drop")
      ]),
    Situation(
      name: "netdev egress drops advertisements, and the kernel path answers", fault: "D15",
      configuration: "proxy eth0 { rule 2001:db8:1:0:ff::/80 { static } }",
      script: [
        frames("netdev t", "egress device \"eth0\" priority 0; icmpv6 type nd-neighbor-advert drop")
      ], breaksPing: false),
    Situation(
      name: "netdev ingress drops solicitations, and the kernel path answers", fault: "D15",
      configuration: "proxy eth0 { rule 2001:db8:1:0:ff::/80 { static } }",
      script: [
        frames(
          "netdev t", "ingress device \"eth0\" priority 0; icmpv6 type nd-neighbor-solicit drop")
      ], breaksPing: false),
    Situation(
      name: "Packet Too Big is dropped, and the inside has a smaller MTU", fault: "D29",
      script: [
        "ip link set zt0 mtu 1400",
        hook("output priority 0", "icmpv6 type packet-too-big drop"),
      ], breaksPing: false),
  ]

  /// Faults of interfaces, addresses and boot files, each in several disguises.
  static let hosts = interfaces + boot

  private static let interfaces: [Situation] =
    [
      Situation(
        name: "forwarding is off", fault: "D01",
        script: ["sysctl -qw net.ipv6.conf.all.forwarding=0"]),
      Situation(
        name: "forwarding is off, and a part of another rule is AnyIP", fault: "D01",
        configuration: "proxy eth0 { rule 2001:db8:1:0:aa::/80 { static } ; "
          + "rule 2001:db8:1:0:ff::/80 { auto } }",
        script: [
          "ip -6 route add local 2001:db8:1:0:aa::/80 dev lo",
          "sysctl -qw net.ipv6.conf.all.forwarding=0",
        ]),
      Situation(
        name: "forwarding is set only for the interfaces", fault: "D01",
        script: [
          "sysctl -qw net.ipv6.conf.all.forwarding=0",
          "sysctl -qw net.ipv6.conf.eth0.forwarding=1 net.ipv6.conf.zt0.forwarding=1",
        ]),
      Situation(
        name: "no link-local address where 'auto' leads", fault: "D21",
        script: [
          "sysctl -qw net.ipv6.conf.zt0.addr_gen_mode=1", "ip -6 addr flush dev zt0 scope link",
          "ip -6 neigh flush dev zt0",
        ]),
      Situation(
        name: "no link-local address where 'iface' leads", fault: "D21",
        configuration: "proxy eth0 { rule 2001:db8:1:0:ff::/80 { iface zt0 } }",
        script: ["ip -6 addr flush dev zt0 scope link", "ip -6 neigh flush dev zt0"]),
      Situation(
        name: "the inside has no carrier", fault: "D20",
        script: [
          "ip -6 addr flush dev zt0 scope global",
          "ip link add in1 type veth peer name in1p; ip link set in1 up",
          "ip -6 addr add 2001:db8:1:0:ff::1/80 dev in1 nodad",
        ]),
      Situation(
        name: "the file names a port of a bridge", fault: "D28",
        script: [
          "ip link add wan type bridge mcast_snooping 0; ip link set wan up",
          "ip link set eth0 master wan; ip -6 addr flush dev eth0",
          "ip -6 addr add 2001:db8:1::2/64 dev wan nodad",
          "ip -6 route replace default via 2001:db8:1::1 dev wan",
        ]),
      Situation(
        name: "the file names an interface that does not exist", fault: "D20",
        configuration: "proxy eth7 { rule 2001:db8:1:0:ff::/80 { auto } }"),
      Situation(
        name: "static answers for the router", fault: "D45",
        configuration: "proxy eth0 { rule 2001:db8:1::/64 { static } }", breaksPing: false),
      Situation(
        name: "the kernel answers, too", fault: "D41",
        script: [
          "sysctl -qw net.ipv6.conf.eth0.proxy_ndp=1",
          "ip -6 neigh add proxy 2001:db8:1:0:ff::10 dev eth0",
        ], breaksPing: false),
    ]

  /// Forwarding that is set now, and not at boot, although it seems so.
  private static let boot = [
    ("no file sets forwarding", "rm $ROOT/etc/sysctl.d/*"),
    (
      "a comment in a networkd file",
      "rm $ROOT/etc/sysctl.d/*; printf '[Network]\\n#IPForward=yes\\n' "
        + "> $ROOT/etc/systemd/network/x.network"
    ),
    (
      "a comment in rc.local",
      "rm $ROOT/etc/sysctl.d/*; printf '# sysctl -w net.ipv6.conf.all.forwarding=1 (off)\\n' "
        + "> $ROOT/etc/rc.local"
    ),
    (
      "only /etc/sysctl.conf, which systemd does not read",
      "rm $ROOT/etc/sysctl.d/*; mkdir -p $ROOT/run/systemd/system; "
        + "echo net.ipv6.conf.all.forwarding=1 > $ROOT/etc/sysctl.conf"
    ),
    (
      "a later file sets 0",
      "echo 'net.ipv6.conf.all.forwarding = 0' > $ROOT/etc/sysctl.d/99-hardening.conf"
    ),
    (
      "a pattern sets 1, and a line with the name sets 0",
      "rm $ROOT/etc/sysctl.d/*; printf 'net.ipv6.conf.all.forwarding=0\\n"
        + "net.ipv6.conf.*.forwarding=1\\n' > $ROOT/etc/sysctl.d/80-forwarding.conf"
    ),
    (
      "ufw resets it",
      "mkdir -p $ROOT/etc/ufw; echo ENABLED=yes > $ROOT/etc/ufw/ufw.conf; "
        + "echo net/ipv6/conf/all/forwarding=0 > $ROOT/etc/ufw/sysctl.conf"
    ),
  ].map { Situation(name: "at boot: \($0)", fault: "D46", script: [$1], breaksPing: false) }
}
