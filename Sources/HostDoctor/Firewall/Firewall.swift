import LinuxSurvey

/// What the packet filter does with one packet, as far as can be told.
enum Fate {
  case passes
  /// Nothing lets it pass.
  case dropped(DropSite)
  /// It depends on what is not known here, such as a rate.
  case undecided(DropSite)

  /// Where it is dropped for certain.
  var drop: DropSite? { if case .dropped(let site) = self { site } else { nil } }
}

/// Where a packet is dropped.
struct DropSite {
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

/// The packet filter's way with packets.
struct Firewall {
  let ruleset: NetfilterRuleset

  /// Places in the way of a packet at which chains are hooked.
  enum Hook: UInt32 {
    case prerouting = 0
    case input = 1
    case forward = 2
    case output = 3
    case postrouting = 4
  }

  /// What becomes of a packet on its way through these hooks.
  func fate(of packet: TestPacket, at hooks: Hook...) -> Fate {
    let bases = hooks.flatMap { hook in
      ruleset.chains.filter {
        [.inet, .ip6].contains($0.family) && $0.hook?.number == hook.rawValue
      }.sorted { ($0.hook?.priority ?? 0) < ($1.hook?.priority ?? 0) }
    }
    return fate(of: packet, through: bases)
  }

  /// Where the first of these packets is dropped that is not let pass from interface to interface.
  func dropOnTheWay(_ packets: [TestPacket]) -> DropSite? {
    packets.lazy.compactMap {
      fate(of: $0, at: .prerouting, .forward, .postrouting).drop
    }.first
  }

  /// What becomes of a frame where an interface receives it, before anything else, or sends it.
  func fate(ofFrame packet: TestPacket, on device: String, isLeaving: Bool) -> Fate {
    let bases = ruleset.chains.filter {
      $0.family == .netdev && $0.hook?.number == (isLeaving ? 1 : 0)
        && $0.hook?.devices.contains(device) == true
    }.sorted { ($0.hook?.priority ?? 0) < ($1.hook?.priority ?? 0) }
    return fate(of: packet, through: bases)
  }

  private func fate(of packet: TestPacket, through bases: [NetfilterChain]) -> Fate {
    var doubt: DropSite?
    for base in bases where base.isFilter {
      var outcome = walk(base, from: base, packet, depth: 0)
      if outcome.fallsThrough {
        if base.dropsByPolicy {
          outcome.drop = outcome.drop ?? DropSite(base: base, chain: base, handle: 0)
        } else {
          outcome.accepts = true
        }
      }
      if let site = outcome.drop {
        if !outcome.accepts { return .dropped(site) }
        doubt = doubt ?? site
      }
    }
    return doubt.map { .undecided($0) } ?? .passes
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
    _ chain: NetfilterChain, from base: NetfilterChain, _ packet: TestPacket, depth: Int
  ) -> Outcome {
    var outcome = Outcome()
    guard depth <= Self.depthLimit else { return outcome }
    for rule in chain.rules {
      var evaluation = RuleEvaluation(packet, in: chain, of: ruleset)
      let verdict: NetfilterVerdict
      let isCertain: Bool
      switch evaluation.match(rule) {
      case .no: continue
      case .yes(let decided): (verdict, isCertain) = (decided, true)
      case .maybe(let decided): (verdict, isCertain) = (decided, false)
      }
      var ends = isCertain
      switch verdict {
      case .goOn: ends = false
      case .accept, .other: outcome.accepts = true
      case .drop:
        outcome.drop = outcome.drop ?? DropSite(base: base, chain: chain, handle: rule.handle)
      case .comeBack: outcome.fallsThrough = true
      case .jump(let name), .goTo(let name):
        guard let next = ruleset.chain(name, beside: chain) else { continue }
        let inner = walk(next, from: base, packet, depth: depth + 1)
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
