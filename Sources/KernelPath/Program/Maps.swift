import Kernel

// What the daemon has put into the maps. `MapLayout.swift` writes these values, octet for octet.

/// `links`, by interface: a proxy interface, and how answers look there.
struct Link {
  var address: MACAddress
  var flags: UInt16
  var interface: UInt32

  static var isRouter: UInt16 { 1 << 0 }
  static var isOverride: UInt16 { 1 << 1 }
  /// What the program answers before the kernel sees it has been seen to leave the interface.
  static var answersEarly: UInt16 { 1 << 2 }

  func has(_ flag: UInt16) -> Bool { flags & flag != 0 }
}

/// The key of `places`, which are prefixes that are on-link on an interface and addresses of the
/// interface; of `rules`, where the longest prefix counts as well; and of `targets`.
struct PrefixKey {
  /// In bits, those of the interface included.
  var length: UInt32
  var interface: UInt32
  var address: IPv6Address

  @inline(__always)
  init(_ interface: UInt32, _ address: IPv6Address) {
    (length, self.interface, self.address) = (32 + 128, interface, address)
  }
}

/// `places`: the source of answers towards solicitors there.
struct Place {
  var source: IPv6Address
  var kind: UInt32

  /// The daemon answers, or nobody: the address is one of the interface itself.
  static var isLeft: UInt32 { 0 }
  static var hasSource: UInt32 { 1 }
  /// The target is the source.
  static var answersAsTarget: UInt32 { 2 }
}

/// `rules`.
struct Rule {
  var method: UInt32
  /// Where its answers are counted, in `answers`.
  var position: UInt32

  /// Its targets are nobody's.
  static var isExclusion: UInt32 { 0 }
  /// Every target is there.
  static var isStatic: UInt32 { 1 }
  /// A target is there while `targets` has it.
  static var isConditional: UInt32 { 2 }
  /// The same, and while the kernel's route leads out of an interface on which nobody can be asked.
  static var isRouted: UInt32 { 3 }
}

/// `state`, of which there is one: what holds for all interfaces.
struct State {
  /// Which routes targets are known by.
  var routeGeneration: UInt32
  /// Whether somebody watches, so that the daemon has to see every question.
  var isWatched: UInt32
}

/// Whether somebody watches.
@inline(__always)
func isWatched() -> Bool {
  guard let state = lookUp(&state, 0, as: State.self) else { return true }
  return state.pointee.isWatched != 0
}

/// `targets`: one that is known to be there.
struct Target {
  /// Until when, on the clock of `bpf_ktime_get_boot_ns`.
  var end: UInt64
  /// When somebody last asked for it, and how often.
  var asked: UInt64
  var count: UInt64
  /// By which routes it is known, if it depends on them.
  var routeGeneration: UInt32
  var isRouted: UInt32
}

/// A record of the ring `handed`: a frame that the daemon gets in place of the kernel.
enum Handed {
  /// The interface and the length of the frame, four octets each, come before it.
  static var headerLength: Int { 8 }
  /// Whether a frame is handed over: a solicitation with no more than three options of one unit.
  @inline(__always)
  static func hasRoom(_ length: UInt32) -> Bool {
    length == 78 || length == 86 || length == 94 || length == 102
  }
  static var greatestLength: UInt32 { 102 }
  static var recordLength: UInt64 { 112 }
}

/// `trials`, by interface: a test of whether what is answered early leaves the interface.
struct Trial {
  /// The identifier of its echo messages, in network order.
  var identifier: UInt16
  /// How many replies to the daemon were made requests of.
  var turned: UInt16
  /// How many replies to these requests came.
  var returned: UInt32

  /// The sequence number of the daemon's request, and of the program's, in network order.
  static var first: UInt16 { 0x0100 }
  static var second: UInt16 { 0x0200 }
  /// No more requests are made in one test.
  static var limit: UInt16 { 4 }
}

/// What a map has for a key; `nil` where it has nothing.
///
/// The key stays where it is, if that is in a frame. Each write to the stack costs a barrier
/// against speculative execution where the daemon has no CAP_PERFMON.
@inline(__always)
func lookUp<Key: BitwiseCopyable, Value>(
  _ map: inout CChar, at key: inout Key, as type: Value.Type
) -> UnsafeMutablePointer<Value>? {
  bpf_map_lookup_elem(&map, &key)?.assumingMemoryBound(to: Value.self)
}

/// The same for a key that is nowhere yet.
@inline(__always)
func lookUp<Value>(
  _ map: inout CChar, _ key: UInt32, as type: Value.Type
) -> UnsafeMutablePointer<Value>? {
  var key = key
  return lookUp(&map, at: &key, as: type)
}
