import LinuxSurvey

/// What the packet filter does with one packet, as far as can be told.
enum Fate: Equatable {
  case passes
  /// Nothing lets it pass.
  case dropped(DropSite)
  /// It depends on what is not known here, such as a rate.
  case undecided(DropSite)

  /// Where it is dropped for certain.
  var drop: DropSite? { if case .dropped(let site) = self { site } else { nil } }

  /// Where it may be dropped, by something that is not known here.
  var doubt: DropSite? { if case .undecided(let site) = self { site } else { nil } }
}

/// Where a packet is dropped.
struct DropSite: Equatable {
  /// The chain at the hook.
  let base: NetfilterChain
  /// The chain that decides, perhaps another.
  let chain: NetfilterChain
  /// The rule that decides; 0 is the policy.
  let handle: UInt64

  /// In the words of nft(8).
  var words: String {
    handle == 0 ? "\(chain.words): policy drop" : "\(chain.words): rule with handle \(handle)"
  }
}

/// Places in the way of a packet at which chains are hooked, in the order of the kernel.
enum Hook: CaseIterable {
  case ingress, prerouting, input, forward, output, postrouting, egress

  /// Whether a chain is hooked here for IPv6 packets on an interface.
  ///
  /// `device` is the interface that a frame comes in by or goes out of.
  func enters(_ chain: NetfilterChain, at device: String) -> Bool {
    guard let hook = chain.hook else { return false }
    let isOnDevice = hook.devices.contains { name in
      name.hasSuffix("*") ? device.hasPrefix(name.dropLast()) : name == device
    }
    switch (self, chain.family) {
    case (.ingress, .netdev): return hook.number == 0 && isOnDevice
    case (.ingress, .inet): return hook.number == 5 && isOnDevice
    case (.egress, .netdev): return hook.number == 1 && isOnDevice
    case (_, .inet), (_, .ip6): return hook.number == number
    default: return false
    }
  }

  /// Whether a chain sees packets before connection tracking does (NF_IP6_PRI_CONNTRACK).
  func isBeforeTracking(_ base: NetfilterChain) -> Bool {
    let tracking: Int32 = -200
    switch self {
    case .ingress: return true
    case .prerouting, .output: return (base.hook?.priority ?? 0) < tracking
    case .input, .forward, .postrouting, .egress: return false
    }
  }

  /// Its number in the families inet and ip6 (`enum nf_inet_hooks`).
  private var number: UInt32? {
    switch self {
    case .prerouting: 0
    case .input: 1
    case .forward: 2
    case .output: 3
    case .postrouting: 4
    case .ingress, .egress: nil
    }
  }
}

/// The packet filter's way with packets.
struct Firewall {
  let ruleset: NetfilterRuleset
  /// What rules change of packets on their way, so that later rules see something else.
  private let changes: PacketChanges

  init(ruleset: NetfilterRuleset) {
    self.ruleset = ruleset
    changes = PacketChanges(by: ruleset)
  }

  /// What becomes of a packet on its way through these hooks.
  func fate(of packet: TestPacket, at hooks: Hook...) -> Fate { fate(of: packet, at: hooks) }

  /// The same for hooks in a list.
  func fate(of packet: TestPacket, at hooks: [Hook]) -> Fate {
    var doubt: DropSite?
    for hook in hooks {
      let seen = packet.seen(at: hook)
      let device = hook == .egress ? seen.outName : seen.inName
      let bases = ruleset.chains.filter { hook.enters($0, at: device) }
        .sorted { ($0.hook?.priority ?? 0) < ($1.hook?.priority ?? 0) }
      for base in bases where base.kind != .nat || packet.state == .new {
        let packet = hook.isBeforeTracking(base) ? seen.with(.unseen) : seen
        switch fate(of: packet, in: base, at: hook) {
        case .passes: continue
        case .dropped(let site): return .dropped(site)
        case .undecided(let site): doubt = doubt ?? site
        }
      }
    }
    return doubt.map { .undecided($0) } ?? .passes
  }

