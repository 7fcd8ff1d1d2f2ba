import NDPWire

extension Row {
  /// H: what the proxy asks behind it, and when.
  static let probes: [Row] = [
    Row(
      "H01", "a probe is a multicast solicitation with the source link-layer address",
      "RFC 4861 §4.3, §7.2.2", .must,
      .script(.usual) { trial in
        try await trial.ask(trial.verified())
        try await trial.expectProbe(for: trial.verified())
      }),
    Row(
      "H02", "the source of a probe is neither tentative nor ::", "RFC 4861 §4.3, RFC 4429 §3.2",
      .must,
      .script(.tentativeBelow) { trial in
        let target = trial.verified()
        try await trial.ask(target)
        try await trial.wait(.milliseconds(1200))
        // A global address of another interface will do until duplicate detection is over.
        let sources = try await trial.questions(target).map(\.source)
        try require(sources.allSatisfy { $0 == Side.up.global }, "another source")
      }),
    Row(
      "H03", "a new target is probed once, however many hosts solicit it", "RFC 4861 §7.2.2", .must,
      .script(.usual) { trial in
        let target = trial.verified()
        for round in 0..<20 {
          try await trial.ask(target, by: trial.station(round % 5))
          try await trial.wait(.milliseconds(15))
        }
        try await trial.awaitQuestions(target)
        if !trial.isLive {
          try require("probes", try await trial.questions(target).count, is: 1)
        }
        try await trial.requireRetransmissionTime(target)
      }),
    Row(
      "H04", "the time between two probes is at least RetransTimer", "RFC 4861 §7.2.2, §7.3.3",
      .must,
      deviation: "a shorter timeout can be configured; the default of ndppd is 500 ms",
      .script(.usual) { trial in
        try await trial.ask(trial.verified())
        try await trial.awaitQuestions(trial.verified(), 3)
        try await trial.requireRetransmissionTime(trial.verified())
      }),
    Row(
      "H05", "at most MAX_MULTICAST_SOLICIT probes are sent", "RFC 4861 §7.2.2", .must,
      .script(.usual) { trial in
        try await trial.ask(trial.verified())
        try await trial.awaitQuestions(trial.verified(), 3)
        try await trial.wait(.seconds(2))
        try require("probes", try await trial.questions(trial.verified()).count, is: 3)
      }),
    Row(
      "H06", "all waiting solicitors are answered, each at its own address", "RFC 4861 §7.2.2",
      .must,
      .script(.usual) { trial in
        let target = trial.verified()
        for number in 0..<5 { try await trial.ask(target, by: trial.station(number)) }
        try await trial.awaitQuestions(target)
        try await trial.answerQuestion(target)
        try await trial.requireAnswers(target, 5)
        let answers = Set(try await trial.answers(target).map(\.octets))
        let expected = (0..<5).map {
          Advertisement(answering: Stimulus(from: trial.station($0), for: target)).octets
        }
        try require(answers == Set(expected), "other answers than the five")
      }),
    Row(
      "H07", "a target that does not reply is not answered for, nor probed during deadtime",
      "RFC 4861 §7.2.3", .must,
      .script(.usual) { trial in
        let target = trial.verified()
        try await trial.ask(target)
        try await trial.awaitQuestions(target, 3)
        try await trial.wait(.milliseconds(1200))
        try await trial.ask(target)
        try await trial.requireUnanswered(target, "failure")
        try require("probes", try await trial.questions(target).count, is: 3)
      }),
    Row(
      "H08", "a target without replies is probed at once when it sends a message", "ndppd #16",
      .recommended,
      .script(.usual, playSignsOfLife)),
    Row(
      "H21", "a known target is confirmed by three unicast, then three multicast probes",
      "RFC 4861 §7.3.3", .must,
      .script(.renewing) { trial in
        let target = trial.verified()
        try await trial.confirm(target)
        try await trial.ask(target)
        try await trial.awaitQuestions(target, 7, within: .seconds(20))
        let renewals = try await trial.questions(target).dropFirst()
        let expected = (1...6).map { probe(for: target, to: $0 > 3 ? nil : trial.owner) }
        try require(renewals.map(\.octets) == expected, "other probes")
        try await trial.requireRetransmissionTime(target)
      }),
    Row(
      "H22", "while a known host is probed, only its own answer counts",
      "RFC 4861 §7.2.5", .must,
      deviation:
        "if the known host does not reply and another claims the target, it is probed by multicast",
      .script(.renewing, playChangeOfAddress)),
    Row(
      "H23", "no probe is sent on the interface of arrival", "RFC 4389 §4.1", .must,
      deviation:
        "a warning at load, not an error: the rule sends no probe there and answers nothing",
      .script(
        Setup("back", "proxy up0 {\n  rule 2001:db8:7::/80 {\n    iface up0\n  }\n}\n")
      ) { trial in
        try await trial.ask(trial.own(0, in: IPv6Prefix("2001:db8:7::/80")!))
        try await trial.expectSilence()
      }),
  ]

