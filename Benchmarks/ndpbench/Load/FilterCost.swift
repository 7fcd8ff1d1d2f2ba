import LinuxNet
import NDPWire
import NetworkLab

/// What the kernel's filter costs the host for a frame that no rule is about.
///
/// It differs from every prefix of the filter in the last words only. To compare is the work of
/// whoever delivers the frame, here of the generator's own processor.
struct FilterCost {
  let runs: Int

  private static let subject = "packet filter"
  private static let frames = 100_000
  private static let sizes = [0, 1, 16, 64, 256]

  func measure(_ bench: Bench, into report: inout Report) async throws {
    for _ in 0..<runs {
      for size in Self.sizes {
        func add(_ quantity: String, _ unit: String, _ value: Double) {
          report.add(
            Figure(
              "cost", quantity, at: "\(grouped(size)) prefixes", position: Double(size),
              of: Self.subject, in: unit, [value]))
        }
        let start = BootClock.nanoseconds
        let filter = PacketFilter(
          solicitationsFor: (0..<size).map(rulePrefix), advertisements: false, limit: size)
        add("filter compiled", "ms", Double(BootClock.nanoseconds - start) / 1e6)
        add("frame for others, sent and filtered", "ns", try nanoseconds(perFrame: filter, bench))
      }
    }
  }

  private func nanoseconds(perFrame filter: PacketFilter, _ bench: Bench) throws -> Double {
    let socket = try bench.link.responder.namespace.run {
      try PacketSocket(
        interfaceIndex: bench.responderIndex, filter: filter, allMulticast: true)
    }
    let generator = try Generator(
      on: bench.link, index: bench.askerIndex, targets: .inside(BenchLink.proxiedPrefix))
    let start = BootClock.nanoseconds
    while generator.sentCount < Self.frames { try generator.send(PacketSocket.batchSize) }
    let time = BootClock.nanoseconds - start
    // One in a million is inside one of the prefixes after all.
    guard try socket.receive({ _, _ in }) < 8 else {
      throw BenchFailure("a filter lets through what it should not: \(filter.expression)")
    }
    return Double(time) / Double(generator.sentCount)
  }
}
