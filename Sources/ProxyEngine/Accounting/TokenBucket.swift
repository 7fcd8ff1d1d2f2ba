import NDPWire
import ProxyModel

/// Lets no more than `rate` events pass in any second, and a quarter of them at once.
struct TokenBucket {
  private let interval: UInt64
  private let tolerance: UInt64
  private let capacity: UInt64
  /// When the bucket will be full again.
  fileprivate var full = Instant(nanoseconds: 0)

  init(rate: Int) {
    precondition(rate > 0)
    // What passes in a second is what was there at its beginning and what came during it.
    let size = max(1, rate / 4)
    interval = 1_000_000_000 / UInt64(max(1, rate - size))
    tolerance = interval * UInt64(size - 1)
    capacity = interval * UInt64(size)
  }

  /// Takes one token if there is one.
  mutating func take(now: Instant) -> Bool {
    let start = max(full, now)
    guard start.nanoseconds - now.nanoseconds <= tolerance else { return false }
    full.nanoseconds = start.nanoseconds + interval
    return true
  }

  /// Whether there is a token.
  func hasToken(now: Instant) -> Bool {
    full <= now || full.nanoseconds - now.nanoseconds <= tolerance
  }

  /// Whether at least so many eighths of the tokens are there.
  func has(eighths: UInt64, now: Instant) -> Bool {
    full <= now || full.nanoseconds - now.nanoseconds <= capacity / 8 * (8 - eighths)
  }
}

/// A token bucket whose last half is shared, and kept for those who are worth it.
///
/// Whoever comes first gets what there is until half is left. From then on each station, known by
/// its link-layer address, gets its share alone: one that asks for everything cannot shut out one
/// that asks for little, and where nobody else asks it may have everything. But anybody may have
/// any number of link-layer addresses. So strangers get nothing when only three eighths are left,
/// neighbors that the kernel has confirmed when a quarter is, and the last quarter is for questions
/// that are put again. Stations that fall into one of `shareCount` slots have their share together.
struct FairTokenBucket {
  private var common: TokenBucket
  /// When each share will be full again, those of each worth one after the other.
  ///
  /// Empty until half of the tokens are taken for the first time.
  private var shares: [Instant] = []
  /// A share that is full.
  private let share: TokenBucket
  private let seed: UInt64

  /// How many slots there are; a power of two.
  private static let shareCount = 64
  /// The part of the rate that is one station's own.
  private static let shareDivisor = 8

  /// `seed` decides who falls into a slot with whom, so that nobody can choose it.
  init(rate: Int, seed: UInt64) {
    common = TokenBucket(rate: rate)
    share = TokenBucket(rate: max(1, rate / Self.shareDivisor))
    self.seed = seed
  }

  /// Takes one token for a station if there is one for it.
  ///
  /// A few multiplications.
  mutating func take(
    for station: MACAddress, worth: Worth = .stranger, now: Instant
  ) -> Bool {
    if common.has(eighths: 4, now: now) { return common.take(now: now) }
    guard common.has(eighths: worth.reserve, now: now) else { return false }
    if shares.isEmpty {
      shares = [Instant](repeating: share.full, count: Self.shareCount * Worth.allCases.count)
    }
    let slot = Int(RandomSequence.mixed(station.bits ^ seed) % UInt64(Self.shareCount))
    let place = worth.rawValue * Self.shareCount + slot
    var share = share
    share.full = shares[place]
    guard share.take(now: now) else { return false }
    shares[place] = share.full
    return common.take(now: now)
  }

  /// Whether hardly any token has been taken lately; a flood keeps it at half.
  func hasPlenty(now: Instant) -> Bool { common.has(eighths: 7, now: now) }

  /// Takes one token if there is any, for what comes before everybody's questions.
  mutating func takeFirst(now: Instant) -> Bool { common.take(now: now) }
}

extension Worth {
  /// How many eighths of the tokens are kept for those that are worth more.
  fileprivate var reserve: UInt64 {
    switch self {
    case .stranger: 3
    case .acquaintance: 2
    case .repeated: 1
    case .repeatedByAcquaintance: 0
    }
  }
}
