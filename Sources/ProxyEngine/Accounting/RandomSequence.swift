/// Numbers that look random and are the same for the same seed: SplitMix64 (Steele et al., 2014).
struct RandomSequence {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The next number from 0 up to, but not including, `bound`; 0 where that is 0.
  mutating func next(below bound: UInt64) -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return bound == 0 ? 0 : Self.mixed(state) % bound
  }

  /// A number in which every bit depends on every bit of `bits`.
  static func mixed(_ bits: UInt64) -> UInt64 {
    var value = bits
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
