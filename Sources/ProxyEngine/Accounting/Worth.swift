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
