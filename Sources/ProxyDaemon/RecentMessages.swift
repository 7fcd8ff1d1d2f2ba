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
    let isSolicitation: Bool
    let source: IPv6Address
    let target: IPv6Address
    let decision: Decision
  }

  init() { ring.reserveCapacity(Self.limit) }

  mutating func add(_ entry: Entry) {
    if ring.count < Self.limit {
      ring.append(entry)
    } else {
      ring[next] = entry
      next = (next + 1) % Self.limit
    }
  }

  /// Those about a target, the newest first.
  func entries(about target: IPv6Address, limit: Int) -> [Entry] {
    let inOrder = ring[next...] + ring[..<next]
    return inOrder.reversed().filter { $0.target == target }.prefix(limit).map { $0 }
  }
}
