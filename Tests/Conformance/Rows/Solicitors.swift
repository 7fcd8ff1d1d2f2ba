import NDPWire

// C: addresses of the proxy's own, and those who ask.

extension Row {
  static let ownAddresses: [Row] = [
    Row(
      "C07", "an address of the receiving interface is left to the kernel", "RFC 4861 §7.2.3",
      .must,
      .script(.everything) { trial in
        for (index, target) in [Side.up.global, Side.up.linkLocal].enumerated() {
          let asker = trial.station(index)
          try await trial.send(Stimulus(from: asker, for: target))
          try await trial.wait(Trial.silence)
          let answers = try await trial.take()
          let hasKernel = trial.subject.kind != .octets
          try require(answers.count == (hasKernel ? 1 : 0), "\(answers.count) answers")
          try require(answers.allSatisfy { $0.isOverride }, "answers in the kernel's place")
        }
      }),
    Row(
      "C08", "an address of another local interface is answered at once", "RFC 4861 §7.2.3",
      .recommended,
      .script(.usual) { trial in
        try await trial.expectAnswer(to: Stimulus(from: trial.station(), for: Side.down.global))
        try await trial.expectSilence()
      }),
    Row(
      "C09", "the subnet-router anycast address is left to the kernel", "RFC 4291 §2.6.1", .must,
      .script(router) { trial in
        let anycast = IPv6Address("2001:db8:1::")!
        try await trial.send(Stimulus(from: trial.station(), for: anycast))
        // The kernel delays its answer, as it does those of its own proxy.
        try await trial.wait(.seconds(2))
        let answers = try await trial.take()
        let expected = trial.subject.kind == .octets ? 0 : 1
        try require(answers.count == expected, "\(answers.count) answers")
      }),
    Row(
      "C10", "a tentative address of this host is not answered for", "RFC 4862 §5.4.3", .must,
      .script(.usual.apart("tentative target").with(Setup.usualAddresses + [tentative])) { trial in
        let question = Stimulus(from: trial.station(), for: tentative.address.address)
        // The kernel's own search for duplicates is not to be seen here.
        try await trial.send(question.octets)
        try await trial.expectSilence()
        try await trial.requireArrival()
        try await trial.expectAnswer(to: Stimulus(from: trial.station(), for: trial.target()))
      }),
  ]

  private static let router: Setup = {
    var setup = Setup.everything.apart("forwarding")
    setup.isForwarding = true
    return setup
  }()

  private static let tentative = Setup.Address(
    .up, IPv6Address("2001:db8:1:0:ff:c10::1")!, 128, .tentative)

  static let solicitors: [Row] = [
    Row(
      "C11", "a solicitation for its own source address is not answered", "RFC 4861 §7.2.3",
      .recommended,
      .silence({ $0.source = $0.target })),
    Row(
      "C12", "a solicitation from a link-local address is answered", "RFC 4861 §7.2.4", .must,
      .answers({ _ in })),
    Row(
      "C13", "a solicitation from a global address is answered", "RFC 4861 §7.2.4", .must,
      .answers({ $0.source = $0.asker.global })),
    Row(
      "C14", "a solicitation from a prefix without a route is answered", "RFC 5942 §4", .must,
      .script(.usual) { trial in
        // A station that the proxy's kernel has never heard of.
        var question = Stimulus(from: trial.station(8), for: trial.target())
        question.source = trial.own(0, in: IPv6Prefix("2001:db8:77::/64")!)
        try await trial.send(question)
        try await trial.requireAnswers(to: [question])
      }),
    Row(
      "C15", "a solicitation from an address of this host gets no answer", "RFC 4862 §5.4.3",
      .robustness,
      .silence(
        { $0.source = Side.up.linkLocal }, { $0.frameSource = Side.up.linkLayerAddress },
        {
          // Those of another interface of ours are ours only together: a link has them once.
          $0.source = Side.down.linkLocal
          $0.frameSource = Side.down.linkLayerAddress
        })),
    Row(
      "C16", "an answer is never sent to an address of this host", "RFC 4861 §7.2.3", .recommended,
      .silence({ $0.options = Stimulus.sourceLinkLayerAddress(Side.up.linkLayerAddress) })),
    Row(
      "C17", "a frame from a multicast or zero address gets no answer", "IEEE 802 §8.2",
      .recommended,
      kernel: .differs("it does not check the frame's source"),
      .silence(
        { $0.frameSource = MACAddress("33:33:00:00:00:17")! },
        { $0.frameSource = MACAddress(bits: 0) })),
  ]
}
