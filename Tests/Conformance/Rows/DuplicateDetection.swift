import NDPWire
import NetworkLab

extension Row {
  /// G: hosts that make sure nobody has the address that they are about to take.
  static let duplicateDetection: [Row] = [
    Row(
      "G01", "a duplicate is reported to all nodes, with the Solicited flag 0", "RFC 4861 §7.2.4",
      .must, .answers({ _ in }, to: Check.duplicates(of: 3))),
    Row(
      "G02", "nothing is ever sent to ::", "RFC 4861 §7.2.4", .must,
      .answer(to: Check.duplicates(of: 4)) { answer, _ in
        answer.destination != .unspecified && answer.frameDestination.isUnicast == false
      }),
    Row(
      "G03", "a wide static rule does not prevent a host from taking an address", "RFC 4862 §5.4.4",
      .recommended, .silence({ $0.detectDuplicates() })),
    Row(
      "G04", "iface: the address of a live host is defended within 700 ms", "RFC 4862 §5.4", .must,
      .script(.usual) { trial in
        let question = trial.duplicateDetection()
        let asked = await trial.subject.now
        try await trial.send(question)
        try await trial.expectProbe(for: question.target)
        try await trial.answerQuestion(question.target)
        try await trial.expect([Advertisement(answering: question).octets], on: .up)
        let took = try await trial.answers(question.target)[0].time - asked
        try require(took <= .milliseconds(700), "after \(took)")
        // Now the owner is known: it is asked by unicast, and answers as hosts do then.
        try await trial.wait(.seconds(2))
        try await trial.send(question)
        try await trial.awaitQuestions(question.target, 2)
        try await trial.answerQuestion(question.target)
        try await trial.requireAnswers(question.target, 2)
      }),
    Row(
      "G05", "iface: a free address causes at most 3 probes and no answer", "RFC 6957 §4.2.3.1",
      .must,
      .script(.usual) { trial in
        let question = trial.duplicateDetection()
        try await trial.send(question)
        try await trial.expectSilence(on: [.up, .second], for: .seconds(5))
        let count = try await trial.questions(question.target).count
        try require(1...3 ~= count, "\(count) probes")
      }),
    Row(
      "G06", "an address is defended only after a new reply of its owner", "RFC 4389 §4.1.3.1",
      .must,
      .script(.usual) { trial in
        let question = trial.duplicateDetection()
        try await trial.confirm(question.target)
        try await trial.wait(.seconds(2))
        try await trial.send(question)
        try await trial.awaitQuestions(question.target, 2)
        let renewal = try await trial.questions(question.target)[1].octets
        try require(
          renewal == probe(for: question.target, to: trial.owner), "a multicast probe")
        try await trial.wait(.seconds(1))
        try require("answers", try await trial.answers(question.target).count, is: 1)
      }),
    Row(
      "G07", "a host that moves to the proxy link is not its own duplicate", "RFC 6957 §4.2.2",
      .must,
      deviation: "the owner is probed and the session is kept, because any host could send this",
      .script(.usual) { trial in
        var question = trial.duplicateDetection()
        try await trial.confirm(question.target)
        try await trial.wait(.seconds(2))
        question.frameSource = trial.owner.linkLayerAddress
        try await trial.send(question)
        try await trial.awaitQuestions(question.target, 2)
        try await trial.answerQuestion(question.target)
        try await trial.wait(.seconds(1))
        try require("answers", try await trial.answers(question.target).count, is: 1)
      }),
    Row(
      "G08", "1000 DAD solicitations create no entry for ::, and few of them wait",
      "RFC 4861 §7.2.3",
      .must, .script(.usual) { trial in try await requireFewWaiting(trial) }),
    Row(
      "G09", "the nonce is not returned", "RFC 7527 §4.2, RFC 3971 §5.3.3", .must,
      .answers(
        { $0.options = [14, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66] }, to: Check.duplicates(of: 5))),
    Row(
      "G10", "a DAD solicitation that is forwarded keeps its nonce",
      "RFC 7527 §4.2, RFC 4389 §4.1.3.1",
      .must,
      .notRun(
        "ndpproxy does not forward DAD solicitations; it sends a probe instead")),
    Row(
      "G11", "DAD solicitations of this host's kernel are not answered", "RFC 4862 §5.4.3", .must,
      ownSearch),
    Row(
      "G12", "optimistic hosts: no link-layer option here, no Override flag there",
      "RFC 4429 §3.2, §3.3", .must,
      .script(.usual) { trial in
        var question = Stimulus(from: trial.station(), for: trial.verified())
        question.options = []
        try await trial.send(question)
        try await trial.expectProbe(for: question.target)
        var claim = trial.claim(question.target)
        claim.isOverride = false
        try await trial.send(claim.octets, on: .down)
        try await trial.expect([Advertisement(answering: question).octets], on: .up)
      }),
    Row(
      "G13", "two hosts that want the same free address cause at most 3 probes", "RFC 4862 §5.4.3",
      .must,
      .script(.usual) { trial in
        for index in 0..<2 { try await trial.send(trial.duplicateDetection(by: index)) }
        try await trial.expectSilence(on: [.up, .second], for: .seconds(5))
        let count = try await trial.questions(trial.verified()).count
        try require(1...3 ~= count, "\(count) probes")
      }),
    Row(
      "G14", "a Linux host gives up an address that the daemon defends", "RFC 4862 §5.4.4", .fact,
      .lab { program in try await requireDefeat(program, method: "static", isExpected: true) }),
    Row(
      "G14b", "a Linux host keeps its address under a wide static rule", "RFC 4862 §5.4.4",
      .recommended,
      .lab { program in try await requireDefeat(program, method: nil, isExpected: false) }),
    Row(
      "G15", "the defense is sent in a unicast frame to the solicitor",
      "RFC 6957 §4.2.3.2, RFC 6085", .may,
      .notRun("ndpproxy uses the all-nodes group, which reaches the solicitor through every bridge")
    ),
  ]

