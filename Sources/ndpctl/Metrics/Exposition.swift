import PlainText

/// Metrics as text, in one of the two formats that collectors read.
struct Exposition {
  let format: Format
  private(set) var text = ""

  /// The formats.
  enum Format: Sendable {
    /// Prometheus text format 0.0.4, which node_exporter reads from files.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics
  }

  enum Kind: String {
    case counter
    case gauge
    case histogram
  }

  /// One number of a family, with the labels that tell it from the others.
  struct Sample {
    var labels: [(name: String, value: String)] = []
    let value: String

    init(_ value: some BinaryInteger, _ labels: (name: String, value: String)...) {
      self.init(value, labels: labels)
    }

    init(_ value: some BinaryInteger, labels: [(name: String, value: String)]) {
      self.value = "\(value)"
      self.labels = labels
    }
  }

  init(format: Format) {
    self.format = format
  }

  /// Adds a family of counters or gauges; counters get their `_total`.
  mutating func add(_ kind: Kind, _ name: String, _ help: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    let suffix = kind == .counter ? "_total" : ""
    begin(kind, name, help, typeSuffix: format == .prometheus ? suffix : "")
    for sample in samples { add(name + suffix, sample.labels, sample.value) }
  }

  /// Adds a histogram of times: counts for each bucket and one beyond the last bound.
  mutating func addHistogram(
    _ name: String, _ help: String, boundsNanoseconds: [UInt64], counts: [UInt64],
    sumNanoseconds: UInt64
  ) {
    begin(.histogram, name, help, typeSuffix: "")
    if format == .openMetrics { text += "# UNIT \(name) seconds\n" }
    var total: UInt64 = 0
    for (place, count) in counts.enumerated() {
      total += count
      let bound = place < boundsNanoseconds.count ? seconds(boundsNanoseconds[place]) : "+Inf"
      add("\(name)_bucket", [("le", bound)], "\(total)")
    }
    add("\(name)_sum", [], seconds(sumNanoseconds))
    add("\(name)_count", [], "\(total)")
  }

  /// Ends the text as its format wants it.
  mutating func end() {
    if format == .openMetrics { text += "# EOF\n" }
  }

  private mutating func begin(_ kind: Kind, _ name: String, _ help: String, typeSuffix: String) {
    text += "# HELP \(name)\(typeSuffix) \(help)\n# TYPE \(name)\(typeSuffix) \(kind.rawValue)\n"
  }

  private mutating func add(
    _ name: String, _ labels: [(name: String, value: String)], _ value: String
  ) {
    let pairs = labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    text += name + (pairs.isEmpty ? "" : "{\(pairs)}") + " \(value)\n"
  }

  private func escaped(_ value: String) -> String {
    // By scalars: a quote with a combining mark behind it is one character, and still a quote.
    value.printable.unicodeScalars.map { scalar in
      switch scalar {
      case "\\": "\\\\"
      case "\"": "\\\""
      default: String(scalar)
      }
    }.joined()
  }

  /// Nanoseconds in seconds, exactly and without an exponent; one decimal at least.
  private func seconds(_ nanoseconds: UInt64) -> String {
    let digits = String(nanoseconds % 1_000_000_000)
    var fraction = String(repeating: "0", count: 9 - digits.count) + digits
    while fraction.count > 1, fraction.last == "0" { fraction.removeLast() }
    return "\(nanoseconds / 1_000_000_000).\(fraction)"
  }
}
