import NDPWire
import ProxyEngine

/// What became of a message.
enum Decision {
  /// Whoever asked was answered at once.
  case answered
  /// The target is asked for.
  case asked
  /// The kernel is asked for its route.
  case lookedUp
  /// Whoever asked waits, for the target is being asked for already.
  case waiting
  /// It says where a target is that was asked for.
  case confirmed
  /// Nothing, for this reason.
  case ignored(DiscardReason)

  /// What became of a message, by the actions since the one at `start` and by why nothing did;
  /// `nil` for what is no message.
  init?(
    on event: Event, from actions: [Action], since start: Int, discarded reason: DiscardReason?
  ) {
    switch event {
    case .solicitation: self.init(onSolicitation: actions, since: start, discarded: reason)
    case .advertisement: self = reason.map { .ignored($0) } ?? .confirmed
    case .malformed, .interfacesRead, .interfaceChanged, .interfaceRemoved, .route, .located,
      .neighbor, .routesChanged:
      return nil
    }
  }

  private init(onSolicitation actions: [Action], since start: Int, discarded reason: DiscardReason?)
  {
    self = .waiting
    for position in start..<actions.count {
      switch actions[position] {
      case .advertise:
        self = .answered
        return
      case .solicit: self = .asked
      case .lookUpRoute: self = .lookedUp
      case .lookUpNeighbor, .locate: self = .asked
      case .installHostRoute, .removeHostRoute, .offerNeighbor, .reportMissingSource,
        .reportConflict:
        continue
      }
    }
    if let reason { self = .ignored(reason) }
  }

  /// One word.
  var code: String {
    switch self {
    case .answered: "answered"
    case .asked: "asked"
    case .lookedUp: "lookedUp"
    case .waiting: "waiting"
    case .confirmed: "confirmed"
    case .ignored(let reason): "\(reason)"
    }
  }

  /// The same in words.
  var sentence: String {
    switch self {
    case .answered: "answered at once"
    case .asked: "the target is asked for"
    case .lookedUp: "the kernel is asked for its route"
    case .waiting: "it waits for the target, which is asked for already"
    case .confirmed: "the target is there"
    case .ignored(let reason): reason.sentence
    }
  }
}

/// The last messages that came, with what became of them; taking one down allocates nothing.
struct RecentMessages {
  private var ring: [Entry] = []
  private var next = 0

  /// How many there are; then the oldest goes.
  static let limit = 256

  struct Entry {
    let at: Instant
    let interface: InterfaceIndex
    /// Whoever asks; `nil` for an advertisement.
    let solicitor: Solicitor?
    let source: IPv6Address
    let target: IPv6Address
    let decision: Decision
  }

  init() { ring.reserveCapacity(Self.limit) }

  /// Takes down a message and what became of it; other events leave no trace.
  mutating func add(_ event: Event, _ decision: Decision, at now: Instant) {
    switch event {
    case .solicitation(let frame, let index): add(frame, decision, on: index, at: now)
    case .advertisement(let frame, let index):
      add(
        Entry(
          at: now, interface: index, solicitor: nil, source: frame.message.source,
          target: frame.message.target, decision: decision))
    case .malformed, .interfacesRead, .interfaceChanged, .interfaceRemoved, .route, .located,
      .neighbor, .routesChanged:
      return
    }
  }

  /// Takes down a question and what became of it.
  mutating func add(
    _ frame: EthernetFrame<NeighborSolicitation>, _ decision: Decision,
    on index: InterfaceIndex, at now: Instant
  ) {
    add(
      Entry(
        at: now, interface: index,
        solicitor: Solicitor(
          address: frame.message.source, linkLayerAddress: frame.source,
          claimed: frame.message.sourceLinkLayerAddress), source: frame.message.source,
        target: frame.message.target, decision: decision))
  }

  private mutating func add(_ entry: Entry) {
    if ring.count < Self.limit {
      ring.append(entry)
    } else {
      ring[next] = entry
      next = (next + 1) % Self.limit
    }
  }

  /// Whoever asked last on an interface, for this target if somebody did.
  ///
  /// A host that detects duplicates asks for nobody but itself, and does not count.
  func solicitor(on index: InterfaceIndex, for target: IPv6Address) -> Solicitor? {
    let asked = (ring[next...] + ring[..<next]).reversed().filter {
      $0.interface == index && $0.solicitor?.address.isUnspecified == false
    }
    return (asked.first { $0.target == target } ?? asked.first)?.solicitor
  }

  /// Those about a target, the newest first.
  func entries(about target: IPv6Address, limit: Int) -> [Entry] {
    let inOrder = ring[next...] + ring[..<next]
    return inOrder.reversed().filter { $0.target == target }.prefix(limit).map { $0 }
  }
}
