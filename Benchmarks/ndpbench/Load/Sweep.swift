/// Questions at rising rates, until a responder keeps up no longer.
struct Sweep {
  /// The most answers per second so far.
  private(set) var most = 0.0
  /// Whether some rate was more than the responder could take.
  private(set) var isSaturated = false

  /// What is answered to this part counts as everything: the borders of the time are not sharp.
  private static let allowance = 0.98

  /// Takes down what was offered and answered per second, where `rate` was meant to be offered
  /// (`nil`: as much as possible); whether that is a figure.
  ///
  /// It is none where less was offered than was meant, and the responder is not to blame.
  mutating func add(rate: Int?, offered: Double, answered: Double) -> Bool {
    let keepsUp = answered >= offered * Self.allowance
    if let rate, keepsUp, offered < Double(rate) * Self.allowance { return false }
    most = max(most, answered)
    if !keepsUp { isSaturated = true }
    return true
  }

  /// The most answers per second; throws where that is the generator's limit and not the
  /// responder's.
  func saturation() throws -> Double {
    guard isSaturated else {
      throw BenchFailure(
        "the generator was the bottleneck: all of \(grouped(Int(most))) solicitations per second "
          + "were answered, so the limit of the responder is not known")
    }
    return most
  }
}
