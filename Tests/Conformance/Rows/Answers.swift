import NDPWire

/// Bends the advertisement by which a live target answers.
private typealias Distortion = @Sendable (inout Advertisement) -> Void

extension Check {
  /// Each of these answers counts for nothing, and the right one does after it.
  fileprivate static func ignored(
    onlyLive: [Distortion] = [], _ distortions: Distortion...
  ) -> Check {
    .script(.usual) { trial in
      let distortions = distortions + (trial.isLive ? onlyLive : [])
      for number in distortions.indices { try await trial.ask(trial.verified(number)) }
      for (number, distort) in distortions.enumerated() {
        let target = trial.verified(number)
        try await trial.awaitQuestions(target)
        var claim = trial.claim(target)
        distort(&claim)
        try await trial.send(claim.octets, on: .down)
      }
      try await trial.settle()
      for number in distortions.indices {
        let target = trial.verified(number)
        try require(
          try await trial.answers(target).isEmpty,
          "answered after invalid advertisement \(number + 1)")
        try await trial.send(trial.claim(target).octets, on: .down)
      }
      for number in distortions.indices { try await trial.awaitAnswers(trial.verified(number)) }
    }
  }
}

extension Row {
  /// H: which advertisements count.
  static let answers: [Row] = [
    Row(
      "H09", "an advertisement must be valid", "RFC 4861 §7.1.2", .must,
      .ignored(
        { $0.hopLimit = 254 }, { $0.checksum = 0x1234 }, { $0.code = 1 },
        { ($0.options, $0.messageLength) = ([], 23) },
        { $0.target = $0.target.solicitedNodeMulticast },
        { $0.options += [14, 0, 0, 0, 0, 0, 0, 0] })),
    Row(
      "H10", "a multicast advertisement must not have the Solicited flag", "RFC 4861 §7.1.2", .must,
      .ignored({ ($0.destination, $0.frameDestination) = (.allNodes, .allNodes) })),
    Row(
      "H11", "an advertisement that was not solicited is ignored", "RFC 4861 §7.2.5", .should,
      .script(.usual) { trial in
        let target = trial.verified()
        try await trial.send(trial.claim(target).octets, on: .down)
        try await trial.settle()
        try await trial.ask(target)
        try await trial.awaitQuestions(target)
        try await trial.requireUnanswered(target, "an advertisement before the probe")
      }),
    Row(
      "H12", "an advertisement counts only on the interface that was probed", "RFC 4861 §7.2.5",
      .recommended,
      .script(.usual) { trial in
        let target = trial.verified()
        try await trial.ask(target)
        try await trial.awaitQuestions(target)
        for destination in [Side.up.linkLocal, Side.down.linkLocal] {
          var claim = trial.claim(target)
          claim.frameDestination = Side.up.linkLayerAddress
          claim.destination = destination
          try await trial.send(claim.octets, on: .up)
        }
        try await trial.requireUnanswered(target, "answers on the proxy interface")
        try await trial.send(trial.claim(target).octets, on: .down)
        try await trial.awaitAnswers(target)
      }),
    Row(
      "H13", "an advertisement without the Solicited flag confirms nothing", "RFC 4861 §7.3.1",
      .must,
      .ignored(
        { $0.isSolicited = false },
        {
          ($0.isSolicited, $0.destination) = (false, .allNodes)
          $0.frameDestination = .allNodes
        })),
    Row(
      "H14", "an advertisement without link-layer address does not answer the first probe",
      "RFC 4861 §7.2.5", .should, .ignored({ $0.options = [] })),
    Row(
      "H15", "an advertisement with an unusable link-layer address is ignored",
      "RFC 4861 §4.4",
      .recommended,
      .ignored(
        { $0.claim(MACAddress(bits: 0x3333_0000_0001)) },
        { $0.claim(MACAddress(bits: 0xffff_ffff_ffff)) }, { $0.claim(MACAddress(bits: 0)) },
        { $0.claim(Side.down.linkLayerAddress) })),
    Row(
      "H16", "an advertisement to an address of another host or link is ignored", "RFC 4861 §7.2.4",
      .recommended,
      .ignored(
        onlyLive: [{ $0.frameDestination = MACAddress(bits: 0x0200_0000_0099) }],
        { $0.destination = Side.up.linkLocal },
        { $0.destination = IPv6Address("fe80::99")! })),
    Row(
      "H17", "an advertisement from ::, ::1 or a multicast address is ignored", "RFC 4861 §4.4",
      .recommended,
      .ignored(
        { $0.source = .unspecified }, { $0.source = .allNodes }, { $0.source = .loopback })),
    Row(
      "H18", "the Router and Override flags of the target are not passed on", "RFC 4861 §7.2.8",
      .must,
      .script(.usual) { trial in
        for (number, flags) in [(false, false), (false, true), (true, false), (true, true)]
          .enumerated()
        {
          let target = trial.verified(number)
          try await trial.ask(target)
          try await trial.awaitQuestions(target)
          var claim = trial.claim(target)
          (claim.isRouter, claim.isOverride) = flags
          try await trial.send(claim.octets, on: .down)
          let question = Stimulus(from: trial.station(), for: target)
          try await trial.expect([Advertisement(answering: question).octets], on: .up)
        }
      }),
    Row(
      "H19", "a repeated advertisement has no effect", "RFC 4861 §7.2.4", .recommended,
      .script(.usual) { trial in
        let target = trial.verified()
        for number in 0..<2 { try await trial.ask(target, by: trial.station(number)) }
        try await trial.awaitQuestions(target)
        for _ in 0..<3 { try await trial.send(trial.claim(target).octets, on: .down) }
        try await trial.requireAnswers(target, 2)
      }),
    Row(
      "H20", "of two hosts that claim a target, the first is kept and the other logged",
      "RFC 9161 §3.7",
      .recommended, .script(.renewing, playTwoOwners)),
    Row(
      "H24", "several iface rules: all interfaces are probed, the first answer counts", "ndppd",
      .recommended,
      .script(.fannedOut) { trial in
        let target = trial.verified()
        try await trial.ask(target)
        try await trial.expectProbe(for: target)
        try await trial.expectProbe(for: target, on: .second)
        for side in [Side.second, .down] {
          let claim = Advertisement(from: trial.owner, of: target, on: side)
          try await trial.send(claim.octets, on: side)
        }
        try await trial.requireAnswers(target, 1)
      }),
  ]

  private static let playTwoOwners: @Sendable (Trial) async throws -> Void = { trial in
    let target = trial.verified()
    try await trial.confirm(target)
    try await trial.send(trial.claim(target, by: trial.stranger).octets, on: .down)
    try await trial.requireAnswers(target, 1)
    try await trial.ask(target)
    try await trial.requireAnswers(target, 2)
    try await trial.awaitQuestions(target, 2)
    try require(
      "who is probed next", try await trial.questions(target)[1].frameDestination,
      is: trial.owner.linkLayerAddress)
    if trial.subject.kind == .ndpproxy {
      let log = await trial.subject.log
      try require(log.contains { $0.contains("claims \(target)") }, "the conflict is not logged")
    }
  }
}

extension Advertisement {
  /// Makes it say that the target is at this station.
  fileprivate mutating func claim(_ address: MACAddress) {
    options = Stimulus.targetLinkLayerAddress(address)
  }
}

extension Setup {
  /// One prefix, asked for on two links.
  fileprivate static let fannedOut: Setup = {
    let rules = ["dn0", "dn1"].map { "  rule \(verifiedPrefix) {\n    iface \($0)\n  }\n" }
    return Setup("fanned out", "proxy up0 {\n\(rules.joined())}\n")
  }()
}
