import NDPWire

/// Which target, asked for on which proxy interface.
struct SessionKey: Hashable {
  /// The position of the proxy in the ruleset.
  let proxy: Int
  let target: IPv6Address
}

/// What is known of one target of an `iface` or `auto` rule.
///
/// The states carry RFC 4861 §7.3.2's names; static rules have no sessions.
///
///               NS                NA                 ttl, asked for
///      (none) ──────▶ incomplete ────▶ reachable ─────────────────▶ probing
///                       │    ▲  ▲          ▲  │ ttl, not asked for     │ │
///         solicitations │    │  │          │  ▼          NA            │ │
///            unanswered │    │  │          │ (none)                    │ │
///                       ▼    │  └──────────┼───── unanswered ──────────┘ │
///                     failed │             └─────────────────────────────┘
///                       └────┘ deadtime, then NS
struct Session {
  enum State {
    /// Asked for by multicast, nothing heard yet; askers wait.
    case incomplete
    /// Confirmed less than `ttl` ago; askers are answered at once.
    case reachable
    /// Confirmed longer ago, being asked again by unicast; askers are answered at once.
    case probing
    /// Silent; askers get silence until `deadtime` is over.
    case failed
  }

  let key: SessionKey
  var state = State.incomplete

  /// When the state's time is up.
  var deadline: Instant
  /// How many solicitations the state has sent.
  var sent = 0
  /// When the last solicitation was sent: two are never closer than RetransTimer.
  var lastSolicited: Instant?

  /// Where the target is being asked for, most often one interface.
  var interfaces: [InterfaceIndex] = []
  /// Where the target was confirmed; `nil` if never, or if a route alone is the proof.
  var neighbor: Neighbor?
  /// Whether somebody asked since the target was last confirmed.
  var isWanted = false
  /// Whether the target was ever confirmed, so that it survives a full table.
  var isConfirmed = false

  /// The routes' generation by which this session knows its way; `nil` for `iface` rules.
  var routeGeneration: UInt64?
  /// Whether a route lookup is under way.
  var awaitsRoute = false

  var askers: [Asker] = []

  init(key: SessionKey, deadline: Instant) {
    self.key = key
    self.deadline = deadline
  }

  /// A confirmed target's place.
  struct Neighbor {
    let interface: InterfaceIndex
    let linkLayerAddress: MACAddress
  }

  /// Adds an asker, or takes the newer of two from the same source.
  ///
  /// Returns whether the oldest had to go.
  mutating func add(_ asker: Asker, limit: Int) -> Bool {
    if let position = askers.firstIndex(where: { $0.isSame(as: asker) }) {
      askers[position] = asker
      return false
    }
    let isFull = askers.count >= limit
    if isFull { askers.removeFirst() }
    askers.append(asker)
    return isFull
  }
}

/// Who gets an answer: one solicitation's sender.
struct Asker {
  /// `::` for a host that detects duplicates.
  let source: IPv6Address
  /// Where its frame goes: the source link-layer address, or the frame's source.
  let linkLayerAddress: MACAddress
  /// When the answer has become useless.
  let deadline: Instant?

  init(_ frame: EthernetFrame<NeighborSolicitation>, now: Instant) {
    source = frame.message.source
    linkLayerAddress = frame.message.sourceLinkLayerAddress ?? frame.source
    deadline =
      frame.message.isDuplicateAddressDetection ? now + Limits.duplicateDetectionWindow : nil
  }

  var detectsDuplicates: Bool { source.isUnspecified }

  func isSame(as other: Asker) -> Bool {
    source == other.source && linkLayerAddress == other.linkLayerAddress
  }
}
