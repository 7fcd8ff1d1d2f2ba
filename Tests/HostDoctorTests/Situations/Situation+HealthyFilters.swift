extension Situation {
  /// Packet filters that let the members' traffic pass.
  static let healthyFilters: [Situation] = [
    Situation(
      name: "a stateful filter with sets and a verdict map", fault: nil,
      script: [
        nft(
          """
          table inet filter {
            set members { type ipv6_addr; flags interval; elements = { 2001:db8:1:0:ff::/80 }; }
            map ways { type ifname : verdict; elements = { "eth0" : jump in, "zt0" : jump out }; }
            chain in { ip6 daddr @members accept; }
            chain out { ip6 saddr @members accept; }
            chain forward {
              type filter hook forward priority 0; policy drop;
              ct state vmap { established : accept, related : accept, invalid : drop }
              iifname vmap @ways
            }
            chain input {
              type filter hook input priority 0; policy drop;
              ct state established,related accept
              icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
            }
          }
          """)
      ]),
    Situation(
      name: "a range within a concatenation accepts", fault: nil,
      script: [
        nft(
          """
          table inet filter {
            set pairs {
              type ifname . ipv6_addr; flags interval;
              elements = { "eth0" . 2001:db8:1:0:ff::-2001:db8:1:0:ff::ffff }
            }
            chain forward {
              type filter hook forward priority 0; policy drop;
              iifname . ip6 daddr @pairs accept
              iifname "zt0" accept
            }
          }
          """)
      ]),
    Situation(
      name: "a strict reverse path filter, and the default route through the proxy interface",
      fault: nil,
      script: [
        nft(
          """
          table inet rpf {
            chain pre {
              type filter hook prerouting priority raw;
              fib saddr . iif oif missing drop
            }
          }
          """)
      ]),
    Situation(
      name: "a strict reverse path filter, and policy routing for the members", fault: nil,
      script: [
        "ip link add eth1 type veth peer name eth1p; ip link set eth1 up; ip link set eth1p up",
        "ip -6 route replace default dev eth1",
        "ip -6 rule add from 2001:db8:1:0:ff::/80 lookup main suppress_prefixlength 0 pref 90",
        "ip -6 rule add from 2001:db8:1:0:ff::/80 lookup 100 pref 100",
        "ip -6 route add default via 2001:db8:1::1 dev eth0 table 100",
        nft(
          """
          table inet rpf {
            chain pre {
              type filter hook prerouting priority raw;
              icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
              fib saddr . iif oif missing drop
            }
          }
          """),
      ]),
    Situation(
      name: "a rate limit for echo requests", fault: nil,
      script: [
        nft(
          """
          table inet filter {
            chain forward {
              type filter hook forward priority 0;
              icmpv6 type echo-request limit rate over 50/second drop
            }
          }
          """)
      ]),
    Situation(
      name: "a tc filter that passes everything", fault: nil,
      script: [
        "tc qdisc add dev eth0 clsact",
        "tc filter add dev eth0 ingress protocol ipv6 prio 1 u32 match u32 0 0 flowid 1:1",
      ]),
    Situation(
      name: "masquerading of something else", fault: nil,
      script: [
        nft(
          """
          table ip6 nat {
            chain post {
              type nat hook postrouting priority srcnat;
              ip6 saddr fd00::/8 oifname "eth0" masquerade
            }
          }
          """)
      ]),
  ]
}
