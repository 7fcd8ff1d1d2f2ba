/// What a daemon did about an event.
package struct EventOutcome: Sendable {
  /// How it ended or why it did not start; `nil` if it lives.
  package var end: String?
  /// Whether it answered while the event lasted; `nil` if it was over at once.
  package var answersMeanwhile: Bool?
  /// What it took of the machine while the event lasted and nobody asked.
  package var waiting: ProcessRate?
  /// How long after the interface was usable again there was an answer to who asked all along.
  package var resumed = Resumption.never
  /// The same for targets that nobody had asked for.
  package var resumedForOthers = Resumption.never
  /// How many answers came with a wrong link-layer address.
  package var wrongAnswers = 0
  /// What its log does not say.
  package var missingLine: String?

  /// When answers came again.
  package enum Resumption: Sendable, Equatable {
    case after(Duration)
    case never
  }
}

extension EventOutcome {
  /// What an NDP proxy must not do, in words; none if it did well.
  package func faults(at event: InterfaceEvent) -> [String] {
    if let end { return [end] }
    var faults: [String] = []
    switch (event.meanwhile, answersMeanwhile) {
    case (.silent, true?): faults.append("answers meanwhile")
    case (.answering, false?): faults.append("no answers meanwhile")
    default: break
    }
    if let waiting, waiting.processorShare >= Self.share {
      faults.append("takes \(percent(waiting.processorShare)) of a processor to wait")
    }
    if !resumed.isTimely { faults.append("who asked all along is answered \(resumed)") }
    if !resumedForOthers.isTimely { faults.append("others are answered \(resumedForOthers)") }
    if wrongAnswers > 0 { faults.append("\(wrongAnswers) answers with a wrong address") }
    if let missingLine { faults.append("does not say '\(missingLine)'") }
    return faults
  }

  /// How much of a processor waiting may take.
  private static let share = 0.01
}

extension EventOutcome.Resumption: CustomStringConvertible {
  /// How long answers may take to come again.
  private static let limit = Duration.seconds(1)
  /// How long they are waited for.
  static let patience = Duration.seconds(4)

  var isTimely: Bool { if case .after(let time) = self { time <= Self.limit } else { false } }

  package var description: String {
    switch self {
    case .after(let time): "after \(Int((time / .milliseconds(1)).rounded(.up))) ms"
    case .never: "not within \(Int(Self.patience / .seconds(1))) s"
    }
  }
}

/// `0.0 %`, `99.8 %`.
func percent(_ share: Double) -> String {
  let tenths = Int((share * 1000).rounded())
  return "\(tenths / 10).\(tenths % 10) %"
}
