import NDPWire

/// Which target, asked for on which proxy interface.
struct SessionKey: Hashable {
  let target: IPv6Address
  private let proxyNumber: UInt32
  /// The position of the proxy in the ruleset.
  var proxy: Int { Int(proxyNumber) }

  init(proxy: Int, target: IPv6Address) {
    (proxyNumber, self.target) = (UInt32(proxy), target)
  }
}

/// What is known of one target of an `iface` or `auto` rule.
///
/// The states carry RFC 4861 §7.3.2's names; static rules have no sessions.
///
///               NS                NA                 ttl, asked for
///      (none) ──────▶ incomplete ────▶ reachable ─────────────────▶ probing
///                       │  ▲   ▲ ▲         ▲  │ ttl, not asked for     │ │
///         solicitations │  │   │ │ NS      │  ▼          NA            │ │
///            unanswered │  │   │ └─────────┼─ stale                    │ │
///                       ▼  │   └───────────┼───── unanswered ──────────┘ │
///                     failed               └─────────────────────────────┘
///                          deadtime, then NS
struct Session {
  enum State: CaseIterable {
    /// Asked for by multicast, nothing heard yet; askers wait.
    case incomplete
    /// Confirmed less than `ttl` ago; askers are answered at once.
    case reachable
    /// Confirmed longer ago, being asked again by unicast; askers are answered at once.
    case probing
    /// Confirmed too long ago to be believed, and not asked for since; the next asker waits.
    case stale
    /// Silent; askers get silence until `deadtime` is over.
    case failed
  }

  // In an order that leaves no room between them: a million sessions are 144 MB.

  var key: SessionKey
  /// Where the kernel's route leads on-link; `nil` for `iface` rules, and where it does not.
  var routeInterface: InterfaceIndex?
  var state = State.incomplete
  /// Whether it was confirmed without the Override flag: by a proxy most likely, and not by the
  /// target itself.
  var isSecondHand = false
  /// Whether somebody asked since the target was last confirmed.
  var isWanted = false
  /// Whether a route lookup is under way.
  var awaitsRoute = false
  /// Whether the kernel's neighbor cache is being asked for it.
  var awaitsNeighbor = false
  /// How many solicitations the state has sent.
  var sent: UInt16 = 0
  /// Where the target was confirmed last; `nil` if never, or if a route alone is the proof.
  var neighbor: Neighbor?
  /// Among which the table lists it, if it has been put there.
  var listed: Precedence?
  private var isRouted = false

  /// When it began to be known.
  let begun: Instant
  /// When the state's time is up.
  var deadline: Instant
  /// When somebody last asked for it.
  var asked: Instant
  /// Zero for never.
  private var confirmedAt = Instant(nanoseconds: 0)
  /// How often somebody was answered; it starts over after 2³².
  var answers: UInt32 = 0
  /// Where among the interfaces of its rule the next question begins.
  var start: UInt32 = 0
  /// How many of these it has been asked for on.
  var covered: UInt32 = 0
  private var generation: UInt32 = 0
  /// Zero for never.
  private var solicitedAt = Instant(nanoseconds: 0)
  private var solicitedOn = AskedInterfaces.none.packed
  private var packedInterfaces = AskedInterfaces.none.packed
  /// The route that the kernel has of us, or none: few sessions have one.
  private var hostRoutes: [HostRoute] = []
  var askers: [Asker] = []

  /// Where the target is asked for or, if a route alone is the proof, where that leads.
  var interfaces: AskedInterfaces {
    get { AskedInterfaces(packed: packedInterfaces) }
    set { packedInterfaces = newValue.packed }
  }

  /// The last solicitation: two on one interface are never closer than RetransTimer.
  var lastSolicited: (at: Instant, on: AskedInterfaces)? {
    get {
      solicitedAt.nanoseconds == 0
        ? nil : (solicitedAt, AskedInterfaces(packed: solicitedOn))
    }
    set {
      solicitedAt = newValue?.at ?? Instant(nanoseconds: 0)
      solicitedOn = (newValue?.on ?? .none).packed
    }
  }

  /// When the target itself last spoke; `nil` for strangers, and if a route alone is the proof.
  var confirmed: Instant? {
    get { confirmedAt.nanoseconds == 0 ? nil : confirmedAt }
    set { confirmedAt = newValue ?? Instant(nanoseconds: 0) }
  }

  /// The routes' generation by which this session knows its way; `nil` for `iface` rules.
  var routeGeneration: UInt32? {
    get { isRouted ? generation : nil }
    set { (isRouted, generation) = (newValue != nil, newValue ?? 0) }
  }

  var hostRoute: HostRoute? {
    get { hostRoutes.first }
    set { hostRoutes = newValue.map { [$0] } ?? [] }
  }

  /// How much a session is worth where the table is full.
  enum Precedence: UInt8, CaseIterable {
    /// It was never confirmed by the target itself.
    case stranger
    /// It was, but too long ago to be believed.
    case stale
    /// It is believed.
    case confirmed
  }

  var precedence: Precedence {
    guard confirmed != nil else { return .stranger }
    return state == .stale ? .stale : .confirmed
  }

  init(key: SessionKey, begun: Instant, deadline: Instant) {
    self.key = key
    self.begun = begun
    asked = begun
    self.deadline = deadline
  }

  /// A confirmed target's place.
  struct Neighbor {
    /// Whose advertisement it was.
    let source: IPv6Address
    let linkLayerAddress: MACAddress
    let interface: InterfaceIndex
  }

  /// Adds an asker, or takes the newer of two from the same source.
  ///
  /// Returns whether another had to go: the oldest of the station that has most of them here.
  mutating func add(_ asker: Asker, limit: Int) -> Bool {
    if let position = askers.firstIndex(where: { $0.isSame(as: asker) }) {
      let before = askers[position]
      askers[position] = asker
      askers[position].since = before.since
      askers[position].isInsistent =
        before.isInsistent || asker.since >= before.since + Asker.repetition
      return false
    }
    let isFull = askers.count >= limit
    if isFull { askers.remove(at: crowdedPosition) }
    askers.append(asker)
    return isFull
  }

  /// The oldest asker of the station that has most of them; they are few.
  private var crowdedPosition: Int {
    var crowd = (position: 0, size: 0)
    for position in askers.indices {
      let size = askers.count { $0.station == askers[position].station }
      if size > crowd.size { crowd = (position, size) }
    }
    return crowd.position
  }
}

/// Who gets an answer: one solicitation's sender.
struct Asker {
  /// `::` for a host that detects duplicates.
  let source: IPv6Address
  /// Where its frame goes: the source link-layer address, or the frame's source.
  let linkLayerAddress: MACAddress
  /// Where its frame came from: who has to share with whom.
  let station: MACAddress
  /// When it first asked for what it waits for.
  var since: Instant
  /// Whether it has asked again, as long after as a router does.
  var isInsistent = false
  /// When the answer has become useless.
  let deadline: Instant?

  init(_ frame: EthernetFrame<NeighborSolicitation>, now: Instant) {
    source = frame.message.source
    linkLayerAddress = frame.message.sourceLinkLayerAddress ?? frame.source
    station = frame.source
    since = now
    deadline =
      frame.message.isDuplicateAddressDetection ? now + Limits.duplicateDetectionWindow : nil
  }

  /// How long after a question the same is one that is put again.
  static let repetition: Duration = .milliseconds(500)

  var detectsDuplicates: Bool { source.isUnspecified }

  func isSame(as other: Asker) -> Bool {
    source == other.source && linkLayerAddress == other.linkLayerAddress
  }
}
