import NDPWire

/// What is asked for: the same choice for every responder.
enum Targets {
  /// Any address of a prefix.
  case inside(IPv6Prefix)
  /// Any address of one of so many /112s, as `spreadRules` makes them.
  case ofRules(Int)
  /// One of so many members.
  case members(Int)

  /// Draws one.
  func next(_ random: inout FastGenerator) -> IPv6Address {
    switch self {
    case .inside(let prefix):
      let host = UInt128.max >> prefix.length
      let bits = UInt128(random.next()) << 64 | UInt128(random.next())
      return IPv6Address(bits: prefix.address.bits | bits & host)
    case .ofRules(let count):
      let rule = Int(random.next() % UInt64(count))
      return IPv6Address(bits: rulePrefix(rule).address.bits | UInt128(random.next() & 0xffff))
    case .members(let count):
      return member(Int(random.next() % UInt64(count)))
    }
  }
}

/// The prefix of one of many rules: a /112 inside the proxied /80, neighbors far apart.
func rulePrefix(_ number: Int) -> IPv6Prefix {
  let spread = UInt128(UInt32(truncatingIfNeeded: number) &* 0x9e37_79b1)
  return IPv6Prefix(
    IPv6Address(bits: BenchLink.proxiedPrefix.address.bits | spread << 16), length: 112)
}

/// The address of one of many members of the proxied prefix.
func member(_ number: Int) -> IPv6Address {
  IPv6Address(bits: BenchLink.proxiedPrefix.address.bits | UInt128(0x1_0000 + number))
}

/// SplitMix64: a few multiplications for a number, and the same ones in every run.
struct FastGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
