import NDPWire
import ProxyEngine
import ProxyModel

/// The last messages that came, with what became of them; taking one down allocates nothing.
struct RecentMessages {
  private var ring: [Entry] = []
  private var next = 0

  /// How many there are; then the oldest goes.
  static let limit = 256

  /// 64 octets.
  struct Entry {
    let source: IPv6Address
    let target: IPv6Address
    let at: Instant
    fileprivate let linkLayerAddress: MACAddress
    fileprivate let claimed: MACAddress?
    fileprivate let isSolicitation: Bool
    let outcome: Outcome
    let interface: InterfaceIndex

    /// Whoever asks; `nil` for an advertisement.
    var solicitor: Solicitor? {
      guard isSolicitation else { return nil }
      return Solicitor(address: source, linkLayerAddress: linkLayerAddress, claimed: claimed)
    }
  }

  init() { ring.reserveCapacity(Self.limit) }

  /// Takes down a message and what became of it; other events leave no trace.
  mutating func add(_ event: Event, _ outcome: Outcome, at now: Instant) {
    switch event {
    case .solicitation(let frame, let index): add(frame, outcome, on: index, at: now)
    case .advertisement(let frame, let index):
      add(
        Entry(
          source: frame.message.source, target: frame.message.target, at: now,
          linkLayerAddress: frame.source, claimed: nil, isSolicitation: false, outcome: outcome,
          interface: index))
    case .malformed, .interfacesRead, .interfaceChanged, .interfaceRemoved, .route, .located,
      .neighbor, .usage, .condition, .routesChanged:
      return
    }
  }

  /// Takes down a question and what became of it.
  mutating func add(
    _ frame: EthernetFrame<NeighborSolicitation>, _ outcome: Outcome,
    on index: InterfaceIndex, at now: Instant
  ) {
    add(
      Entry(
        source: frame.message.source, target: frame.message.target, at: now,
        linkLayerAddress: frame.source, claimed: frame.message.sourceLinkLayerAddress,
        isSolicitation: true, outcome: outcome, interface: index))
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

  /// The targets that were solicited last and where, each once, the latest first.
  var solicitedTargets: [(target: IPv6Address, interface: InterfaceIndex)] {
    var seen: Set<IPv6Address> = []
    return (ring[next...] + ring[..<next]).reversed().filter {
      $0.isSolicitation && seen.insert($0.target).inserted
    }.map { ($0.target, $0.interface) }
  }

  /// Those about a target, the newest first.
  func entries(about target: IPv6Address, limit: Int) -> [Entry] {
    let inOrder = ring[next...] + ring[..<next]
    return inOrder.reversed().filter { $0.target == target }.prefix(limit).map { $0 }
  }
}