  /// What becomes of the first of these packets that is not let pass from interface to interface.
  func fate(onTheWay packets: [TestPacket]) -> Fate {
    let fates = packets.map { fate(of: $0, at: .prerouting, .forward, .postrouting) }
    return fates.first { $0.drop != nil } ?? fates.first { $0.doubt != nil } ?? .passes
  }

  /// Whether a rule of a chain for forwarded packets applies to a packet.
  func match(_ rule: NetfilterRule, _ packet: TestPacket, in chain: NetfilterChain) -> RuleMatch {
    var evaluation = RuleEvaluation(packet, at: .forward, in: chain, of: ruleset, changes)
    return evaluation.match(rule)
  }

  private func fate(of packet: TestPacket, in base: NetfilterChain, at hook: Hook) -> Fate {
    var outcome = walk(base, from: base, packet, at: hook, depth: 0)
    if outcome.fallsThrough {
      if base.dropsByPolicy {
        outcome.drop = outcome.drop ?? DropSite(base: base, chain: base, handle: 0)
      } else {
        outcome.accepts = true
      }
    }
    guard let site = outcome.drop else { return .passes }
    return outcome.accepts ? .undecided(site) : .dropped(site)
  }

  /// What can come of a chain.
  private struct Outcome {
    var accepts = false
    var drop: DropSite?
    /// The packet can reach the end of the chain, or is sent back from it.
    var fallsThrough = false

    mutating func add(_ other: Outcome) {
      accepts = accepts || other.accepts
      drop = drop ?? other.drop
    }
  }

  /// The kernel's own limit for jumps (`NFT_JUMP_STACK_SIZE`).
  private static let depthLimit = 16

  private func walk(
    _ chain: NetfilterChain, from base: NetfilterChain, _ packet: TestPacket, at hook: Hook,
    depth: Int
  ) -> Outcome {
    var outcome = Outcome()
    guard depth <= Self.depthLimit else { return outcome }
    for rule in chain.rules {
      var evaluation = RuleEvaluation(packet, at: hook, in: chain, of: ruleset, changes)
      let verdict: NetfilterVerdict
      let isCertain: Bool
      switch evaluation.match(rule) {
      case .no: continue
      case .yes(let decided): (verdict, isCertain) = (decided, true)
      case .maybe(let decided): (verdict, isCertain) = (decided, false)
      }
      let site = DropSite(base: base, chain: chain, handle: rule.handle)
      var ends = isCertain
      switch verdict {
      case .goOn: ends = false
      case .accept: outcome.accepts = true
      case .drop: outcome.drop = outcome.drop ?? site
      case .other:
        // A program decides, and nobody knows how.
        outcome.accepts = true
        outcome.drop = outcome.drop ?? site
      case .comeBack: outcome.fallsThrough = true
      case .jump(let name), .goTo(let name):
        guard let next = ruleset.chain(name, beside: chain) else { continue }
        let inner = walk(next, from: base, packet, at: hook, depth: depth + 1)
        outcome.add(inner)
        if case .goTo = verdict {
          outcome.fallsThrough = outcome.fallsThrough || inner.fallsThrough
        } else {
          ends = isCertain && !inner.fallsThrough
        }
      }
      if ends { return outcome }
    }
    outcome.fallsThrough = true
    return outcome
  }
}

/// What some rule of a ruleset changes of packets; whatever reads it then is in doubt.
struct PacketChanges {
  private(set) var metaKeys: Set<UInt32> = []
  private(set) var conntrackKeys: Set<UInt32> = []
  private(set) var changesPayload = false
  private(set) var untracks = false

  init(by ruleset: NetfilterRuleset) {
    for expression in ruleset.chains.lazy.flatMap(\.rules).flatMap(\.expressions) {
      switch expression {
      case .setMeta(let key): metaKeys.insert(key)
      case .setConntrack(let key): conntrackKeys.insert(key)
      case .setPayload: changesPayload = true
      case .untrack: untracks = true
      default: continue
      }
    }
  }
}
