import NDPWire

// D: the address that answers, and whole exchanges.

extension Row {
  static let sources: [Row] = [
    Row(
      "D04", "the source has the scope of the destination",
      "RFC 4861 §4.4, RFC 6724 §5", .should, .answers({ _ in }, { $0.source = $0.asker.global })),
    Row(
      "D04b", "without a global address, the source is link-local", "RFC 4861 §4.4", .must,
      .answer(
        { $0.source = $0.asker.global },
        in: .usual.apart("no global address").with(except(.up, Side.up.global))
      ) { answer, _ in answer.source == Side.up.linkLocal }),
    Row(
      "D05", "a tentative address is never the source", "RFC 4862 §5.4", .must,
      .answer(
        in: .usual.apart("tentative link-local").with(
          except(.up, Side.up.linkLocal) + [.init(.up, Side.up.linkLocal, 64, .tentative)])
      ) { answer, _ in answer.source == Side.up.global }),
    Row(
      "D05b", "a deprecated address is the source only if it is the only one",
      "RFC 4862 §5.5.4, RFC 6724 §5",
      .should,
      .answer(
        { $0.source = $0.asker.global },
        in: .usual.apart("deprecated address").with(
          except(.up, Side.up.global) + [
            .init(.up, Side.up.global, 64, .deprecated), .init(.up, preferred, 64),
          ])
      ) { answer, _ in answer.source == preferred }),
    Row(
      "D05c", "without an address there is no answer; this is logged once", "RFC 4861 §4.4", .must,
      .script(
        .usual.apart("no address").with(
          except(.up, Side.up.linkLocal, Side.up.global) + [
            .init(.up, Side.up.linkLocal, 64, .tentative)
          ])
      ) { trial in
        for index in 0..<3 {
          try await trial.send(Stimulus(from: trial.station(), for: trial.target(index)))
        }
        try await trial.expectSilence()
        try await trial.requireArrival()
        guard trial.subject.kind == .ndpproxy else { return }
        let count = await trial.subject.log.count { $0.contains("no usable source address") }
        try require(count == 1, "logged \(count) times")
      }),
  ]

  private static let preferred = IPv6Address("2001:db8:2::2")!

  private static func except(_ side: Side, _ addresses: IPv6Address...) -> [Setup.Address] {
    Setup.usualAddresses.filter { $0.side != side || !addresses.contains($0.address.address) }
  }

  static let wholes: [Row] = [
    Row(
      "D22", "100 solicitations get 100 answers", "RFC 4861 §7.2.4", .must,
      .script(.usual) { trial in
        let question = Stimulus(from: trial.station(), for: trial.target())
        for _ in 0..<100 {
          try await trial.send(question)
          try await trial.wait(.milliseconds(10))
        }
        let answer = Advertisement(answering: question).octets
        try await trial.expect(Array(repeating: answer, count: 100), on: .up)
        try await trial.expectSilence()
      }),
    Row(
      "D23", "a new link-layer address of the interface is used at once", "RFC 4861 §7.2.6", .must,
      .lab("D23", .alone) { lab in
        let trial = lab.trial
        try await lab.requireAnswer(trial.target(), "before")
        let changed = MACAddress("02:00:00:00:0d:23")!
        try await lab.proxy.run("ip", "link", "set", "up0", "address", "\(changed)")
        // The kernel forgets its neighbors with that, the permanent ones too.
        try await lab.lab.introduce([Row.all[lab.number]])
        try await trial.wait(.milliseconds(500))
        let question = Stimulus(from: trial.station(), for: trial.target(1))
        var answer = Advertisement(answering: question)
        answer.frameSource = changed
        answer.options = Stimulus.targetLinkLayerAddress(changed)
        _ = try await trial.take()
        try await trial.expect(answer, to: question)
      }),
    Row(
      "D24", "six exchanges are correct in every byte", "RFC 4861 §4.3, §4.4", .must,
      .script(.usual) { trial in
        trial.watch(IPv6Address("fe80::aa")!, IPv6Address("2001:db8:1::aa")!)
        trial.watch(Setup.single(7))
        for exchange in GoldenExchange.all {
          try await trial.send(exchange.question)
          try await trial.expect([exchange.answer], on: .up)
        }
        try await trial.expectSilence()
        try await trial.requireArrival()
      }),
  ]
}
