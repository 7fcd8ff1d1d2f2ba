import NDPWire
import ProxyEngine
import ProxyModel

extension Row {
  /// H: what routes and interfaces mean for targets.
  static let methods: [Row] = [
    Row(
      "H25", "auto: without a usable route there is no answer", "ndpproxy.conf(5) auto",
      .recommended,
      .script(.routed) { trial in
        for prefix in Setup.deadPrefixes {
          try await trial.send(
            Stimulus(from: trial.station(), for: trial.own(0, in: IPv6Prefix(prefix)!)))
        }
        try await trial.expectSilence()
        let own = Stimulus(from: trial.station(), for: Side.second.global)
        trial.watch(own.target)
        try await trial.expectAnswer(to: own)
      }),
    Row(
      "H26", "auto: a target behind a router is not probed", "RFC 5942 §4", .must,
      .script(.routed) { trial in
        let target = trial.own(0, in: IPv6Prefix("2001:db8:5:6::/80")!)
        try await trial.expectAnswer(to: Stimulus(from: trial.station(), for: target))
        try await trial.settle()
        try require("probes", try await trial.questions(target).count, is: 0)
      }),
    Row(
      "H29", "the number of waiting solicitors is limited, and the first are kept",
      "RFC 4861 §7.2.2", .should,
      .inside {
        let target = IPv6Address(bits: Setup.verifiedPrefix.address.bits | 9)
        let trial = try EngineTrial(Setup.usual.configuration)
        for number in 0..<10_000 {
          trial.ask(target, by: Station(row: number >> 4, number & 15))
        }
        trial.claim(target)
        try require("answers", trial.answers(target).count, is: 8)
        let first = trial.answers(target).first?.frameDestination
        try require("the first solicitor", first, is: Station(row: 0, 0).linkLayerAddress)
      }),
    Row(
      "K04", "a group is joined for each confirmed target", "RFC 4861 §7.2.8", .recommended,
      .notRun("ndpproxy joins groups only for rules of /120 and longer")
    ),
    Row(
      "K07", "the frame of a probe goes to 33:33 and the group's low 32 bits", "RFC 2464 §7", .must,
      .script(.usual) { trial in
        for (bits, group) in [
          (0x0010_0000_0000 as UInt128, 0x3333_ff00_0000 as UInt64),
          (0x0010_00ff_ffff, 0x3333_ffff_ffff),
        ] {
          let target = IPv6Address(bits: Setup.verifiedPrefix.address.bits | bits)
          trial.watch(target)
          try await trial.ask(target)
          try await trial.awaitQuestions(target)
          try require(
            "destination", try await trial.questions(target)[0].frameDestination,
            is: MACAddress(bits: group))
        }
      }),
  ]
}

extension Setup {
  /// Asks the kernel for its routes.
  static let routed: Setup = {
    var setup = Setup(
      "routed",
      """
      proxy up0 {
        rule 2001:db8:5::/48 {
          auto
        }
        rule \(IPv6Prefix(Side.second.global, length: 80)) {
          auto
        }
      }
      """)
    setup.routes = [
      HostRoute(deadPrefixes[0], "dev up0", .onLink(.up)),
      HostRoute(deadPrefixes[1], "via fe80::99 dev up0", .gateway(.up)),
      HostRoute(deadPrefixes[2], leadingNowhere: "unreachable"),
      HostRoute(deadPrefixes[3], leadingNowhere: "blackhole"),
      HostRoute(deadPrefixes[4], leadingNowhere: "prohibit"),
      HostRoute(deadPrefixes[5], leadingNowhere: "throw"),
      HostRoute("2001:db8:5:6::/64", "via fe80::99 dev dn0", .gateway(.down)),
    ]
    return setup
  }()

  /// Behind no route that leads away from the asker.
  static let deadPrefixes = (1...7).map { "2001:db8:5:a\($0)::/64" }
}
