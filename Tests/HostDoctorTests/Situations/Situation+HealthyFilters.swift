extension Situation {
  /// Packet filters that let the members' traffic pass.
  static let healthyFilters: [Situation] = [
    Situation(
      name: "Docker: FORWARD drops, DOCKER-USER accepts", fault: nil,
      script: [
        restore(
          """
          *filter
          :INPUT ACCEPT [0:0]
          :FORWARD DROP [0:0]
          :OUTPUT ACCEPT [0:0]
          :DOCKER-USER - [0:0]
          :DOCKER-FORWARD - [0:0]
          -A FORWARD -j DOCKER-USER
          -A FORWARD -j DOCKER-FORWARD
          -A DOCKER-USER -i zt0 -s 2001:db8:1:0:ff::/80 -j ACCEPT
          -A DOCKER-USER -o zt0 -d 2001:db8:1:0:ff::/80 -j ACCEPT
          -A DOCKER-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
          """)
      ]),
    Situation(
      name: "ufw: the default policy, with a route rule", fault: nil,
      script: [restore(ufw(route: true))]),
    Situation(
      name: "firewalld: both interfaces in trusted zones", fault: nil,
      script: [nft(firewalld(forwards: "accept"))]),
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

  /// What ufw loads for IPv6, shortened, and perhaps what `ufw route allow` adds.
  static func ufw(route: Bool) -> String {
    """
    *filter
    :INPUT DROP [0:0]
    :FORWARD DROP [0:0]
    :OUTPUT ACCEPT [0:0]
    :ufw6-before-input - [0:0]
    :ufw6-before-forward - [0:0]
    :ufw6-user-forward - [0:0]
    -A INPUT -j ufw6-before-input
    -A FORWARD -j ufw6-before-forward
    -A ufw6-before-input -i lo -j ACCEPT
    -A ufw6-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A ufw6-before-input -p icmpv6 --icmpv6-type echo-request -j ACCEPT
    -A ufw6-before-input -p icmpv6 --icmpv6-type neighbor-solicitation -m hl --hl-eq 255 -j ACCEPT
    -A ufw6-before-input -p icmpv6 --icmpv6-type neighbor-advertisement -m hl --hl-eq 255 -j ACCEPT
    -A ufw6-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    \(route ? "" : "#")-A ufw6-before-forward -p icmpv6 --icmpv6-type echo-request -j ACCEPT
    -A ufw6-before-forward -j ufw6-user-forward
    \(route ? "" : "#")-A ufw6-user-forward -i eth0 -o zt0 -d 2001:db8:1:0:ff::/80 -j ACCEPT
    \(route ? "" : "#")-A ufw6-user-forward -i zt0 -o eth0 -s 2001:db8:1:0:ff::/80 -j ACCEPT
    """
  }

  /// What firewalld loads, shortened.
  static func firewalld(forwards verdict: String) -> String {
    """
    table inet firewalld {
      chain filter_PREROUTING {
        type filter hook prerouting priority filter + 10; policy accept;
        icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
        meta nfproto ipv6 fib saddr . mark . iif oif missing drop
      }
      chain filter_INPUT {
        type filter hook input priority filter + 10; policy accept;
        ct state { established, related } accept
        iifname "lo" accept
        ct state invalid drop
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
        reject with icmpx admin-prohibited
      }
      chain filter_FORWARD {
        type filter hook forward priority filter + 10; policy accept;
        ct state { established, related } accept
        ct status dnat accept
        iifname "lo" accept
        ct state invalid drop
        ip6 daddr { ::/96, ::ffff:0.0.0.0/96, 2002::/24 } reject with icmpv6 addr-unreachable
        jump filter_FORWARD_POLICIES
        reject with icmpx admin-prohibited
      }
      chain filter_FORWARD_POLICIES {
        iifname "eth0" oifname "zt0" jump filter_FWD_trusted
        iifname "zt0" oifname "eth0" jump filter_FWD_trusted
      }
      chain filter_FWD_trusted {
        \(verdict)
      }
    }
    """
  }
}
