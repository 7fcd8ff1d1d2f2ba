extension Situation {
  /// Members answer on zt0, and any address of the /64 is the gateway's own.
  private static let anyIP = [
    "ip -6 addr flush dev zt0 scope global", "ip -6 route add local 2001:db8:1::/64 dev lo",
    "sysctl -qw net.ipv6.conf.all.forwarding=0 net.ipv6.ip_nonlocal_bind=1",
    "rm $ROOT/etc/sysctl.d/80-forwarding.conf", "r:ip -6 addr add fe80::1/64 dev up0 nodad",
    "r:ip -6 addr del 2001:db8:1::1/64 dev up0; ip -6 route add 2001:db8:1::/64 dev up0",
    "ip -6 route replace default via fe80::1 dev eth0",
  ]

  /// Another interface, behind which nobody is.
  private static func link(_ name: String) -> String {
    "ip link add \(name) type veth peer name \(name)p; ip link set \(name) up; "
      + "ip link set \(name)p up"
  }

  /// Hosts that work, as people run them.
  static let healthy: [Situation] = [
    Situation(name: "members behind ZeroTier, auto", fault: nil),
    Situation(
      name: "members behind ZeroTier, iface with a pattern", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1:0:ff::/80 { iface zt* } }"),
    Situation(
      name: "AnyIP: the whole /64 local, static, no forwarding", fault: nil,
      configuration: "proxy eth0 { router no ; rule 2001:db8:1::/64 { static } }",
      script: anyIP, target: "2001:db8:1:0:dead:beef:0:1"),
    Situation(
      name: "AnyIP: a local /80, auto", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1:0:aa::/80 { auto } }",
      script: [
        "ip -6 route add local 2001:db8:1:0:aa::/80 dev lo",
        "sysctl -qw net.ipv6.conf.all.forwarding=0", "rm $ROOT/etc/sysctl.d/80-forwarding.conf",
      ], target: "2001:db8:1:0:aa::77"),
    Situation(
      name: "AnyIP with a default route by router advertisement and accept_ra = 1", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1::/64 { static } }",
      script: anyIP + [
        "sysctl -qw net.ipv6.conf.eth0.accept_ra=1",
        "ip -6 route replace default via fe80::1 dev eth0 proto ra",
      ], target: "2001:db8:1::99"),
    Situation(
      name: "policy routing: the members' default route in a table of its own", fault: nil,
      script: [
        link("eth1"), "ip -6 route replace default dev eth1",
        "ip -6 rule add from 2001:db8:1:0:ff::/80 lookup main suppress_prefixlength 0 pref 90",
        "ip -6 rule add from 2001:db8:1:0:ff::/80 lookup 100 pref 100",
        "ip -6 route add default via 2001:db8:1::1 dev eth0 table 100",
      ]),
    Situation(
      name: "policy routing: the members' prefix in a table for packets from eth0",
      fault: nil,
      script: [
        withoutInside, "ip -6 route add 2001:db8:1:0:ff::/80 dev zt0 table 200",
        "ip -6 rule add iif eth0 lookup 200 pref 200",
        "ip -6 rule add iif zt0 lookup main pref 201",
      ]),
    Situation(
      name: "2000::/3 instead of a default route", fault: nil,
      script: [
        "ip -6 route del default", "ip -6 route add 2000::/3 via 2001:db8:1::1 dev eth0",
      ]),
    Situation(
      name: "a /128 on the WAN, gateway fe80::1, the /64 on the guests' side", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1::/64 { auto } }",
      script: [
        "r:ip -6 addr add fe80::1/64 dev up0 nodad",
        "r:ip -6 route replace 2001:db8:1::/64 dev up0 metric 1",
        "ip -6 addr del 2001:db8:1::2/64 dev eth0", "ip -6 addr add 2001:db8:1::2/128 dev eth0",
        "ip -6 addr flush dev zt0 scope global", "ip -6 addr add 2001:db8:1::2/64 dev zt0 nodad",
        "ip -6 route replace default via fe80::1 dev eth0",
        "m:ip -6 addr flush dev zt0 scope global",
        "m:ip -6 addr add 2001:db8:1::77/64 dev zt0 nodad",
        "m:ip -6 route replace default via 2001:db8:1::2 dev zt0",
      ], target: "2001:db8:1::77"),
    Situation(
      name: "Proxmox: a /80 of the provider's /64 on the WAN, another /80 for the guests",
      fault: nil,
      script: [
        "ip -6 addr del 2001:db8:1::2/64 dev eth0",
        "ip -6 addr add 2001:db8:1::2/80 dev eth0 nodad",
        "ip -6 route replace default via 2001:db8:1::1 dev eth0",
      ]),
    Situation(
      name: "Proxmox: WAN and guests on bridges", fault: nil,
      configuration: "proxy vmbr0 { rule 2001:db8:1:0:ff::/80 { auto } }",
      script: [
        "ip link add vmbr0 address 02:00:00:00:00:ee type bridge mcast_snooping 0",
        "ip link set vmbr0 up; ip -6 addr flush dev eth0; ip link set eth0 master vmbr0",
        "ip -6 addr add 2001:db8:1::2/64 dev vmbr0 nodad",
        "ip -6 route replace default via 2001:db8:1::1 dev vmbr0",
        "ip link add vmbr1 address 02:00:00:00:00:ef type bridge mcast_snooping 0",
        "ip link set vmbr1 up; ip -6 addr flush dev zt0; ip link set zt0 master vmbr1",
        "ip -6 addr add 2001:db8:1:0:ff::1/80 dev vmbr1 nodad",
      ], upstream: "vmbr0"),
    Situation(
      name: "home router: one /64 on both sides, autowire and iface", fault: nil,
      configuration: "proxy eth0 { autowire yes ; rule 2001:db8:1::/64 { iface zt0 } }",
      script: [
        "ip -6 addr flush dev zt0 scope global", "m:ip -6 addr flush dev zt0 scope global",
        "m:ip -6 addr add 2001:db8:1::77/64 dev zt0 nodad",
        "m:ip -6 route replace default via fe80::ff:fe00:ef dev zt0",
      ], target: "2001:db8:1::77", isKnown: false),
    Situation(
      name: "home router: the /64 on both interfaces, autowire and iface", fault: nil,
      configuration: "proxy eth0 { autowire yes ; rule 2001:db8:1::/64 { iface zt0 } }",
      script: [
        "ip -6 addr flush dev zt0 scope global",
        "ip -6 addr add 2001:db8:1::3/64 dev zt0 nodad metric 1000",
        "m:ip -6 addr flush dev zt0 scope global",
        "m:ip -6 addr add 2001:db8:1::77/64 dev zt0 nodad",
        "m:ip -6 route replace default via fe80::ff:fe00:ef dev zt0",
      ], target: "2001:db8:1::77"),
    Situation(
      name: "IPsec road warriors: a policy and no route, static", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1:0:cc::/97 { static } }",
      script: [
        "ip xfrm policy add src ::/0 dst 2001:db8:1:0:cc::/97 dir out tmpl src 192.0.2.1 "
          + "dst 192.0.2.2 proto esp reqid 1 mode tunnel"
      ], target: nil),
    Situation(
      name: "OpenVPN: a tunnel without neighbors, auto", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1:0:dd::/80 { auto } }",
      script: [
        "ip tuntap add tun0 mode tun; ip link set tun0 up",
        "ip -6 addr add 2001:db8:1:0:dd::1/80 dev tun0",
      ], target: nil),
    Situation(
      name: "two groups of members behind two interfaces, one rule", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1:0:f000::/68 { auto } }",
      script: [
        "ip -6 addr flush dev zt0 scope global", link("vmbr1"),
        "ip -6 addr add 2001:db8:1:0:f001::1/80 dev zt0 nodad",
        "ip -6 addr add 2001:db8:1:0:f002::1/80 dev vmbr1 nodad",
        "m:ip -6 addr flush dev zt0 scope global",
        "m:ip -6 addr add 2001:db8:1:0:f001::10/80 dev zt0 nodad",
        "m:ip -6 route replace default via 2001:db8:1:0:f001::1 dev zt0",
      ], target: "2001:db8:1:0:f001::10"),
    Situation(
      name: "members behind another router inside", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1:0:ee::/80 { auto } }",
      script: [
        "ip -6 route add 2001:db8:1:0:ee::/80 via 2001:db8:1:0:ff::10 dev zt0",
        "m:ip -6 addr add 2001:db8:1:0:ee::5/128 dev lo",
      ], target: "2001:db8:1:0:ee::5"),
    Situation(
      name: "an unreachable aggregate, and a longer route inside", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1:0:ff00::/72 { auto } ; "
        + "rule 2001:db8:1:0:ff::/80 { auto } }",
      script: [
        "ip -6 route add unreachable 2001:db8:1:0:ff00::/72",
        "ip -6 route add 2001:db8:1:0:ff01::/80 dev zt0",
      ]),
    Situation(
      name: "a rule for all addresses, ::/0", fault: nil,
      configuration: "proxy eth0 { rule ::/0 { auto } }"),
    Situation(
      name: "the rule is the link's own /64, this host's address included", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1::/64 { auto } }"),
    Situation(
      name: "a wide rule and a longer one inside it", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1::/64 { auto } ; "
        + "rule 2001:db8:1:0:ff::/80 { static } }"),
    Situation(
      name: "excluded addresses that lead nowhere", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1:0:ff::/80 { iface zt0 ; "
        + "exclude 2001:db8:1:0:ff:8000::/81 } }",
      script: ["ip -6 route add blackhole 2001:db8:1:0:ff:8000::/81"]),
    Situation(
      name: "an alternative interface name in the file", fault: nil,
      configuration: "proxy enp3s0 { rule 2001:db8:1:0:ff::/80 { auto } }",
      script: ["ip link property add dev eth0 altname enp3s0"]),
    Situation(
      name: "systemd-networkd: its own default route by RA, accept_ra = 0", fault: nil,
      script: [
        "mkdir -p $ROOT/run/systemd/netif/links $ROOT/run/systemd/system",
        "echo NETWORK_FILE=/etc/systemd/network/10-eth0.network "
          + "> $ROOT/run/systemd/netif/links/$(cat /sys/class/net/eth0/ifindex)",
        "printf '[Network]\\nIPv6AcceptRA=yes\\nIPv6Forwarding=yes\\n' "
          + "> $ROOT/etc/systemd/network/10-eth0.network",
        "rm $ROOT/etc/sysctl.d/80-forwarding.conf", "sysctl -qw net.ipv6.conf.eth0.accept_ra=0",
        "ip -6 route replace default via 2001:db8:1::1 dev eth0 proto ra",
      ]),
    Situation(
      name: "ifupdown: accept_ra 2, and sysctl in /etc/network/interfaces", fault: nil,
      script: [
        "mkdir -p $ROOT/etc/network", "rm $ROOT/etc/sysctl.d/80-forwarding.conf",
        "printf 'iface eth0 inet6 auto\\n  accept_ra 2\\n  up sysctl -w "
          + "net.ipv6.conf.all.forwarding=1\\n' > $ROOT/etc/network/interfaces",
        "sysctl -qw net.ipv6.conf.eth0.accept_ra=2",
        "ip -6 route replace default via 2001:db8:1::1 dev eth0 proto ra",
      ]),
    Situation(
      name: "a pattern in sysctl.d sets forwarding at boot", fault: nil,
      script: ["echo 'net.ipv6.conf.*.forwarding = 1' > $ROOT/etc/sysctl.d/80-forwarding.conf"]),
    Situation(
      name: "ufw sets forwarding at boot", fault: nil,
      script: [
        "rm $ROOT/etc/sysctl.d/80-forwarding.conf; mkdir -p $ROOT/etc/ufw",
        "echo ENABLED=yes > $ROOT/etc/ufw/ufw.conf",
        "echo net/ipv6/conf/all/forwarding=1 > $ROOT/etc/ufw/sysctl.conf",
      ]),
    Situation(
      name: "an empty Docker bridge beside the members", fault: nil,
      configuration: "proxy eth0 { rule 2001:db8:1:0:ff::/80 { auto } ; "
        + "rule 2001:db8:1:0:d0::/80 { auto } }",
      script: [
        "ip link add docker0 type bridge; ip link set docker0 up",
        "ip -6 addr add 2001:db8:1:0:d0::1/80 dev docker0 nodad",
        "ip -6 addr add fe80::1/64 dev docker0 nodad",
      ]),
  ]
}
