import Conformance

/// The events with what each daemon did about them, to be printed.
package struct EventTable: Sendable {
  private var lines: [[String]] = []
  /// How many events our daemon does not take well.
  package private(set) var faultCount = 0
  private var faultsOfNdppd = 0

  /// Lets all events happen, one after the other: their times are real.
  package static func made(of events: [InterfaceEvent]) async throws -> EventTable {
    var table = EventTable()
    for event in events {
      let ours = try await event.play(on: .ndpproxy)
      let theirs = try await event.play(on: .ndppd)
      if !ours.faults(at: event).isEmpty { table.faultCount += 1 }
      if !theirs.faults(at: event).isEmpty { table.faultsOfNdppd += 1 }
      table.lines.append(
        ["\(event.part)", event.name] + cells(ours, of: event) + cells(theirs, of: event))
    }
    return table
  }

  private static func cells(_ outcome: EventOutcome, of event: InterfaceEvent) -> [String] {
    if let end = outcome.end { return [end, "", ""] }
    var answers = "\(outcome.resumed)"
    if outcome.resumed != outcome.resumedForOthers, outcome.resumedForOthers != .never,
      outcome.resumed == .never
    {
      answers += ", others \(outcome.resumedForOthers)"
    }
    if event.meanwhile == .silent, outcome.answersMeanwhile == true {
      answers += "; answers meanwhile"
    }
    if event.meanwhile == .answering, outcome.answersMeanwhile == false {
      answers += "; no answers meanwhile"
    }
    if outcome.wrongAnswers > 0 { answers += "; with the old address" }
    guard let waiting = outcome.waiting else { return [answers, "", ""] }
    let perSecond = Int((Double(waiting.sleeps) / waiting.seconds).rounded(.up))
    return [answers, percent(waiting.processorShare), "\(perSecond)"]
  }
}

// MARK: - Text

extension EventTable {
  /// The table in Markdown, and the totals below it.
  package var text: String {
    let header = [
      "interface", "what happens", "ndpproxy answers again", "CPU", "wake-ups",
      "ndppd 0.2.5 answers again", "CPU", "wake-ups",
    ]
    let widths = header.indices.map { column in
      ([header] + lines).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      let padded = zip(cells, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      return "| " + padded.joined(separator: " | ") + " |"
    }
    let rule = widths.map { String(repeating: "-", count: $0) }
    return ([header, rule] + lines).map(line).joined(separator: "\n") + "\n\n" + totals
  }

  private var totals: String {
    """
    \(lines.count) events: ndpproxy takes \(lines.count - faultCount) of them as it should, \
    ndppd 0.2.5 \(lines.count - faultsOfNdppd).
    """
  }
}
