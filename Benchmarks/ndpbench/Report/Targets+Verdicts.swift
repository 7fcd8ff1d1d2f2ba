// The targets of the project, as its issue tracker states them.

extension Report {
  /// Which topics were measured, in that order.
  var topics: [String] {
    var topics: [String] = []
    for figure in figures where !topics.contains(figure.topic) { topics.append(figure.topic) }
    return topics
  }

  /// Each target of a topic that was measured.
  var verdicts: [Verdict] {
    topics.flatMap { topic -> [Verdict] in
      switch topic {
      case "throughput": throughputVerdicts
      case "latency": latencyVerdicts
      case "cost": costVerdicts
      case "scale": scaleVerdicts
      case "micro": microVerdicts
      default: []
      }
    }
  }

  private var throughputVerdicts: [Verdict] {
    let own = median("throughput", "saturation", of: .ndpproxy)
    return [
      Verdict(
        "throughput at least 4 times ndppd's",
        quotient(own, median("throughput", "saturation", of: .ndppd)), atLeast: 4, unit: " times"),
      Verdict(
        "throughput at least 1.5 times the bare loop's",
        quotient(own, median("throughput", "saturation", of: .reference)), atLeast: 1.5,
        unit: " times"),
      Verdict(
        "throughput by sockets at least 0.9 times the bare loop's",
        quotient(
          median("throughput", "saturation", of: .sockets),
          median("throughput", "saturation", of: .reference)), atLeast: 0.9, unit: " times"),
      Verdict(
        "a burst of 4,000 solicitations is answered",
        median("throughput", "burst answered", of: .ndpproxy), atLeast: 4_000),
    ]
  }

  private var latencyVerdicts: [Verdict] {
    let own = median("latency", "p50", at: 1_000, of: .ndpproxy)
    return [
      Verdict(
        "p50 at 1,000 NS/s no more than ndppd's",
        quotient(own, median("latency", "p50", at: 1_000, of: .ndppd)), atMost: 1, unit: " times"),
      Verdict(
        "p99 at 1,000 NS/s no more than twice p50",
        quotient(median("latency", "p99", at: 1_000, of: .ndpproxy), own), atMost: 2,
        unit: " times"),
    ]
  }

  private var costVerdicts: [Verdict] {
    func own(_ quantity: String) -> Double? { median("cost", quantity, of: .ndpproxy) }
    let sockets = { (quantity: String) in self.median("cost", quantity, of: .sockets) }
    return [
      Verdict(
        "processor time per answer by sockets at 20,000 NS/s at most a third of ndppd's",
        quotient(sockets("time per answer"), median("cost", "time per answer", of: .ndppd)),
        atMost: 1 / 3, unit: " times"),
      Verdict("no wake-up for unrelated solicitations", own("wake-ups for others"), atMost: 0),
      Verdict("no wake-up when idle", own("wake-ups when idle"), atMost: 0),
      Verdict("private memory at most 1 MiB", own("private memory"), atMost: 1024, unit: " KiB"),
      Verdict(
        "private memory less than ndppd's",
        quotient(own("private memory"), median("cost", "private memory", of: .ndppd)), atMost: 1,
        unit: " times"),
      Verdict("from exec to the first answer at most 10 ms", own("start"), atMost: 10, unit: " ms"),
      Verdict("no allocation for an answer", sockets("allocations"), atMost: 0),
    ]
  }

  private var scaleVerdicts: [Verdict] {
    // What both are compared with: one rule, and no session.
    let least = median("scale", "time by rules", at: 1, of: .sockets)
    func growth(_ quantity: String, _ size: Double) -> Double? {
      quotient(median("scale", quantity, at: size, of: .sockets), least)
    }
    return [
      Verdict(
        "a solicitation costs at most 1.3 times as much with 100,000 rules as with one",
        growth("time by rules", 100_000), atMost: 1.3, unit: " times"),
      Verdict(
        "a solicitation costs at most 1.3 times as much with 1,000,000 sessions as with none",
        growth("time by sessions", 1_000_000), atMost: 1.3, unit: " times"),
    ]
  }

  private var microVerdicts: [Verdict] {
    func own(_ quantity: String) -> Double? {
      figures("micro", quantity).last?.median
    }
    return [
      Verdict(
        "at most 200 bytes for a session, with 1,000,000",
        own("bytes per session"), atMost: 200),
      Verdict(
        "an answer of the program takes at most 100 ns with 1,000 rules",
        median("micro", "program", at: 1_000, of: .ndpproxy), atMost: 100, unit: " ns"),
      Verdict(
        "with 100,000 rules at most twice what it takes with one",
        quotient(
          median("micro", "program", at: 100_000, of: .ndpproxy),
          median("micro", "program", at: 1, of: .ndpproxy)), atMost: 2, unit: " times"),
    ]
  }

  private func quotient(_ number: Double?, _ other: Double?) -> Double? {
    guard let number, let other, other != 0 else { return nil }
    return number / other
  }
}
