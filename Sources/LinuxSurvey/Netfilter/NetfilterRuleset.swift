/// What nf_tables does with packets: every chain with its rules, and the sets that these look in.
package struct NetfilterRuleset: Equatable, Sendable {
  /// In the order of the kernel.
  package var chains: [NetfilterChain] = []
  /// Those with a name and those that rules have in braces.
  package var sets: [NetfilterSet] = []
  /// Tables that only the program that made them can change (`flags owner`), as nft(8) names them.
  package var ownedTables: Set<String> = []

  package init() {}

  /// Whether nobody but the program that made the chain's table can change the chain.
  package func isOwned(_ chain: NetfilterChain) -> Bool {
    ownedTables.contains("\(chain.family.name) \(chain.table)")
  }

  /// The chain with this name in the same table as another.
  package func chain(_ name: String, beside other: NetfilterChain) -> NetfilterChain? {
    chains.first { $0.family == other.family && $0.table == other.table && $0.name == name }
  }

  /// The set with this name in the table of a chain.
  package func set(_ name: String, beside chain: NetfilterChain) -> NetfilterSet? {
    sets.first { $0.family == chain.family && $0.table == chain.table && $0.name == name }
  }
}

/// The family of a table, by its number (`NFPROTO_`).
package enum NetfilterFamily: UInt8, Sendable {
  case inet = 1
  case netdev = 5
  case bridge = 7
  case ip6 = 10

  /// As nft(8) writes it.
  package var name: String { "\(self)" }
}

/// A chain of rules.
package struct NetfilterChain: Equatable, Sendable {
  /// Of its table.
  package var family: NetfilterFamily
  /// The name of its table.
  package var table: String
  /// Its own name.
  package var name: String
  /// Where packets enter it; `nil` where only rules lead to it.
  package var hook: NetfilterHook?
  /// What packets it is for.
  package var kind: Kind
  /// Whether its policy is to drop what no rule decides.
  package var dropsByPolicy: Bool
  /// In their order.
  package var rules: [NetfilterRule]

  /// The types of chains.
  package enum Kind: String, Sendable {
    case filter, route
    /// For the first packet of each connection alone.
    case nat
  }

  package init(
    family: NetfilterFamily, table: String, name: String, hook: NetfilterHook? = nil,
    kind: Kind = .filter, dropsByPolicy: Bool = false, rules: [NetfilterRule] = []
  ) {
    self.family = family
    self.table = table
    self.name = name
    self.hook = hook
    self.kind = kind
    self.dropsByPolicy = dropsByPolicy
    self.rules = rules
  }

  /// As nft(8) names it: `ip6 filter FORWARD`.
  package var words: String { "\(family.name) \(table) \(name)" }
}

/// Where packets enter a chain.
package struct NetfilterHook: Equatable, Sendable {
  /// For inet and ip6: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting, and for inet
  /// 5 ingress; for netdev: 0 ingress, 1 egress.
  package var number: UInt32
  /// Lower ones come first.
  package var priority: Int32
  /// Of a chain at ingress or egress: the names of its interfaces; one that ends in `*` is the
  /// beginning of names.
  package var devices: [String]

  package init(number: UInt32, priority: Int32 = 0, devices: [String] = []) {
    self.number = number
    self.priority = priority
    self.devices = devices
  }
}

/// A rule: expressions that are evaluated one after the other until one does not match.
package struct NetfilterRule: Equatable, Sendable {
  /// By which `nft delete rule … handle N` finds it.
  package var handle: UInt64
  /// In their order.
  package var expressions: [NetfilterExpression]

  package init(handle: UInt64, expressions: [NetfilterExpression]) {
    self.handle = handle
    self.expressions = expressions
  }
}

