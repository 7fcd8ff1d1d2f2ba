import ArgumentParser
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

/// The subcommand `forwarding`: what a flood costs a host that forwards traffic.
struct ForwardingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forwarding",
    abstract: "Measures what a flood of solicitations costs a host that forwards traffic.",
    discussion: """
      One processor sends solicitations for random targets of the proxied /80 as fast as it \
      can; its time includes the kernel's work for them. The other one sends 20,000 packets per \
      second to a member, and runs the responder. The table shows solicitations, answers, lost \
      packets, and the processor time of both for each solicitation, without that of the \
      traffic. The rule is 'static', and in a second part 'iface', where no host has these \
      addresses. With 'no matching rule', no rule covers the targets.
      """)

  @OptionGroup var options: BenchOptions

  func run() async throws {
    try await options.session("forwarding") { bench, report in
      try await Forwarding(runs: options.runs).measure(bench, into: &report)
    }
  }
}

/// Traffic and a flood at the same time.
struct Forwarding {
  let runs: Int

  private static let rate = 20_000
  private static let length = Duration.seconds(2)
  /// The target by which it is seen that a responder is ready, and hardly any other.
  private static let readyPrefix = IPv6Prefix(member(0), length: 112)

  private struct Case {
    let condition: String
    let responder: Responder
    let title: String
    let rules: String
  }

  private static var cases: [Case] {
    let fixed = ResponderConfiguration.oneRule.rules
    let other = ResponderConfiguration.rule(readyPrefix, "static")
    let asking = other + ResponderConfiguration.rule(BenchLink.proxiedPrefix, "iface zt0")
    let ours: [Responder] = [.ndpproxy, .sockets]
    return [
      Case(condition: "static", responder: .ndpproxy, title: "no matching rule", rules: other)
    ]
      + (ours + [.ndppd]).map {
        Case(condition: "static", responder: $0, title: $0.title, rules: fixed)
      }
      + (ours + [.ndppd]).map {
        Case(
          condition: "iface, no host has the address", responder: $0, title: $0.title, rules: asking
        )
      }
  }

  func measure(_ bench: Bench, into report: inout Report) async throws {
    try await bench.link.responder.run(
      "ip", "-6", "neighbor", "replace", "\(Traffic.destination)", "lladdr",
      "\(BenchLink.memberLinkLayerAddress)", "dev", "zt0", "nud", "permanent")
    for run in 0..<runs {
      for one in Self.cases {
        do {
          let configuration = ResponderConfiguration(rules: one.rules)
          let figures = try await bench.withResponder(one.responder, configuration) { running in
            try await measure(one, running, seed: UInt64(run + 1))
          }
          for figure in figures { report.add(figure) }
        } catch {
          report.fail("forwarding with \(one.title), \(one.condition)", error)
        }
      }
    }
  }

  private func measure(
    _ one: Case, _ running: RunningResponder, seed: UInt64
  ) async throws -> [Figure] {
    let bench = running.bench
    let generator = try Generator(
      on: bench.link, index: bench.askerIndex, targets: .inside(BenchLink.proxiedPrefix),
      seed: seed)
    guard let process = running.processIdentifier else { return [] }
    let traffic = Traffic(on: bench)
    let answersBefore = try bench.link.asker.counters(of: "up0").received
    let timeBefore = try Machine.processorTime(of: process)
    let start = BootClock.nanoseconds
    let end = start + UInt64(Self.length / .nanoseconds(1))
    traffic.start(perSecond: Self.rate, until: end)
    try generator.send(perSecond: nil, until: end) {}
    let elapsed = Double(BootClock.nanoseconds - start)
    let time = Double(try Machine.processorTime(of: process) - timeBefore)
    let (sent, received) = try traffic.wait()
    try await Task.sleep(for: .milliseconds(200))
    let answers = try bench.link.asker.counters(of: "up0").received - answersBefore
    let asked = Double(generator.sentCount)
    func figure(_ quantity: String, _ unit: String, _ value: Double) -> Figure {
      Figure("forwarding", quantity, at: one.condition, of: one.title, in: unit, [value])
    }
    return [
      figure("solicitations", "per s", asked / elapsed * 1e9),
      figure("answers", "per s", Double(answers) / elapsed * 1e9),
      figure("packets sent", "per s", Double(sent) / elapsed * 1e9),
      figure("packets lost", "percent", 100 * Double(sent - received) / Double(max(1, sent))),
      figure("processor time for a solicitation", "µs", (elapsed + time) / asked / 1000),
      figure("the daemon's part", "µs", time / asked / 1000),
    ]
  }
}
