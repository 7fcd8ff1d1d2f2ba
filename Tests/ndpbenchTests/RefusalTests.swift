import Testing

@testable import ndpbench

/// A second in which everything adds up.
private struct Counts {
  var responder = Responder.ndpproxy
  var sent = 20_000
  var delivered = 20_000
  var emitted = 20_000
  var returned = 20_000
  var verified = 20_000
  var divisor = 1
  var own = ["answered": 20_000, "overrun": 0, "unsent": 0]

  func reconcile() throws {
    try Flood(
      sentCount: sent, seconds: 1, asked: sent, answered: returned, measuredSeconds: 1,
      processorTime: 1, delivered: delivered, emitted: emitted, returned: returned,
      verified: verified, divisor: divisor, ownCounts: own
    ).reconcile(responder)
  }
}

/// What may be wrong with it.
private struct Flaw: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let change: @Sendable (inout Counts) -> Void

  init(_ name: String, _ change: @escaping @Sendable (inout Counts) -> Void) {
    (testDescription, self.change) = (name, change)
  }
}

/// Figures that the harness refuses to give.
struct RefusalTests {
  @Test func `what adds up is a figure`() throws {
    try Counts().reconcile()
    var counts = Counts()
    // The kernels have sent a router solicitation and a report of their own.
    (counts.delivered, counts.emitted) = (20_001, 20_001)
    try counts.reconcile()
  }

  @Test func `lost questions are accounted for`() throws {
    var counts = Counts()
    counts.own = ["answered": 15_000, "overrun": 4_000, "unsent": 0, "noRule": 1_000]
    (counts.emitted, counts.returned, counts.verified) = (15_000, 15_000, 15_000)
    try counts.reconcile()
  }

  private static let flaws = [
    Flaw("questions that did not arrive") { $0.delivered = 19_000 },
    Flaw("answers that did not arrive") { $0.returned = 19_000 },
    Flaw("answers that were not looked at") { $0.verified = 19_000 },
    Flaw("no answer at all") { ($0.emitted, $0.returned, $0.verified) = (0, 0, 0) },
    Flaw("more answers than the daemon knows of") { $0.own["answered"] = 19_000 },
    Flaw("questions that the daemon does not account for") {
      ($0.emitted, $0.returned, $0.verified) = (15_000, 15_000, 15_000)
      $0.own["answered"] = 15_000
    },
    Flaw("a daemon that does not count") { $0.own = [:] },
    Flaw("a sample that is too small") { ($0.divisor, $0.verified) = (16, 16 * 900) },
  ]

  @Test(arguments: flaws)
  private func `what does not add up is none`(flaw: Flaw) {
    var counts = Counts()
    flaw.change(&counts)
    #expect(throws: BenchFailure.self) { try counts.reconcile() }
  }

  @Test func `a sample may be a little off`() throws {
    var counts = Counts()
    (counts.divisor, counts.verified) = (16, 16 * 1_200)
    try counts.reconcile()
  }

  @Test func `where everything is answered the generator was the bottleneck`() {
    var sweep = Sweep()
    let areFigures = [
      sweep.add(rate: 1_000, offered: 1_000, answered: 1_000),
      sweep.add(rate: nil, offered: 300_000, answered: 299_000),
    ]
    #expect(areFigures == [true, true])
    #expect(throws: BenchFailure.self) { try sweep.saturation() }
  }

  @Test func `a rate that was not offered says nothing`() throws {
    var sweep = Sweep()
    let areFigures = [
      sweep.add(rate: 300_000, offered: 200_000, answered: 200_000),
      sweep.add(rate: nil, offered: 300_000, answered: 250_000),
    ]
    #expect(areFigures == [false, true])
    #expect(try sweep.saturation() == 250_000)
  }
}
