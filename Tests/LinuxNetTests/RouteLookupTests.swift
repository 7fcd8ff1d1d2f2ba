import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Where the kernel says that packets go, on a real kernel, for both kinds of packets.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct RouteLookupTests {
  /// A router with the links `a0` (`first`) and `b0` (`second`), each with an address.
  private struct Lab {
    let namespace = try! NetworkNamespace()
    let ends: Veth
    let lookup: RouteLookup

    init() throws {
      ends = try Veth(in: namespace)
      try shell(
        namespace,
        "sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.a0.accept_dad=0"
          + " net.ipv6.conf.b0.accept_dad=0",
        "sysctl -qw net.ipv6.conf.a0.disable_ipv6=0 net.ipv6.conf.b0.disable_ipv6=0",
        "ip link set lo up", "ip address add 2001:db8:1::1/64 dev a0 nodad",
        "ip address add 2001:db8:2::1/64 dev b0 nodad",
        // The kernel joins them a moment after it has the addresses.
        Self.waiting(forAnycast: "2001:db8:1::"), Self.waiting(forAnycast: "2001:db8:2::"))
      lookup = try namespace.run { try RouteLookup() }
    }

    private static func waiting(forAnycast address: String) -> String {
      "timeout 5 sh -c 'until ip -6 route show table local | grep -q \"^anycast \(address) \";"
        + " do sleep 0.01; done'"
    }

    func route(_ target: String, from interface: Int32? = nil) throws -> RouteResult {
      try lookup.route(to: IPv6Address(target)!, from: interface)
    }

    /// What becomes of packets of this host, from `a0` and from `b0`.
    func everyRoute(_ target: String) throws -> [RouteResult] {
      try [nil, ends.first, ends.second].map { try route(target, from: $0) }
    }
  }

  /// What is set up, what is asked for, and what is told whoever asks.
  private static let common: [(String, [String], String, @Sendable (Veth) -> RouteResult)] = [
    ("on-link", [], "2001:db8:1::77", { .onLink($0.first) }),
    (
      "through a gateway", ["route add 2001:db8:10::/64 via 2001:db8:1::2"], "2001:db8:10::77",
      { .gateway($0.first) }
    ),
    (
      "through a link-local gateway", ["route add 2001:db8:10::/64 via fe80::2 dev b0"],
      "2001:db8:10::77", { .gateway($0.second) }
    ),
    (
      "the longest prefix", ["route add 2001:db8:1:0:ff::/80 dev b0"], "2001:db8:1:0:ff::10",
      { .onLink($0.second) }
    ),
    ("this host", [], "2001:db8:1::1", { _ in .local }),
    ("this host by its other link", [], "2001:db8:2::1", { _ in .local }),
    (
      "a local prefix", ["route add local 2001:db8:10::/64 dev lo"], "2001:db8:10::77",
      { _ in .local }
    ),
    ("the subnet-router anycast address of a0", [], "2001:db8:1::", { _ in .anycast }),
    ("the subnet-router anycast address of b0", [], "2001:db8:2::", { _ in .anycast }),
    ("no route", [], "2001:db9::1", { _ in .unreachable }),
    (
      "unreachable", ["route add unreachable 2001:db8:10::/64"], "2001:db8:10::77",
      { _ in .unreachable }
    ),
    (
      "prohibit", ["route add prohibit 2001:db8:10::/64"], "2001:db8:10::77",
      { _ in .unreachable }
    ),
    (
      "blackhole", ["route add blackhole 2001:db8:10::/64"], "2001:db8:10::77",
      { _ in .unreachable }
    ),
    ("throw", ["route add throw 2001:db8:10::/64"], "2001:db8:10::77", { _ in .unreachable }),
    (
      "a rule says unreachable", ["rule add to 2001:db8:10::/64 unreachable"], "2001:db8:10::77",
      { _ in .unreachable }
    ),
    (
      "a rule says prohibit", ["rule add to 2001:db8:10::/64 prohibit"], "2001:db8:10::77",
      { _ in .unreachable }
    ),
    (
      "a rule says blackhole", ["rule add to 2001:db8:10::/64 blackhole"], "2001:db8:10::77",
      { _ in .unreachable }
    ),
    (
      "a next-hop object with a gateway",
      ["nexthop add id 1 via 2001:db8:2::2 dev b0", "route add 2001:db8:10::/64 nhid 1"],
      "2001:db8:10::77", { .gateway($0.second) }
    ),
    (
      "a next-hop object of a device",
      ["nexthop add id 1 dev b0", "route add 2001:db8:10::/64 nhid 1"],
      "2001:db8:10::77", { .onLink($0.second) }
    ),
    (
      "a next-hop object that is a blackhole",
      ["nexthop add id 1 blackhole", "route add 2001:db8:10::/64 nhid 1"],
      "2001:db8:10::77", { _ in .unreachable }
    ),
    (
      "a default route, even out of where a packet came from",
      ["route add default via 2001:db8:1::2"], "2001:db9::1", { .gateway($0.first) }
    ),
  ]

  @Test func `the kernel tells one route at a time, whoever asks`() throws {
    for (name, commands, target, expected) in Self.common {
      let lab = try Lab()
      for command in commands { try shell(lab.namespace, "ip -6 \(command)") }
      let found = try lab.everyRoute(target)
      #expect(found == Array(repeating: expected(lab.ends), count: 3), "\(name)")
    }
  }

  @Test func `of several gateways the kernel chooses one, and the same for both`() throws {
    let ways = [
      ["-6 route add 2001:db8:10::/64 nexthop via 2001:db8:1::2 nexthop via 2001:db8:2::2"],
      [
        "-6 nexthop add id 1 via 2001:db8:1::2 dev a0",
        "-6 nexthop add id 2 via 2001:db8:2::2 dev b0", "nexthop add id 3 group 1/2",
        "-6 route add 2001:db8:10::/64 nhid 3",
      ],
    ]
    for commands in ways {
      let lab = try Lab()
      for command in commands { try shell(lab.namespace, "ip \(command)") }
      var chosen: Set<Int32> = []
      for number in 1...64 {
        let found = try lab.everyRoute("2001:db8:10::\(number)")
        guard case .gateway(let interface) = found[0] else {
          Issue.record("\(commands): \(found[0])")
          continue
        }
        #expect(found.allSatisfy { $0 == found[0] })
        chosen.insert(interface)
      }
      #expect(chosen == [lab.ends.first, lab.ends.second])
    }
  }

  @Test func `of two links with one prefix the kernel prefers the one a packet came from`() throws {
    let lab = try Lab()
    try shell(
      lab.namespace, "ip -6 route add 2001:db8:10::/64 dev a0",
      "ip -6 route append 2001:db8:10::/64 dev b0")
    let (first, second) = (lab.ends.first, lab.ends.second)
    #expect(
      try lab.everyRoute("2001:db8:10::77") == [.onLink(first), .onLink(first), .onLink(second)])
  }

  @Test func `of several links of a next-hop group the kernel chooses one`() throws {
    let lab = try Lab()
    try shell(
      lab.namespace, "ip -6 nexthop add id 1 dev a0", "ip -6 nexthop add id 2 dev b0",
      "ip nexthop add id 3 group 1/2", "ip -6 route add 2001:db8:10::/64 nhid 3")
    var chosen: [RouteResult] = []
    for number in 1...64 { chosen += try lab.everyRoute("2001:db8:10::\(number)") }
    let links = [RouteResult.onLink(lab.ends.first), .onLink(lab.ends.second)]
    #expect(chosen.allSatisfy(links.contains) && links.allSatisfy(chosen.contains))
  }

  @Test func `rules that go by the incoming interface count only for what comes in there`() throws {
    let lab = try Lab()
    try shell(
      lab.namespace, "ip -6 rule add iif a0 lookup 77",
      "ip -6 route add 2001:db8:10::/64 dev b0 table 77",
      "ip -6 rule add iif a0 to 2001:db8:11::/64 blackhole",
      "ip -6 route add 2001:db8:11::/64 dev b0")
    #expect(
      try lab.everyRoute("2001:db8:10::77")
        == [.unreachable, .onLink(lab.ends.second), .unreachable])
    #expect(
      try lab.everyRoute("2001:db8:11::77")
        == [.onLink(lab.ends.second), .unreachable, .onLink(lab.ends.second)])
  }

  @Test func `a host that does not forward takes no anycast`() throws {
    let lab = try Lab()
    try shell(lab.namespace, "sysctl -qw net.ipv6.conf.all.forwarding=0")
    #expect(try lab.route("2001:db8:1::") == .onLink(lab.ends.first))
  }

  @Test func `a lookup that fails is no answer, and the next one is right`() throws {
    let lab = try Lab()
    #expect(throws: SystemError.self) { try lab.route("2001:db8:1::77", from: 9999) }
    #expect(try lab.route("2001:db8:1::77") == .onLink(lab.ends.first))
    // Of a packet for a group that came in, the kernel tells no route.
    #expect(throws: SystemError.self) { try lab.route("ff0e::1", from: lab.ends.first) }
  }
}
