import NDPWire

extension Row {
  /// J: several proxies, and our own frames.
  static let loops: [Row] = [
    Row(
      "J01", "the daemon's own frames have no effect when they come back", "RFC 4389 §6",
      .recommended,
      .script(.usual, playReflection)),
    Row(
      "J04", "two static rules that face each other each answer once", "RFC 4389 §6",
      .recommended,
      .script(.bothSides) { trial in
        let target = trial.target()
        for side in [Side.up, .down] {
          try await trial.send(Stimulus(from: trial.station(), for: target), on: side)
        }
        try await trial.requireAnswers(target, 1)
        try require("answers on dn0", try await trial.answers(target, on: .down).count, is: 1)
        for answer in try await trial.answers(target) {
          try await trial.send(answer.octets, on: .down)
        }
        try await trial.settle()
        let all = try await trial.subject.emitted(about: [target]).count
        try require("messages", all, is: 2)
      }),
    Row(
      "J03", "a probe that another proxy passes on is not probed for again", "RFC 4389 §6",
      .recommended,
      deviation: "for 100 ms only, because a host on the other link may solicit the target, too",
      .inside {
        let target = IPv6Address("2001:db8:9::1")!
        let trial = try EngineTrial(
          """
          proxy up0 {
            rule 2001:db8:9::/64 {
              iface dn0
            }
          }
          proxy dn0 {
            rule 2001:db8:9::/64 {
              iface up0
            }
          }
          """)
        trial.ask(target)
        try require("probes on dn0", trial.questions(target).count, is: 1)
        trial.wait(.milliseconds(20))
        trial.ask(target, by: Station(row: 1), on: .down)
        try require("probes on up0 within 100 ms", trial.questions(target, on: .up).count, is: 0)
        trial.wait(.milliseconds(200))
        trial.ask(target, by: Station(row: 2), on: .down)
        try require("probes on up0 later", trial.questions(target, on: .up).count, is: 1)
      }),
    Row(
      "J05",
      "router advertisements with the Proxy flag, or on the rule interface, have no effect",
      "RFC 4389 §4.1.3.3", .may,
      deviation: "RFC 4389 describes proxies of router advertisements, and ndpproxy is not one",
      .script(.usual) { trial in
        var advertisement = Stimulus(from: trial.station(), for: .unspecified)
        advertisement.type = 134
        advertisement.reserved = 0x4004_0708
        (advertisement.destination, advertisement.frameDestination) = (.allNodes, .allNodes)
        advertisement.messageLength = 16
        try await trial.send(advertisement, on: .up)
        try await trial.send(advertisement, on: .down)
        try await trial.expectAnswer(to: Stimulus(from: trial.station(), for: trial.target()))
      }),
  ]
}

extension Row {
  /// Sends all that the proxy says back to it on each link, again and again.
  private static let playReflection: @Sendable (Trial) async throws -> Void = { trial in
    let (known, asked) = (trial.target(), trial.verified())
    try await trial.ask(known)
    try await trial.ask(asked)
    try await trial.awaitAnswers(known)
    try await trial.awaitQuestions(asked)
    for _ in 0..<20 {
      for frame in try await trial.subject.emitted(about: [known, asked]) {
        try await trial.send(frame.octets, on: .up)
        try await trial.send(frame.octets, on: .down)
      }
      try await trial.wait(.milliseconds(20))
    }
    // As if another proxy of ours asked for it on the other link.
    var own = Stimulus(from: trial.station(), for: known)
    (own.source, own.frameSource) = (Side.down.linkLocal, Side.down.linkLayerAddress)
    own.options = Stimulus.sourceLinkLayerAddress(Side.down.linkLayerAddress)
    try await trial.send(own)
    try await trial.requireAnswers(known, 1)
    try require("answers", try await trial.answers(asked).count, is: 0)
    try await trial.send(trial.claim(asked).octets, on: .down)
    try await trial.requireAnswers(asked, 1)
    let strays = try await trial.questions(asked, on: .up).count
    try require("probes on up0", strays, is: 0)
    try await trial.requireRetransmissionTime(asked)
  }
}

extension Setup {
  /// The same static rule on two links.
  fileprivate static let bothSides = Setup(
    "both sides",
    ["up0", "dn0"].map { "proxy \($0) {\n  rule \(staticPrefix) {\n    static\n  }\n}\n" }.joined())
}

extension Row {
  /// I: what nobody asked for.
  static let unsolicited: [Row] = [
    Row(
      "I03", "announcements may set the Override flag", "RFC 4861 §7.2.8", .may,
      .notRun("only with the key 'announce', which AnnouncementTests covers")),
    Row(
      "I06", "announcements for many targets are spread over time", "RFC 4861 §7.2.6", .should,
      .notRun("only with the key 'announce', which AnnouncementRateTests covers")),
    Row(
      "I07", "announcements of hosts on the rule link are not passed on", "RFC 9131 §6.1", .should,
      deviation: "only with 'announce-new'; without it, a router solicits when it has a packet",
      .script(.usual) { trial in
        var announcement = trial.claim(trial.verified())
        (announcement.isSolicited, announcement.isOverride) = (false, false)
        announcement.destination = IPv6Address("ff02::2")!
        announcement.frameDestination = MACAddress(bits: 0x3333_0000_0002)
        try await trial.send(announcement.octets, on: .down)
        try await trial.expectSilence()
      }),
  ]
}

extension Row {
  /// E: when answers come.
  static let timing: [Row] = [
    Row(
      "E01", "a single proxy answers at once", "RFC 4861 §7.2.8", .may,
      .script(.usual) { trial in
        for number in 0..<50 {
          let start = await trial.subject.now
          try await trial.expectAnswer(
            to: Stimulus(from: trial.station(), for: trial.target(number)))
          let latency = await trial.subject.now - start
          try require(latency < .seconds(1), "an answer after \(latency)")
        }
      }),
    Row(
      "E02", "each of several proxies delays its answer by 0 to 1 s, at random", "RFC 4861 §7.2.8",
      .should,
      .notRun("ndpproxy does not delay: a single proxy need not, and hosts keep the first answer")),
    Row(
      "E03", "an answer to a unicast solicitation is not delayed", "RFC 4861 §7.2.4", .should,
      .script(.usual) { trial in
        var question = Stimulus(from: trial.station(), for: trial.target())
        question.goByUnicast()
        let start = await trial.subject.now
        try await trial.expectAnswer(to: question)
        let latency = await trial.subject.now - start
        try require(latency < .seconds(1), "an answer after \(latency)")
      }),
    Row(
      "E04", "repeated solicitations during a probe get one answer", "RFC 4861 §7.2.8",
      .recommended,
      .script(.usual) { trial in
        let target = trial.verified()
        for _ in 0..<5 {
          try await trial.ask(target)
          try await trial.wait(.milliseconds(20))
        }
        try await trial.awaitQuestions(target)
        try await trial.wait(.milliseconds(200))
        try await trial.send(trial.claim(target).octets, on: .down)
        try await trial.requireAnswers(target, 1)
        try await trial.requireRetransmissionTime(target)
      }),
  ]
}
