import NDPWire
import ProxyModel

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
  // In an order that leaves no room between them: a million sessions are 144 MB.

  var key: SessionKey
  /// Where the kernel's route leads on-link; `nil` for `iface` rules, and where it does not.
  var routeInterface: InterfaceIndex?
  var state = TargetState.incomplete
  private var flags: Flags = []
  /// How many solicitations the state has sent.
  var sent: UInt16 = 0
  /// Where the target was confirmed last; `nil` if never, or if a route alone is the proof.
  var neighbor: Neighbor?
  /// Among which the table lists it, if it has been put there.
  var listed: Precedence?
  /// Whether a question for it has gone out since it was last known, or since it was begun; not one
  /// that was left out within a limit.
  var wasAsked = false

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
  private var hostRoutes: [InstalledRoute] = []
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
    get { flags.contains(.isRouted) ? generation : nil }
    set {
      flags.set(.isRouted, newValue != nil)
      generation = newValue ?? 0
    }
  }

  var hostRoute: InstalledRoute? {
    get { hostRoutes.first }
    set { hostRoutes = newValue.map { [$0] } ?? [] }
  }

  /// When it last asked or was heard, or somebody asked for it.
  var lastUse: Instant { max(asked, confirmed ?? asked) }

  /// Whether the target is there for all we know, so that whoever asks is answered at once.
  ///
  /// What only a proxy has vouched for is not, nor what was found by earlier routes.
  func isBelieved(routesAt generation: UInt32) -> Bool {
    (state == .reachable || state == .probing) && !isSecondHand
      && routeGeneration ?? generation == generation
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
  /// Returns who had to go: the oldest of the station that has most of them here or, where each has
  /// one, the last of those that are worth least, if that is less. If there is none, the newcomer
  /// goes; but one that asks again has every second time the place of somebody else, as `chance`
  /// says, a number below twice the limit.
  mutating func add(_ asker: Asker, limit: Int, chance: Int, now: Instant) -> Asker? {
    if let position = askers.firstIndex(where: { $0.isSame(as: asker) }) {
      let before = askers[position]
      askers[position] = asker
      if !asker.detectsDuplicates { askers[position].since = before.since }
      let isRepeated = now >= before.since + Asker.repetition
      askers[position].worth = max(
        before.worth, isRepeated ? asker.worth.whenRepeated : asker.worth)
      return nil
    }
    guard askers.count >= limit else {
      askers.append(asker)
      return nil
    }
    guard let place = positionToGiveUp(for: asker, chance: chance, now: now) else { return asker }
    let former = askers.remove(at: place)
    askers.append(asker)
    return former
  }

  /// Whose place a newcomer gets; they are few.
  private func positionToGiveUp(for asker: Asker, chance: Int, now: Instant) -> Int? {
    // For whom an answer would come too late.
    if let late = askers.firstIndex(where: { $0.deadline.map { $0 < now } ?? false }) {
      return late
    }
    var crowd = (position: 0, size: 0)
    var least = (position: 0, worth: asker.worth)
    for position in askers.indices {
      let size = askers.count { $0.station == askers[position].station }
      if size > crowd.size { crowd = (position, size) }
      let worth = askers[position].worth
      if worth < asker.worth, worth <= least.worth { least = (position, worth) }
    }
    if crowd.size > 1 { return crowd.position }
    if least.worth < asker.worth { return least.position }
    guard asker.worth >= .repeated, askers.indices.contains(chance),
      askers[chance].worth == asker.worth
    else { return nil }
    return chance
  }

  /// Whether there is no place for one more asker.
  func isCrowded(for asker: Asker, limit: Int) -> Bool {
    askers.count >= limit && !askers.contains { $0.isSame(as: asker) }
  }
}

// MARK: - Flags