  private static let playSignsOfLife: @Sendable (Trial) async throws -> Void = { trial in
    let signs: [(String, @Sendable (IPv6Address) -> [UInt8])] = [
      (
        "its duplicate address detection",
        { target in
          var sign = Stimulus(from: trial.owner, for: target)
          sign.detectDuplicates()
          return sign.octets
        }
      ),
      (
        "its solicitation for the gateway",
        { target in
          var sign = Stimulus(from: trial.owner, for: Side.down.global)
          sign.source = target
          return sign.octets
        }
      ),
      (
        "its unsolicited advertisement",
        { target in
          var sign = trial.claim(target)
          (sign.isSolicited, sign.destination) = (false, .allNodes)
          sign.frameDestination = .allNodes
          return sign.octets
        }
      ),
    ]
    for number in signs.indices { try await trial.ask(trial.verified(number)) }
    for number in signs.indices { try await trial.awaitQuestions(trial.verified(number), 3) }
    try await trial.wait(.milliseconds(1200))
    for (number, sign) in signs.enumerated() {
      // A kernel does not hear groups that it has not joined.
      if trial.isLive, number == 0 { continue }
      let target = trial.verified(number)
      try await trial.send(sign.1(target), on: .down)
      // Long before deadtime is over.
      try await trial.awaitQuestions(target, 4, within: .seconds(1))
      try await trial.answerQuestion(target)
      try await trial.ask(target)
      try await trial.requireAnswers(target, 1, " after \(sign.0)")
    }
  }

  private static let playChangeOfAddress: @Sendable (Trial) async throws -> Void = { trial in
    let target = trial.verified()
    try await trial.confirm(target)
    try await trial.ask(target)
    try await trial.awaitQuestions(target, 2)
    var claim = trial.claim(target, by: trial.stranger)
    claim.isOverride = false
    try await trial.send(claim.octets, on: .down)
    try await trial.awaitQuestions(target, 3)
    claim.isOverride = true
    try await trial.send(claim.octets, on: .down)
    try await trial.awaitQuestions(target, 4)
    let asked = try await trial.questions(target).map(\.frameDestination).dropFirst()
    try require(
      "who is probed", Array(asked.prefix(3)),
      is: [trial.owner, trial.owner, trial.owner].map(\.linkLayerAddress))
  }
}

extension Setup {
  /// Where the targets are there is no address but one that may be a duplicate.
  static let tentativeBelow: Setup = {
    var setup = Setup("tentative below", asking.configuration)
    setup.addresses = [
      Address(.up, Side.up.linkLocal, 64), Address(.up, Side.up.global, 64),
      Address(.down, Side.down.linkLocal, 64, .tentative),
    ]
    return setup
  }()

  /// Believes what it hears for three seconds only.
  static let renewing = Setup(
    "renewing",
    """
    max-solicitations 100000
    proxy up0 {
      timeout 1000
      ttl 3000
      rule \(verifiedPrefix) {
        iface dn0
      }
    }
    """)
}
