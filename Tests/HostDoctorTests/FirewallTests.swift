import LinuxSurvey
import NDPWire
import Testing

@testable import HostDoctor

/// Packets taken through chains made by hand.
struct FirewallTests {
  static let echo = TestPacket(
    type: ICMPv6.echoRequest, from: IPv6Address("2001:db8::1")!, to: IPv6Address("2001:db8::2")!
  ).entering("eth0", 2).leaving("zt0", 3)

  static let solicitation = TestPacket(
    type: ICMPv6.neighborSolicitation, from: IPv6Address("fe80::1")!,
    to: IPv6Address("ff02::1:ff00:2")!, target: IPv6Address("fe80::2")!
  ).entering("eth0", 2)

  /// `iifname "NAME"`.
  static func comes(by name: String, _ operation: UInt32 = 0) -> [NetfilterExpression] {
    let padded = Array(name.utf8) + [UInt8](repeating: 0, count: 16 - name.utf8.count)
    return [
      .meta(key: 6, register: 0), .compare(register: 0, operation: operation, data: padded),
    ]
  }

  static func rule(_ expressions: [NetfilterExpression]) -> NetfilterRule {
    NetfilterRule(handle: 4, expressions: expressions)
  }

  static func chain(
    _ name: String, hook: UInt32? = 2, priority: Int32 = 0, kind: NetfilterChain.Kind = .filter,
    drops: Bool = false, _ rules: NetfilterRule...
  ) -> NetfilterChain {
    NetfilterChain(
      family: .inet, table: "t", name: name,
      hook: hook.map { NetfilterHook(number: $0, priority: priority) }, kind: kind,
      dropsByPolicy: drops, rules: rules)
  }

  enum Expected: Sendable { case passes, dropped, undecided }

  static let unknown = NetfilterExpression.unknown("limit")

  static let fates: [(String, Expected, [NetfilterChain])] = [
    ("no chain", .passes, []),
    ("a policy", .dropped, [chain("f", drops: true)]),
    ("another hook", .passes, [chain("f", hook: 1, drops: true)]),
    ("address translation", .passes, [chain("f", kind: .nat)]),
    ("dropped with address translation", .dropped, [chain("f", kind: .nat, rule([.reject]))]),
    ("a program decides", .undecided, [chain("f", rule([.verdict(.other)]))]),
    (
      "what is marked on the way is in doubt", .undecided,
      [
        chain(
          "f", rule([.setMeta(key: 3)]),
          rule([
            .meta(key: 3, register: 0),
            .compare(register: 0, operation: 0, data: [0, 0, 0, 1]), .verdict(.drop),
          ]))
      ]
    ),
    (
      "accepted before the policy", .passes,
      [chain("f", drops: true, rule(comes(by: "eth0") + [.verdict(.accept)]))]
    ),
    (
      "accepted elsewhere only", .dropped,
      [chain("f", drops: true, rule(comes(by: "eth1") + [.verdict(.accept)]))]
    ),
    ("not by another", .passes, [chain("f", rule(comes(by: "eth0", 1) + [.verdict(.drop)]))]),
    (
      "accepted here, dropped by a later chain", .dropped,
      [
        chain("late", priority: 10, drops: true),
        chain("early", rule([.verdict(.accept)])),
      ]
    ),
    (
      "a jump that comes back", .dropped,
      [
        chain("f", drops: true, rule([.verdict(.jump("g"))])),
        chain("g", hook: nil, rule([.verdict(.comeBack)]), rule([.verdict(.accept)])),
      ]
    ),
    (
      "a jump that accepts", .passes,
      [
        chain("f", drops: true, rule([.verdict(.jump("g"))])),
        chain("g", hook: nil, rule([.verdict(.accept)])),
      ]
    ),
    (
      "a goto does not come back to the rule behind", .dropped,
      [
        chain("f", drops: true, rule([.verdict(.goTo("g"))]), rule([.verdict(.accept)])),
        chain("g", hook: nil),
      ]
    ),
    ("a rate accepts", .undecided, [chain("f", drops: true, rule([unknown, .verdict(.accept)]))]),
    ("a rate drops", .undecided, [chain("f", rule([unknown, .verdict(.drop)]))]),
    ("a rule that counts", .passes, [chain("f", rule([.neutral]))]),
    ("reject", .dropped, [chain("f", rule([.reject]))]),
    (
      "the hop limit, one less behind routing", .dropped,
      [chain("f", rule([.hopLimit(operation: 0, 63), .verdict(.drop)]))]
    ),
    (
      "another hop limit", .passes,
      [chain("f", rule([.hopLimit(operation: 3, 63), .verdict(.drop)]))]
    ),
    ("no routing header", .passes, [chain("f", rule([.routingHeader, .verdict(.drop)]))]),
    (
      "a loop of jumps ends", .passes,
      [
        chain("f", rule([.verdict(.jump("g"))])),
        chain("g", hook: nil, rule([.verdict(.jump("g"))])),
      ]
    ),
    (
      "an answer alone is accepted", .dropped,
      [
        chain(
          "f", drops: true, rule([.connectionState(mask: 6, isInverted: false), .verdict(.accept)]))
      ]
    ),
    (
      "translated connections alone are accepted", .dropped,
      [
        chain(
          "f", drops: true,
          rule([
            .conntrack(key: 2, register: 0),
            .bitwise(source: 0, register: 0, mask: [0x20, 0, 0, 0], xor: [0, 0, 0, 0]),
            .compare(register: 0, operation: 1, data: [0, 0, 0, 0]), .verdict(.accept),
          ]))
      ]
    ),
    (
      "an ICMPv6 type", .dropped,
      [
        chain(
          "f",
          rule([
            .meta(key: 16, register: 0), .compare(register: 0, operation: 0, data: [58]),
            .payload(base: 2, offset: 0, length: 1, register: 0),
            .range(register: 0, isInverted: false, from: [100], to: [130]), .verdict(.drop),
          ]))
      ]
    ),
  ]