/// One step of a rule.
///
/// Registers are places of octets: the kernel's 16-octet and 4-octet registers share 64 octets.
package enum NetfilterExpression: Equatable, Sendable {
  /// Octets of the packet: base 0 is the link-layer header, 1 the network, 2 the transport header.
  case payload(base: UInt32, offset: Int, length: Int, register: Int)
  /// A property of the packet, by `NFT_META_`.
  case meta(key: UInt32, register: Int)
  /// A property of its connection, by `NFT_CT_`.
  case conntrack(key: UInt32, register: Int)
  /// Goes on only if a register compares so, by `NFT_CMP_`.
  case compare(register: Int, operation: UInt32, data: [UInt8])
  /// Goes on only if a register is, or is not, between two values.
  case range(register: Int, isInverted: Bool, from: [UInt8], to: [UInt8])
  /// Masks a register and inverts some of its bits.
  case bitwise(source: Int, register: Int, mask: [UInt8], xor: [UInt8])
  /// Loads a register.
  case immediate(register: Int, data: [UInt8])
  /// Decides.
  case verdict(NetfilterVerdict)
  /// Goes on only if a set has, or does not have, what is in a register; of a map of values, the
  /// one found goes into the register `value`.
  case lookup(set: String, register: Int, isInverted: Bool, value: Int?)
  /// Asks the routing table about the packet's source or destination.
  case routeLookup
  /// Loads an octet: 1 where there is a route to the packet's source by the interface that it came
  /// in by.
  case wayBack(register: Int)
  /// Loads the type of a packet's destination (RTN_UNICAST, RTN_LOCAL …), by the routing table.
  case destinationType(register: Int)
  /// Turns numbers of `size` octets from this machine's order into the network's, or back.
  case byteOrder(source: Int, register: Int, length: Int, size: Int)
  /// Changes a property of the packet, by `NFT_META_`.
  case setMeta(key: UInt32)
  /// Changes a property of its connection, by `NFT_CT_`.
  case setConntrack(key: UInt32)
  /// Changes octets of the packet.
  case setPayload
  /// Keeps the packet out of connection tracking.
  case untrack
  /// Goes on only if it is such an ICMPv6 message; the match `icmp6` of ip6tables.
  case icmp6(type: UInt8, isInverted: Bool)
  /// Goes on only if the connection is in one of these states, by the bits of `ct state`; the
  /// matches `conntrack` and `state` of ip6tables.
  case connectionState(mask: UInt32, isInverted: Bool)
  /// Goes on only if the hop limit compares so, by `IP6T_HL_`; the match `hl` of ip6tables.
  case hopLimit(operation: UInt8, UInt8)
  /// Goes on only if the packet has a routing header; the match `rt` of ip6tables.
  case routingHeader
  /// Changes nothing: `counter`, `log`, a comment.
  case neutral
  /// Drops the packet and says so to its sender.
  case reject
  /// What this program does not know, by name.
  case unknown(String)
}

/// What a rule or a chain decides.
package enum NetfilterVerdict: Equatable, Sendable {
  case accept, drop, goOn, comeBack
  case jump(String)
  case goTo(String)
  /// Something else, such as `queue`.
  case other
}

/// A set of values, or of verdicts for values.
package struct NetfilterSet: Equatable, Sendable {
  /// Of its table.
  package var family: NetfilterFamily
  /// The name of its table.
  package var table: String
  /// Its own name; those in braces have one too.
  package var name: String
  /// Whether its elements are the bounds of intervals.
  package var hasIntervals: Bool
  /// Of a concatenation, how many octets each part has, without what fills up its registers.
  package var fieldLengths: [Int] = []
  /// In no order.
  package var elements: [Element]

  /// A value, or the bound of an interval.
  package struct Element: Equatable, Sendable {
    /// The value.
    package var key: [UInt8]
    /// Where a range within a concatenation ends.
    package var keyEnd: [UInt8]?
    /// Whether it is the first value behind an interval.
    package var isIntervalEnd: Bool
    /// Whether it stands for all values that no other element is for (`*`).
    package var isCatchAll: Bool
    /// What becomes of packets with the value.
    package var verdict: NetfilterVerdict?
    /// What the value is mapped to, if that is no verdict.
    package var data: [UInt8] = []

    package init(
      key: [UInt8], keyEnd: [UInt8]? = nil, isIntervalEnd: Bool = false, isCatchAll: Bool = false,
      verdict: NetfilterVerdict? = nil
    ) {
      self.isCatchAll = isCatchAll
      self.key = key
      self.keyEnd = keyEnd
      self.isIntervalEnd = isIntervalEnd
      self.verdict = verdict
    }
  }

  package init(
    family: NetfilterFamily, table: String, name: String, hasIntervals: Bool = false,
    elements: [Element] = []
  ) {
    self.family = family
    self.table = table
    self.name = name
    self.hasIntervals = hasIntervals
    self.elements = elements
  }
}
