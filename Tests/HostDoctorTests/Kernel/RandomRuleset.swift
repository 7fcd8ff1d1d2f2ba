import TestSupport

/// A ruleset of nf_tables in the language of nft(8), made from a seed.
///
/// It is about what the gateway of `FirewallLab` sees: eth0 and zt0, a member, a router and
/// somebody
/// far away. Everything that the doctor says it understands occurs, and some of what it does not.
struct RandomRuleset {
  private var random: SeededGenerator
  private var depth = 0

  /// The text to feed nft(8).
  private(set) var text = ""

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    let tables = Int.random(in: 1...2, using: &random)
    for number in 0..<tables { text += table(number) }
    if one(in: 3) { text += frames() }
  }

  private mutating func one(in count: Int) -> Bool {
    Int.random(in: 0..<count, using: &random) == 0
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: elements.indices, using: &random)]
  }

  private static let hooks = ["prerouting", "input", "forward", "output", "postrouting"]

  private mutating func table(_ number: Int) -> String {
    let family = pick(["inet", "ip6"])
    var lines = ["table \(family) t\(number) {"]
    lines += [
      "  set addresses { type ipv6_addr; flags interval; elements = { \(prefixList()) }; }",
      "  set names { type ifname; elements = { \"\(pick(["eth0", "zt0"]))\", \"other0\" }; }",
      "  set kinds { type icmpv6_type; elements = { \(kindList()) }; }",
      "  map fates { type icmpv6_type : verdict; elements = { "
        + "\(pick(Self.kinds)) : \(pick(["accept", "drop", "continue"])) }; }",
    ]
    // Chains lead only to those with a higher number, which come first in the text.
    let inner = Int.random(in: 0...3, using: &random)
    for place in (0..<inner).reversed() {
      lines.append("  chain c\(place) {")
      lines += rules(family, hook: nil, from: place + 1, to: inner)
      lines.append("  }")
    }
    for hook in Self.hooks where one(in: 2) {
      let priority = pick([-310, -150, 0, 0, 5, 100])
      let policy = one(in: 4) ? "drop" : "accept"
      lines.append("  chain \(hook)_\(number) {")
      lines.append("    type filter hook \(hook) priority \(priority); policy \(policy);")
      lines += rules(family, hook: hook, from: 0, to: inner)
      lines.append("  }")
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  /// Chains at ingress and egress, of both families that can have them.
  private mutating func frames() -> String {
    let (family, hook) = pick([("netdev", "ingress"), ("netdev", "egress"), ("inet", "ingress")])
    let device = pick(["eth0", "zt0"])
    var lines = ["table \(family) frames {", "  chain f {"]
    lines.append("    type filter hook \(hook) device \"\(device)\" priority 0;")
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      lines.append("    \(frameMatch()) \(pick(["accept", "drop", "counter"]))")
    }
    return (lines + ["  }", "}", ""]).joined(separator: "\n")
  }

  private mutating func rules(
    _ family: String, hook: String?, from first: Int, to end: Int
  ) -> [String] {
    (0..<Int.random(in: 0...6, using: &random)).map { _ in
      // nft(8) refuses a rule for two protocols.
      let flavour = pick(Flavour.allCases)
      let matches = (0..<Int.random(in: 0...2, using: &random)).map { _ in
        match(flavour, family)
      }
      let statement = statement(flavour, hook, from: first, to: end)
      return "    " + (matches + [statement]).joined(separator: " ")
    }
  }

  /// The protocol that a rule is about.
  private enum Flavour: CaseIterable { case none, tcp, icmp, header }

  private mutating func statement(
    _ flavour: Flavour, _ hook: String?, from first: Int, to end: Int
  ) -> String {
    let target = first < end ? Int.random(in: first..<end, using: &random) : nil
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<6: return "accept"
    case 6..<10: return "drop"
    case 10: return "counter drop"
    case 11: return "return"
    case 12: return "continue"
    case 13: return hook == "forward" || hook == "input" ? "reject" : "accept"
    case 14: return flavour == .icmp || flavour == .none ? "icmpv6 type vmap @fates" : "drop"
    case 15: return "ct state vmap { new : \(pick(["accept", "drop"])), established : accept }"
    case 16: return one(in: 4) ? "meta mark set 7" : "counter"
    case 17, 18: return target.map { "jump c\($0)" } ?? "accept"
    default: return target.map { "goto c\($0)" } ?? "drop"
    }
  }

  private static let kinds = [
    "echo-request", "echo-reply", "nd-neighbor-solicit", "nd-neighbor-advert", "packet-too-big",
  ]

  private static let prefixes = [
    "2001:db8:1:0:ff::/80", "2001:db8:1::/64", "2001:db8:1:0:ff::10", "2001:4860:4860::8888",
    "2001:4860::/32", "2001:db8:1::2", "2001:db8:1::1", "fe80::/10", "::/1", "fc00::/7",
    "2001:db8:1:0:ff::10-2001:db8:1:0:ff::20",
  ]

  /// Some that do not overlap, for a set.
  private mutating func prefixList() -> String {
    let lists = [
      ["2001:db8:1:0:ff::/80", "2001:4860::/32"], ["2001:db8:1::/64", "fe80::/10"],
      ["2001:db8:1:0:ff::8-2001:db8:1:0:ff::11", "2001:4860:4860::8888"], ["fc00::/7"],
    ]
    return pick(lists).joined(separator: ", ")
  }

  private mutating func kindList() -> String {
    pick([
      ["echo-request"], ["nd-neighbor-solicit", "nd-neighbor-advert"],
      ["echo-reply", "mld2-listener-report"],
    ])
    .joined(separator: ", ")
  }

  private mutating func sign() -> String { one(in: 4) ? "!= " : "" }

  private mutating func match(_ flavour: Flavour, _ family: String) -> String {
    guard flavour != .none, !one(in: 3) else { return plainMatch(family) }
    switch flavour {
    case .tcp:
      return pick([
        "tcp dport \(sign())\(pick(["443", "22", "1-1024", "{ 80, 443 }"]))",
        "tcp flags \(pick(["syn", "& (syn | ack) == syn", "& rst == rst"]))",
      ])
    case .icmp:
      return pick([
        "icmpv6 type \(sign())\(pick(Self.kinds))", "icmpv6 type @kinds",
        "icmpv6 type \(pick(["128-129", "130-140", "{ 1-127, 135 }"]))", "icmpv6 code 0",
        "ip6 saddr . icmpv6 type { 2001:4860:4860::8888 . echo-request, "
          + "2001:db8:1:0:ff::10 . echo-reply }",
      ])
    case .header:
      return pick([
        "meta l4proto \(sign())\(pick(["tcp", "ipv6-icmp", "{ tcp, udp }"]))",
        "ip6 nexthdr \(pick(["tcp", "ipv6-icmp"]))",
        "ip6 daddr . meta l4proto { 2001:db8:1::/64 . tcp, 2001:4860::/32 . 0-60 }",
      ])
    case .none: return plainMatch(family)
    }
  }

  private mutating func plainMatch(_ family: String) -> String {
    switch Int.random(in: 0..<17, using: &random) {
    case 0: return "iifname \(sign())\"\(pick(["eth0", "zt0", "zt*", "lo", "et*"]))\""
    case 1: return "oifname \(sign())\"\(pick(["eth0", "zt0", "zt*", "lo"]))\""
    case 2: return "ip6 saddr \(sign())\(pick(Self.prefixes))"
    case 3: return "ip6 daddr \(sign())\(pick(Self.prefixes))"
    case 4: return "ip6 saddr \(sign())@addresses"
    case 5: return "ip6 daddr \(sign()){ \(prefixList()) }"
    case 6, 7:
      return "ct state "
        + pick(["new", "established,related", "invalid", "untracked", "new,untracked"])
    case 8: return "ct direction \(pick(["original", "reply"]))"
    case 9, 10:
      return "ip6 hoplimit \(pick(["64", "63", "255", "< 64", "> 63", "!= 255", "1-100"]))"
    case 11: return "\(pick(["iifname", "oifname"])) \(sign())@names"
    case 12:
      let last = pick(["a0", "10", "ee"])
      return "ether saddr \(sign())02:00:00:00:00:\(last)"
    case 13: return "meta pkttype \(pick(["host", "multicast"]))"
    case 14: return "iif \(pick(["eth0", "zt0"]))"
    case 15: return "meta mark \(pick(["0", "!= 0", "7"]))"
    default:
      return pick([
        "limit rate 1000/second", "meta length > 60",
        family == "inet" ? "meta nfproto ipv6" : "ip6 version 6",
        "fib daddr type \(pick(["local", "unicast"]))",
      ])
    }
  }

  private mutating func frameMatch() -> String {
    switch Int.random(in: 0..<7, using: &random) {
    case 0: return "ether daddr \(sign())02:00:00:00:00:\(pick(["ee", "ef", "10", "a0"]))"
    case 1: return "icmpv6 type \(pick(Self.kinds))"
    case 2: return "ip6 saddr \(pick(["2001:db8:1::/64", "2001:4860::/32"]))"
    case 3: return "meta l4proto tcp tcp dport 443"
    case 4: return "iifname \(sign())\"\(pick(["eth0", "zt0"]))\""
    case 5: return "meta pkttype multicast"
    default: return "ip6 hoplimit \(pick(["63", "64", "255"]))"
    }
  }
}
