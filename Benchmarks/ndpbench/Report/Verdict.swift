/// A target of the project, and whether it is met.
struct Verdict {
  /// What was promised.
  let target: String
  /// What was measured, in words; `nil` where it was not.
  let figure: String?
  let isMet: Bool?

  /// Compares one figure with what it must not exceed.
  init(_ target: String, _ value: Double?, atMost limit: Double, unit: String = "") {
    self.target = target
    figure = value.map { shown($0) + unit }
    isMet = value.map { $0 <= limit }
  }

  /// Compares one figure with what it must reach.
  init(_ target: String, _ value: Double?, atLeast limit: Double, unit: String = "") {
    self.target = target
    figure = value.map { shown($0) + unit }
    isMet = value.map { $0 >= limit }
  }

  /// The list at the end of a session.
  static func show(_ verdicts: [Verdict]) {
    let rows = verdicts.map { verdict in
      [
        verdict.isMet.map { $0 ? "met" : "MISSED" } ?? "not measured",
        verdict.figure ?? "-", verdict.target,
      ]
    }
    print("\ntargets\n")
    for row in rows {
      let padding = String(repeating: " ", count: max(1, 14 - row[0].count))
      let space = String(repeating: " ", count: max(1, 14 - row[1].count))
      print("\(row[0])\(padding)\(row[1])\(space)\(row[2])")
    }
  }
}
