/// All loads of one file, and what they come to.
struct Series {
  private let ruleCount: Int
  private let octetCount: Int
  private let nanoseconds: [Int]
  private let peakOctets: Int
  /// What the rules take of the peak; `nil` where there is nothing to compare with.
  private let ruleOctets: Int?

  /// Sums up a file that was loaded at least once.
  init(of sample: SampleFile, above baseline: Series?) {
    ruleCount = sample.ruleCount
    octetCount = sample.octetCount
    nanoseconds = sample.loads.map(\.nanoseconds).sorted()
    peakOctets = median(sample.loads.map(\.peakOctets).sorted())
    ruleOctets = baseline.map { [peakOctets] in peakOctets - $0.peakOctets }
  }

  /// What stands above the columns.
  static let heading = [
    "rules", "bytes", "time", "fastest", "slowest", "ns/rule", "peak memory", "bytes/rule",
  ]

  /// A row of the table.
  var cells: [String] {
    let time = median(nanoseconds)
    return [
      grouped(ruleCount), grouped(octetCount), milliseconds(time), milliseconds(nanoseconds[0]),
      milliseconds(nanoseconds[nanoseconds.count - 1]), grouped(time / ruleCount),
      "\(grouped(peakOctets / 1024)) KiB", ruleOctets.map { grouped($0 / ruleCount) } ?? "-",
    ]
  }

  /// How everything grew from another size to this one.
  func comparison(with other: Series) -> String {
    let time = ratio(median(nanoseconds), median(other.nanoseconds))
    let memory = ratio(ruleOctets ?? 0, other.ruleOctets ?? 0)
    return "\(grouped(ruleCount)) against \(grouped(other.ruleCount)): "
      + "\(ratio(ruleCount, other.ruleCount)) times the rules, "
      + "\(ratio(octetCount, other.octetCount)) times the bytes, "
      + "\(time) times the time, \(memory) times the memory"
  }
}

private func median(_ sorted: [Int]) -> Int {
  (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
