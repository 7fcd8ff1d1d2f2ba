package import Conformance
import NDPWire
import NetworkLab

extension InterfaceEvent {
  /// Lets it happen to a daemon in a network of its own, and looks on; some three seconds.
  package func play(on program: Program) async throws -> EventOutcome {
    let lab = try await EventLab(part, layout)
    try await lab.perform(preparation, on: nil)
    if happensBeforeStart { try await lab.perform(steps, on: nil) }
    let sign = program == .ndpproxy ? "ready:" : nil
    do {
      return try await lab.network.gateway.withDaemon(
        try program.path, configuration: part.configuration, readyAt: sign
      ) { daemon in
        try await play(in: lab, on: daemon.process, of: program)
      }
    } catch let failure as LabFailure {
      // The first line says how it ended, after its path; those behind it are its log.
      let line = "\(failure)".split(separator: "\n").first ?? ""
      return EventOutcome(end: String(line.trimmingPrefix(try program.path + " ")))
    }
  }

  private func play(
    in lab: EventLab, on process: RunningProcess, of program: Program
  ) async throws -> EventOutcome {
    let asker = try await Asker(lab.network)
    var outcome = EventOutcome()
    // ndppd needs a moment to read its tables, and gives no sign when it has.
    if program == .ndppd { try await Task.sleep(for: .milliseconds(500)) }
    if !happensBeforeStart {
      guard try await asker.isAnswered(Target.known.address, within: .seconds(10)) else {
        return EventOutcome(end: "answers nobody from the start")
      }
      try await lab.perform(steps, on: process)
    }
    if !remedy.isEmpty {
      try await wait(asker, process, &outcome)
      try await lab.perform(remedy, on: process)
    }
    if process.status == nil {
      try await lab.waitUntilUsable()
      try await resume(asker, &outcome)
    }
    outcome.end = process.status.map { "\($0)" }
    if program == .ndpproxy, let isLoggedWith,
      !process.lines.contains(where: { $0.contains(isLoggedWith) })
    {
      outcome.missingLine = isLoggedWith
    }
    return outcome
  }

  /// Asks for a while, then looks at what the daemon takes when nobody does.
  private func wait(
    _ asker: Asker, _ process: RunningProcess, _ outcome: inout EventOutcome
  ) async throws {
    // The news must have reached the daemon.
    try await Task.sleep(for: .milliseconds(200))
    _ = try asker.takeAnswers()
    for _ in 0..<15 {
      asker.ask(for: [Target.known.address])
      asker.ask(for: [Target.awaited.address], fromLinkLocal: true)
      try await Task.sleep(for: .milliseconds(20))
    }
    try await Task.sleep(for: .milliseconds(100))
    outcome.answersMeanwhile = try !asker.takeAnswers().isEmpty
    let number = process.processIdentifier
    let isSuspended = steps.contains { if case .suspend = $0 { true } else { false } }
    if number != 0, !isSuspended {
      outcome.waiting = try await ProcessUse.of(number, during: silence)
    }
  }

  /// Asks until all kinds of targets are answered, and takes down when.
  private func resume(_ asker: Asker, _ outcome: inout EventOutcome) async throws {
    let start = wallClock()
    var awaited = Set([Target.known, Target.awaited].map(\.address))
    var others = Target.fresh.map(\.address)[...]
    while wallClock() < start + EventOutcome.Resumption.patience {
      asker.ask(for: awaited.filter { $0 == Target.known.address })
      asker.ask(for: awaited.filter { $0 != Target.known.address }, fromLinkLocal: true)
      if outcome.resumedForOthers == .never, let next = others.popFirst() { asker.ask(for: [next]) }
      try await Task.sleep(for: .milliseconds(20))
      for answer in try asker.takeAnswers() where answer.time >= start {
        let message = answer.frame.message
        guard message.targetLinkLayerAddress == linkLayerAddress else {
          outcome.wrongAnswers += 1
          continue
        }
        if awaited.remove(message.target) != nil, awaited.isEmpty {
          outcome.resumed = .after(answer.time - start)
        } else if Target.isFresh(message.target), outcome.resumedForOthers == .never {
          outcome.resumedForOthers = .after(answer.time - start)
        }
      }
      if outcome.resumed != .never, outcome.resumedForOthers != .never { return }
    }
  }
}

extension Target {
  fileprivate static func isFresh(_ address: IPv6Address) -> Bool {
    fresh.contains { $0.address == address }
  }
}
