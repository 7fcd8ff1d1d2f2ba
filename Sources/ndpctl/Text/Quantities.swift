// Numbers as people read them.

/// A time in milliseconds: `420 ms`, `3.1 s`, `42 s`, `7 min`, `5 h`, `3 d`.
func duration(_ milliseconds: UInt64) -> String {
  switch milliseconds {
  case ..<1000: "\(milliseconds) ms"
  case ..<10_000: "\(milliseconds / 1000).\(milliseconds / 100 % 10) s"
  case ..<120_000: "\(milliseconds / 1000) s"
  case ..<7_200_000: "\(milliseconds / 60_000) min"
  case ..<172_800_000: "\(milliseconds / 3_600_000) h"
  default: "\(milliseconds / 86_400_000) d"
  }
}

/// A time in nanoseconds: `12 µs`, `3.4 ms`, `1.2 s`.
func latency(_ nanoseconds: UInt64) -> String {
  switch nanoseconds {
  case ..<10_000_000 where nanoseconds < 1_000_000: "\(nanoseconds / 1000) µs"
  case ..<1_000_000_000: "\(nanoseconds / 1_000_000).\(nanoseconds / 100_000 % 10) ms"
  default: "\(nanoseconds / 1_000_000_000).\(nanoseconds / 100_000_000 % 10) s"
  }
}

/// A count in at most five characters: `12`, `99999`, `120k`, `17M`.
func short(_ count: UInt64) -> String {
  switch count {
  case ..<100_000: "\(count)"
  case ..<100_000_000: "\(count / 1000)k"
  case ..<100_000_000_000: "\(count / 1_000_000)M"
  default: "\(count / 1_000_000_000)G"
  }
}

/// `1 rule`, `2 rules`.
func counted(_ count: some BinaryInteger, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}
