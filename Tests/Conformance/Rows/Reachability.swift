import NDPWire

extension Row {
  /// F: the upstream router makes sure that its neighbors are still there.
  static let reachability: [Row] = [
    Row(
      "F01", "unicast solicitations are answered, from link-local and global sources",
      "RFC 8504 §5.4", .must,
      .answers(
        { $0.goByUnicast() },
        {
          $0.goByUnicast()
          $0.source = $0.asker.global
        })),
    Row(
      "F02", "a Linux router confirms the proxy with one unicast solicitation per cycle",
      "RFC 4861 §7.3.3",
      .must,
      .lab { program in
        let seen = try await routerCycles(of: program)
        try require(seen.unicast >= 2, "\(seen.unicast) unicast solicitations")
        try require("multicast solicitations after the first", seen.multicast - 1, is: 0)
        try require(seen.isReachable, "the router deletes its entry")
      }),
    Row(
      "F03", "these solicitations come from a link-local address", "RFC 4861 §7.3.3", .fact,
      .lab { program in
        let seen = try await routerCycles(of: program)
        try require(
          !seen.unicastSources.isEmpty && seen.unicastSources.allSatisfy(\.isLinkLocal),
          "from \(seen.unicastSources)")
      }),
    Row(
      "F04", "answers for a dead target end after its lifetime and the probes",
      "RFC 4861 §7.3", .must,
      .script(.brief) { trial in
        let target = trial.verified()
        try await trial.confirm(target)
        let confirmed = await trial.subject.now
        while await trial.subject.now < confirmed + .seconds(7) {
          try await trial.nudge(target)
          try await trial.wait(.milliseconds(200))
        }
        let last = try await trial.answers(target).last?.time ?? confirmed
        // Two seconds, three probes by unicast; and the time that a busy machine takes.
        try require(last - confirmed < .milliseconds(5400), "answers after \(last - confirmed)")
      }),
    Row(
      "F05", "a target is answered for while it is probed again, but not after that fails",
      "RFC 4861 §7.3.3",
      .recommended,
      .script(.brief) { trial in
        let target = trial.verified()
        try await trial.confirm(target)
        try await trial.nudge(target)
        try await trial.awaitQuestions(target, 2)
        let before = try await trial.answers(target).count
        try await trial.nudge(target)
        try await trial.awaitAnswers(target, before + 1)
        // Three by unicast, then one by multicast that gives up on the owner.
        try await trial.awaitQuestions(target, 5)
        let after = try await trial.answers(target).count
        try await trial.nudge(target)
        try await trial.settle()
        try require("answers", try await trial.answers(target).count, is: after)
      }),
    Row(
      "F06", "with the documented nftables rule only the daemon responds", "RFC 4443 §3.1",
      .recommended,
      .lab { program in
        try await requireBystander(program, hasRule: false, isExpected: false)
        try await requireBystander(program, hasRule: true, isExpected: true)
      }),
  ]

  /// Throws unless only the daemon reacts to unicast solicitations, or, if not expected, also the
  /// kernel does.
  private static func requireBystander(
    _ program: Program, hasRule: Bool, isExpected: Bool
  ) async throws {
    var setup = Setup.alone
    setup.isForwarding = true
    let check = Check.lab("F06", setup) { proxy in
      guard hasRule else { return }
      let rule = "iifname up0 ip6 daddr \(Setup.staticPrefix) icmpv6 type nd-neighbor-solicit drop"
      let chain = "chain pre {\ntype filter hook prerouting priority raw\n\(rule)\n}"
      try await proxy.run("nft", "-f", "-", input: "table ip6 ndpproxy {\n\(chain)\n}\n")
    } _: { lab in
      let trial = lab.trial
      var questions: [Stimulus] = []
      for index in 0..<2 {
        var question = Stimulus(from: trial.station(), for: trial.target(index))
        question.goByUnicast()
        if index == 1 { question.source = question.asker.global }
        questions.append(question)
        try await trial.send(question)
      }
      try await trial.wait(.seconds(4))
      var seen: [EmittedFrame] = []
      for side in Side.allCases { seen += try await trial.take(on: side) }
      let answers = questions.map { Advertisement(answering: $0).octets }
      let others = seen.filter { !answers.contains($0.octets) }
      if isExpected {
        try require("answers", seen.count - others.count, is: 2)
        try require(others.isEmpty, difference(others, from: []))
      } else {
        try require(!others.isEmpty, "the kernel does not respond without the rule")
      }
    }
    if case .lab(let body) = check { try await body(program) }
  }
}

extension Setup {
  /// Targets are asked for again after two seconds.
  static let brief = Setup(
    "brief", proxy: ["ttl 2000", "rule \(verifiedPrefix) {", "iface dn0", "}"])
}

extension Trial {
  /// Asks for a target by unicast, as a router does that has it in its cache.
  fileprivate func nudge(_ target: IPv6Address) async throws {
    var question = Stimulus(from: station(), for: target)
    question.goByUnicast()
    try await send(question)
  }
}