  /// A thousand searches by others for an address that only its owner defends.
  private static func requireFewWaiting(_ trial: Trial) async throws {
    let wide = Stimulus(from: trial.station(), for: trial.target())
    var owned = trial.duplicateDetection()
    for number in 0..<1000 {
      for var question in [wide, owned] {
        question.detectDuplicates()
        question.frameSource = MACAddress(bits: 0x020c_0000_0000 | UInt64(number))
        try await trial.send(question)
      }
      if number.isMultiple(of: 50) { try await trial.wait(.milliseconds(1)) }
    }
    owned.detectDuplicates()
    try await trial.send(trial.claim(owned.target).octets, on: .down)
    try await trial.settle()
    let count = try await trial.answers(owned.target).count
    try require(1...8 ~= count, "\(count) answers")
    try require("answers", try await trial.answers(wide.target).count, is: 0)
    if let subject = trial.subject as? OctetsSubject {
      try require("sessions", await subject.sessionCount, is: 1)
    }
  }

  /// The proxy's host itself takes an address that a static rule with `dad defend` covers.
  private static let ownSearch = Check.lab(
    "G11",
    Setup("defending", proxy: ["dad defend", "rule \(Setup.staticPrefix) {", "static", "}"]),
    prepare: { proxy in try await proxy.run("sysctl", "-qw", "net.ipv6.conf.up0.accept_dad=1") }
  ) { lab in
    let target = lab.trial.target()
    let own = "\(target)"
    try await lab.proxy.run("ip", "-6", "address", "add", "\(own)/128", "dev", "up0")
    let isPreferred: Bool? = try await poll(within: .seconds(10)) {
      let list = try await lab.proxy.run("ip", "-6", "-oneline", "address", "show", "dev", "up0")
      guard let line = list.split(separator: "\n").first(where: { $0.contains(own) }) else {
        return nil
      }
      try require(!line.contains("dadfailed"), "the address is reported as a duplicate")
      return line.contains("tentative") ? nil : true
    }
    try require(isPreferred == true, "the address stays tentative")
    try require("answers", try await lab.trial.answers(target).count, is: 0)
  }

  /// A Linux host on the proxy's link takes an address that a rule covers.
  ///
  /// Without a method the rule is the whole inside prefix, and static.
  private static func requireDefeat(
    _ program: Program, method: String?, isExpected: Bool
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    let wanted = FoundingNetwork.memberAddress(9)
    let rule = method == nil ? "\(FoundingNetwork.insidePrefix)" : "\(wanted)/128"
    let configuration = """
      proxy eth0 {
        rule \(rule) {
          \(method ?? "static")
        }
      }

      """
    try await network.router.run("sysctl", "-qw", "net.ipv6.conf.up0.accept_dad=1")
    try await network.router.run("sysctl", "-qw", "net.ipv6.conf.up0.dad_transmits=1")
    try await network.gateway.withDaemon(program.path, configuration: configuration) { _ in
      try await network.router.run("ip", "-6", "address", "add", "\(wanted)/64", "dev", "up0")
      let isDefeated = try await isRefused(wanted, on: network.router)
      try require(
        isDefeated == isExpected,
        isDefeated == true ? "the address is refused" : "the address is taken")
    }
  }

  /// Whether a host may not have an address that it wants; `nil` if that stays undecided.
  private static func isRefused(_ wanted: IPv6Address, on host: Node) async throws -> Bool? {
    try await poll(within: .seconds(10)) {
      let list = try await host.run("ip", "-6", "-oneline", "address", "show", "dev", "up0")
      guard let line = list.split(separator: "\n").first(where: { $0.contains("\(wanted)/") })
      else { return nil }
      if line.contains("dadfailed") { return true }
      return line.contains("tentative") ? nil : false
    }
  }
}

extension Trial {
  /// A search for duplicates of an address that the rule `iface dn0` covers.
  fileprivate func duplicateDetection(by index: Int = 0) -> Stimulus {
    var question = Stimulus(from: station(index), for: verified())
    question.detectDuplicates()
    return question
  }
}