  @Test(arguments: fates)
  func `a packet meets its fate`(name: String, expected: Expected, chains: [NetfilterChain]) {
    var ruleset = NetfilterRuleset()
    ruleset.chains = chains
    let fate = Firewall(ruleset: ruleset).fate(of: Self.echo, at: .forward)
    let found: Expected =
      switch fate {
      case .passes: .passes
      case .dropped: .dropped
      case .undecided: .undecided
      }
    #expect(found == expected, "\(name)")
  }

  static let waysBack: [(Int32, Expected)] = [(2, .passes), (3, .undecided), (0, .undecided)]

  @Test(arguments: waysBack)
  func `a reverse path filter lets pass what has its way back there`(
    wayBack: Int32, expected: Expected
  ) {
    var ruleset = NetfilterRuleset()
    ruleset.chains = [
      Self.chain(
        "f",
        Self.rule([
          .wayBack(register: 0), .compare(register: 0, operation: 0, data: [0]), .verdict(.drop),
        ]))
    ]
    let fate = Firewall(ruleset: ruleset).fate(
      of: Self.echo.returning(by: wayBack), at: .forward)
    #expect(fate.drop == nil && (fate.doubt == nil) == (expected == .passes))
  }

  static let sets: [(String, Bool, Bool, [NetfilterSet.Element])] = [
    ("in a set", true, false, [element([128]), element([129])]),
    ("not in a set", false, false, [element([129])]),
    ("in an interval", true, true, [element([100]), element([130], isEnd: true)]),
    ("behind an interval", false, true, [element([100]), element([128], isEnd: true)]),
    ("before an interval", false, true, [element([129]), element([140], isEnd: true)]),
    (
      "where one interval ends and another begins", true, true,
      [element([100]), element([128], isEnd: true), element([128]), element([129], isEnd: true)]
    ),
    ("in an empty set", false, false, []),
  ]

  static func element(_ key: [UInt8], isEnd: Bool = false) -> NetfilterSet.Element {
    NetfilterSet.Element(key: key, isIntervalEnd: isEnd)
  }

  @Test(arguments: sets)
  func `sets are looked up`(
    name: String, isIn: Bool, hasIntervals: Bool, elements: [NetfilterSet.Element]
  ) {
    for isInverted in [false, true] {
      var ruleset = NetfilterRuleset()
      ruleset.sets = [
        NetfilterSet(
          family: .inet, table: "t", name: "s", hasIntervals: hasIntervals, elements: elements)
      ]
      ruleset.chains = [
        Self.chain(
          "f",
          Self.rule([
            .payload(base: 2, offset: 0, length: 1, register: 0),
            .lookup(set: "s", register: 0, isInverted: isInverted, value: nil),
            .verdict(.drop),
          ]))
      ]
      let fate = Firewall(ruleset: ruleset).fate(of: Self.echo, at: .forward)
      #expect((fate.drop != nil) == (isIn != isInverted), "\(name)")
    }
  }

  @Test func `Neighbor Discovery has no connection`() {
    var ruleset = NetfilterRuleset()
    ruleset.chains = [
      Self.chain(
        "f", hook: 1,
        Self.rule([
          .conntrack(key: 0, register: 0),
          .compare(register: 0, operation: 0, data: [8, 0, 0, 0]), .verdict(.drop),
        ]))
    ]
    let fate = Firewall(ruleset: ruleset).fate(of: Self.solicitation, at: .input)
    #expect(fate.drop == nil)
  }
}
