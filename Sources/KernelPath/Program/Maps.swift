import Kernel

// What the daemon has put into the maps. `MapLayout.swift` writes these values, octet for octet.

/// `links`, by interface: a proxy interface, and how answers look there.
struct Link {
  var address: MACAddress
  var flags: UInt16
  /// The source of answers towards link-local solicitors, and towards others.
  var linkLocalSource: IPv6Address
  var globalSource: IPv6Address

  static var hasLinkLocalSource: UInt16 { 1 << 0 }
  static var hasGlobalSource: UInt16 { 1 << 1 }
  /// The target itself is the source.
  static var answersAsTarget: UInt16 { 1 << 2 }
  static var isRouter: UInt16 { 1 << 3 }
  static var isOverride: UInt16 { 1 << 4 }

  func has(_ flag: UInt16) -> Bool { flags & flag != 0 }
}

/// The key of `places` and `rules`, in both of which the longest prefix counts.
struct PrefixKey {
  /// In bits, those of the interface included.
  var length: UInt32
  var interface: UInt32
  var address: IPv6Address

  init(_ interface: UInt32, _ address: IPv6Address) {
    (length, self.interface, self.address) = (32 + 128, interface, address)
  }
}

/// `places`: what an address is on the link of an interface.
enum Place {
  /// In a prefix that is on-link there.
  static var onLink: UInt32 { 1 }
  /// This host's own, or the anycast address of its subnets.
  static var own: UInt32 { 2 }
}

/// `rules`.
struct Rule {
  var method: UInt32
  /// Where its answers are counted, in `answers`.
  var position: UInt32

  /// Every target is there.
  static var isStatic: UInt32 { 1 }
  /// A target is there while `targets` has it.
  static var isConditional: UInt32 { 2 }
}

/// The key of `targets`.
struct TargetKey {
  var interface: UInt32
  var address: IPv6Address

  init(_ interface: UInt32, _ address: IPv6Address) {
    (self.interface, self.address) = (interface, address)
  }
}

/// `targets`: one that is known to be there.
struct Target {
  /// Until when, on the clock of `bpf_ktime_get_boot_ns`.
  var end: UInt64
  /// When somebody last asked for it, and how often.
  var asked: UInt64
  var count: UInt64
}

/// What a map has for a key; `nil` where it has nothing.
func lookUp<Key: BitwiseCopyable, Value>(
  _ map: inout CChar, _ key: Key, as type: Value.Type
) -> UnsafeMutablePointer<Value>? {
  var key = key
  return bpf_map_lookup_elem(&map, &key)?.assumingMemoryBound(to: Value.self)
}