extension Session {
  /// Whether it was confirmed without the Override flag: by a proxy most likely, and not by the
  /// target itself.
  var isSecondHand: Bool {
    get { flags.contains(.isSecondHand) }
    set { flags.set(.isSecondHand, newValue) }
  }
  /// Whether somebody asked since the target was last confirmed.
  var isWanted: Bool {
    get { flags.contains(.isWanted) }
    set { flags.set(.isWanted, newValue) }
  }
  /// Whether a route lookup is under way.
  var awaitsRoute: Bool {
    get { flags.contains(.awaitsRoute) }
    set { flags.set(.awaitsRoute, newValue) }
  }
  /// Whether the kernel's neighbor cache is being asked for it.
  var awaitsNeighbor: Bool {
    get { flags.contains(.awaitsNeighbor) }
    set { flags.set(.awaitsNeighbor, newValue) }
  }
  /// Whether the kernel is being asked where it holds the target to be.
  var awaitsLocation: Bool {
    get { flags.contains(.awaitsLocation) }
    set { flags.set(.awaitsLocation, newValue) }
  }
  /// Whether the kernel's route to the target leads to the link of the proxy itself.
  var isContested: Bool {
    get { flags.contains(.isContested) }
    set { flags.set(.isContested, newValue) }
  }
  /// Whether somebody has claimed the target, and others still have time to object.
  var isClaimed: Bool {
    get { flags.contains(.isClaimed) }
    set { flags.set(.isClaimed, newValue) }
  }
  /// Whether it was found just now, so that others who answer the same question may object.
  var isFresh: Bool {
    get { flags.contains(.isFresh) }
    set { flags.set(.isFresh, newValue) }
  }
  /// Whether several stations have claimed it.
  var isDisputed: Bool {
    get { flags.contains(.isDisputed) }
    set { flags.set(.isDisputed, newValue) }
  }
  /// Whether the last question went to the station alone that had confirmed it.
  var isAskedByUnicast: Bool {
    get { flags.contains(.isAskedByUnicast) }
    set { flags.set(.isAskedByUnicast, newValue) }
  }

  /// Whether it has been asked whether it is still where it was, and nobody has asked for it since.
  var isDoubted: Bool {
    get { flags.contains(.isDoubted) }
    set { flags.set(.isDoubted, newValue) }
  }

  /// Whether a host on the link of the proxy has answered for it.
  var isUpstream: Bool {
    get { flags.contains(.isUpstream) }
    set { flags.set(.isUpstream, newValue) }
  }

  /// Whether the target is answered for elsewhere as well.
  var isPublished: Bool {
    get { flags.contains(.isPublished) }
    set { flags.set(.isPublished, newValue) }
  }

  /// Whether it is being asked how often it was answered for there.
  var awaitsUsage: Bool {
    get { flags.contains(.awaitsUsage) }
    set { flags.set(.awaitsUsage, newValue) }
  }

  /// Whether it is to be announced when it is found.
  var isToBeAnnounced: Bool {
    get { flags.contains(.isToBeAnnounced) }
    set { flags.set(.isToBeAnnounced, newValue) }
  }

  /// What holds of a session or does not, in two octets.
  fileprivate struct Flags: OptionSet {
    var rawValue: UInt16

    static let isSecondHand = Flags(rawValue: 1 << 0)
    static let isWanted = Flags(rawValue: 1 << 1)
    static let awaitsRoute = Flags(rawValue: 1 << 2)
    static let awaitsNeighbor = Flags(rawValue: 1 << 3)
    static let awaitsLocation = Flags(rawValue: 1 << 4)
    static let isContested = Flags(rawValue: 1 << 5)
    static let isClaimed = Flags(rawValue: 1 << 6)
    static let isFresh = Flags(rawValue: 1 << 7)
    static let isDisputed = Flags(rawValue: 1 << 8)
    static let isAskedByUnicast = Flags(rawValue: 1 << 9)
    static let isRouted = Flags(rawValue: 1 << 10)
    static let isDoubted = Flags(rawValue: 1 << 11)
    static let isUpstream = Flags(rawValue: 1 << 12)
    static let isPublished = Flags(rawValue: 1 << 13)
    static let awaitsUsage = Flags(rawValue: 1 << 14)
    static let isToBeAnnounced = Flags(rawValue: 1 << 15)

    mutating func set(_ flag: Flags, _ isSet: Bool) {
      if isSet { insert(flag) } else { remove(flag) }
    }
  }
}
