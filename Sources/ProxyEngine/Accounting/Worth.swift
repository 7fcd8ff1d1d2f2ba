import NDPWire
import ProxyModel

/// How much a question deserves to be followed where there are more than can be.
enum Worth: Int, CaseIterable, Comparable, Sendable {
  /// Nothing speaks for it.
  case stranger
  /// Whoever asks is a neighbor that the kernel has confirmed: both addresses, which anybody may
  /// claim, belong together.
  case acquaintance
  /// It was put before, as long ago as a router waits (RFC 4861 §7.2.2), by the same station: a
  /// flood seldom asks twice.
  case repeated
  /// Both.
  case repeatedByAcquaintance

  static func < (left: Worth, right: Worth) -> Bool { left.rawValue < right.rawValue }

  var isOfAcquaintance: Bool { self == .acquaintance || self == .repeatedByAcquaintance }

  /// The same question, put again.
  var whenRepeated: Worth {
    self == .stranger || self == .repeated ? .repeated : .repeatedByAcquaintance
  }
}

/// The neighbors on proxy interfaces that the kernel has confirmed, and this host's default
/// routers: whoever claims to be one of them must have both its addresses.
struct Acquaintances {
  private var known: [Acquaintance] = []

  private struct Acquaintance: Equatable {
    let address: IPv6Address
    let linkLayerAddress: MACAddress
    let interface: InterfaceIndex
    let isRouter: Bool
  }

  /// Takes up what the kernel has of a neighbor.
  ///
  /// Of more than `Limits.acquaintances` the oldest goes that is no router, or the oldest router.
  mutating func update(
    _ neighbor: CachedNeighbor?, of address: IPv6Address, on interface: InterfaceIndex
  ) {
    guard let neighbor, let linkLayerAddress = neighbor.linkLayerAddress,
      neighbor.state == .reachable || neighbor.isRouter && neighbor.state != .failed
    else {
      // What is stale was confirmed, and may be so again.
      let isOver = neighbor == nil || neighbor?.state == .failed
      if isOver { known.removeAll { $0.address == address && $0.interface == interface } }
      return
    }
    let newer = Acquaintance(
      address: address, linkLayerAddress: linkLayerAddress, interface: interface,
      isRouter: neighbor.isRouter)
    if known.last == newer { return }
    known.removeAll { $0.address == address && $0.interface == interface }
    if known.count == Limits.acquaintances {
      known.remove(at: known.firstIndex { !$0.isRouter } ?? 0)
    }
    known.append(newer)
  }

  mutating func forget(_ interface: InterfaceIndex) {
    known.removeAll { $0.interface == interface }
  }

  /// Whether a station with these addresses has been confirmed; looks at all of them.
  func contains(
    _ address: IPv6Address, _ linkLayerAddress: MACAddress, on interface: InterfaceIndex
  ) -> Bool {
    known.contains {
      $0.address == address && $0.linkLayerAddress == linkLayerAddress && $0.interface == interface
    }
  }
}

/// The questions that were refused lately, by their hashes, so that one that comes again is known.
///
/// 32 KiB, and nothing before the first refusal. A question has a few places, and the one that was
/// refused longest ago gives way. Once in some hundreds a new question is taken for one of these.
struct RefusedQuestions {
  private var cells: [UInt16] = []

  /// How many groups of places there are; a power of two.
  private static let groupCount = 1 << 12
  private static let groupSize = 4
  /// How exactly times are known: an eighth of a second.
  ///
  /// The lower bits of a cell have the time and begin again after 16 s, the upper ones are part of
  /// the hash.
  private static let tick: UInt64 = 125_000_000
  private static let timeMask: UInt16 = 0x7f
  /// How long ago the same question may have come, in ticks: half a second to three and a half.
  private static let rhythm: ClosedRange<UInt16> = 4...28

  /// Whether a question was refused before, as long ago as a router waits until it asks again.
  ///
  /// If it is refused now, takes it down.
  mutating func isRepeated(_ hash: UInt64, isRefused: Bool = true, now: Instant) -> Bool {
    if cells.isEmpty {
      guard isRefused else { return false }
      cells = [UInt16](repeating: 0, count: Self.groupCount * Self.groupSize)
    }
    let first = Int(hash & UInt64(Self.groupCount - 1)) * Self.groupSize
    let tag = UInt16(truncatingIfNeeded: hash >> 48) & ~Self.timeMask
    let time = UInt16(truncatingIfNeeded: now.nanoseconds / Self.tick) & Self.timeMask
    var (oldest, greatestAge) = (first, UInt16(0))
    for place in first..<first + Self.groupSize {
      let cell = cells[place]
      if cell == 0 {
        (oldest, greatestAge) = (place, .max)
        continue
      }
      let age = (time &- cell) & Self.timeMask
      if cell & ~Self.timeMask == tag {
        if isRefused, age >= Self.rhythm.lowerBound { cells[place] = tag | time }
        return Self.rhythm.contains(age)
      }
      if age >= greatestAge { (oldest, greatestAge) = (place, age) }
    }
    if isRefused { cells[oldest] = tag | time }
    return false
  }
}
