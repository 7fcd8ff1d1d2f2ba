import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import Testing

/// Which routes there are for a prefix, on a real kernel, whatever has happened to them.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct RouteWatchTests {
  private static let prefix = IPv6Prefix("2001:db8:10::/64")!

  /// A host with the links `a0` and `b0` and some routes, and who watches them.
  private struct Lab {
    let namespace = try! NetworkNamespace()
    let ends: Veth
    let watch: RouteWatch

    init(_ commands: [String]) throws {
      ends = try Veth(in: namespace)
      try shell(
        namespace,
        "sysctl -qw net.ipv6.conf.a0.disable_ipv6=0 net.ipv6.conf.b0.disable_ipv6=0",
        "ip link set lo up")
      for command in commands { try shell(namespace, "ip -6 \(command)") }
      watch = try namespace.run { try RouteWatch([RouteWatchTests.prefix]) }
    }

    /// Whether there is a route, once all news have been taken up.
    func hasRoute() throws -> Bool {
      try namespace.run {
        for _ in 0..<300 { _ = try watch.takeChanges() }
        return !watch.routes.isEmpty
      }
    }
  }

  /// What is there first, and what is done in order, each with whether there is a route then.
  private static let changes: [(String, [String], [(String, Bool)])] = [
    (
      "a blackhole in place of a route", ["route add 2001:db8:10::/64 dev a0"],
      [
        ("route replace blackhole 2001:db8:10::/64", false),
        ("route del blackhole 2001:db8:10::/64", false),
        ("route add 2001:db8:10::/64 dev a0", true),
      ]
    ),
    (
      "an unreachable route in place of a route", ["route add 2001:db8:10::/64 dev a0"],
      [
        ("route replace unreachable 2001:db8:10::/64", false),
        ("route replace 2001:db8:10::/64 dev b0", true),
      ]
    ),
    (
      "another object",
      [
        "nexthop add id 1 dev a0", "nexthop add id 2 blackhole",
        "route add 2001:db8:10::/64 nhid 1",
      ],
      [("route replace 2001:db8:10::/64 nhid 2", false)]
    ),
    (
      "the object becomes another",
      ["nexthop add id 1 dev a0", "route add 2001:db8:10::/64 nhid 1"],
      [("nexthop replace id 1 blackhole", false), ("nexthop replace id 1 dev b0", true)]
    ),
    ("throw", ["route add throw 2001:db8:10::/64"], []),
    (
      "a route from some sources beside another",
      [
        "route add 2001:db8:10::/64 dev a0",
        "route add 2001:db8:10::/64 from 2001:db8:7::/64 dev a0",
      ],
      [
        ("route del 2001:db8:10::/64 from 2001:db8:7::/64 dev a0", true),
        ("route del 2001:db8:10::/64 dev a0", false),
        ("route add 2001:db8:10::/64 from 2001:db8:7::/64 dev a0", false),
      ]
    ),
  ]

  @Test func `routes that come and go are known, and no others count`() throws {
    for (name, before, steps) in Self.changes {
      let lab = try Lab(before)
      #expect(try lab.hasRoute() == (name != "throw"), "\(name)")
      for (command, expected) in steps {
        try shell(lab.namespace, "ip -6 \(command)")
        #expect(try lab.hasRoute() == expected, "\(name): \(command)")
      }
    }
  }

  @Test func `a route of a group leads where the objects of the group do`() throws {
    let lab = try Lab(["nexthop add id 1 dev a0", "nexthop add id 2 dev a0"])
    try shell(
      lab.namespace, "ip nexthop add id 3 group 1", "ip -6 route add 2001:db8:10::/64 nhid 3")
    #expect(try lab.hasRoute())
    #expect(lab.watch.routes.map(\.interface) == [lab.ends.first])
    try shell(lab.namespace, "ip -6 nexthop replace id 1 dev b0", "ip nexthop del id 2")
    #expect(try lab.hasRoute())
    #expect(lab.watch.routes.map(\.interface) == [lab.ends.second])
    try shell(lab.namespace, "ip nexthop del id 1")
    #expect(try !lab.hasRoute())
  }

  @Test func `a next hop whose interface is down does not count`() throws {
    let lab = try Lab([
      "route add 2001:db8:10::/64 nexthop via fe80::2 dev a0 nexthop via fe80::3 dev b0"
    ])
    #expect(lab.watch.routes.count == 2)
    try shell(lab.namespace, "ip link set a0 down")
    try lab.namespace.run { try lab.watch.readAgain() }
    // The other end of a0 has no carrier, and counts all the same.
    #expect(lab.watch.routes.map(\.interface) == [lab.ends.second])
    let (first, second) = (lab.ends.first, lab.ends.second)
    #expect(lab.watch.isDoubtful(on: second, isUsable: false))
    #expect(!lab.watch.isDoubtful(on: second, isUsable: true))
    #expect(lab.watch.isDoubtful(on: first, isUsable: true))
    #expect(!lab.watch.isDoubtful(on: 77, isUsable: false))
  }

  @Test func `news from before an overrun do not undo what was read after it`() throws {
    let lab = try Lab([])
    try shell(lab.namespace, "ip -6 route add 2001:db8:10::/64 dev a0")
    // More than the socket has room for.
    try shell(
      lab.namespace,
      "sh -c 'seq 1 9000 | sed \"s/.*/route add unreachable 2001:db8:1:&::\\/64 metric &/\""
        + " | ip -6 -batch -'",
      "ip -6 route del 2001:db8:10::/64 dev a0")
    #expect(try !lab.hasRoute())
  }

  @Test func `what is read again is not undone by older news`() throws {
    let lab = try Lab(["route add 2001:db8:10::/64 dev a0"])
    try shell(
      lab.namespace, "sysctl -qw net.ipv6.route.skip_notify_on_dev_down=1",
      "ip -6 route del 2001:db8:10::/64 dev a0",
      "ip -6 route add 2001:db8:10::/64 dev b0 metric 7", "ip link set b0 down")
    try lab.namespace.run { try lab.watch.readAgain() }
    #expect(try !lab.hasRoute())
  }
}
