/// One measured quantity of one responder, with what each run gave.
struct Figure: Sendable {
  /// Which benchmark it belongs to: `throughput`.
  let topic: String
  /// What was measured: `answered`.
  let quantity: String
  /// Under which circumstances, in the order of their sizes: `20,000 NS/s offered`.
  let condition: String
  /// The size of the circumstance, for plots; `nil` where there is none.
  let position: Double?
  /// Of whom, in words.
  let subject: String
  let unit: String
  /// One for each run; never empty.
  private(set) var samples: [Double]

  init(
    _ topic: String, _ quantity: String, at condition: String = "", position: Double? = nil,
    of subject: String, in unit: String, _ samples: [Double]
  ) {
    precondition(!samples.isEmpty)
    self.topic = topic
    self.quantity = quantity
    self.condition = condition
    self.position = position
    self.subject = subject
    self.unit = unit
    self.samples = samples
  }

  /// Takes down another run.
  mutating func add(_ sample: Double) { samples.append(sample) }

  /// Whether this is about the same as another figure.
  func isSame(as other: Figure) -> Bool {
    (topic, quantity, condition, subject) == (
      other.topic, other.quantity, other.condition, other.subject
    )
  }

  var median: Double { quantile(0.5, of: samples.sorted()) }
  var lowest: Double { samples.min()! }
  var highest: Double { samples.max()! }

  /// `18.5 (17.9-19.2)`.
  var text: String {
    if samples.count == 1 { return shown(median) }
    return "\(shown(median)) (\(shown(lowest))-\(shown(highest)))"
  }
}

/// The value below which a part of sorted samples lies, between two samples if need be.
func quantile(_ part: Double, of sorted: [Double]) -> Double {
  let position = part * Double(sorted.count - 1)
  let index = Int(position)
  guard index + 1 < sorted.count else { return sorted[sorted.count - 1] }
  return sorted[index] + (sorted[index + 1] - sorted[index]) * (position - Double(index))
}

/// A number with three or so significant digits: `231,000`, `18.5`, `0.13`.
func shown(_ number: Double) -> String {
  switch abs(number) {
  case 100...: grouped(Int(number.rounded()))
  case 10..<100: decimal(number, digits: 1)
  case 0: "0"
  default: decimal(number, digits: abs(number) < 0.1 ? 3 : 2)
  }
}

/// A number with so many digits behind the point.
func decimal(_ number: Double, digits: Int) -> String {
  var unit = 1
  for _ in 0..<digits { unit *= 10 }
  let rounded = Int((abs(number) * Double(unit)).rounded())
  let sign = number < 0 && rounded > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(rounded)" }
  let fraction = "\(rounded % unit)"
  let zeros = String(repeating: "0", count: digits - fraction.count)
  return "\(sign)\(rounded / unit).\(zeros)\(fraction)"
}
