import NDPWire

extension Row {
  /// C: who asks for what.
  static let targets: [Row] = rules + ownAddresses + solicitors

  private static let rules: [Row] = [
    Row(
      "C01", "a target that no rule covers is ignored, and no session remains", "RFC 4861 §7.2.3",
      .must,
      .script(.usual) { trial in
        let question = Stimulus(
          from: trial.station(), for: trial.own(0, in: IPv6Prefix("2001:db8:1:0:ee::/80")!))
        try await trial.send(question)
        try await trial.expectSilence()
        try await trial.requireArrival()
        try await trial.requireNoSession()
        try await trial.expectAnswer(to: Stimulus(from: trial.station(), for: trial.target()))
      }),
    Row(
      "C02", "a prefix covers its first and last address, and none beyond", "RFC 4291 §2.3", .must,
      edges(of: [63, 64, 67, 80, 112, 120, 127, 128], in: "ten prefixes")),
    Row(
      "C02b", "a prefix may cover half of the address space", "RFC 4291 §2.3", .must,
      .script(Setup("half", proxy: ["rule ::/1 {", "static", "}"])) { trial in
        let last = IPv6Address(bits: .max >> 1)
        try await trial.expectAnswer(to: Stimulus(from: trial.station(), for: last))
        try await trial.send(
          Stimulus(from: trial.station(), for: IPv6Address(bits: last.bits + 1)))
        try await trial.expectSilence()
        try await trial.requireArrival()
      }),
    Row(
      "C03", "a prefix may have any length", "RFC 7421 §4, RFC 6164 §5", .must,
      edges(of: Array(65...127), in: "many prefixes")),
    Row(
      "C04", "a link-local target is never proxied", "RFC 8929 §7", .recommended,
      .script(.everything) { trial in
        try await trial.expectNoAnswer(for: "fe80::1234")
      }),
    Row(
      "C05", ":: and ::1 are never proxied", "RFC 4291 §2.5.2, §2.5.3", .must,
      .script(.everything) { trial in
        try await trial.expectNoAnswer(for: "::", "::1")
      }),
    Row(
      "C06", "a wide rule does not cover IPv4-mapped or -compatible targets", "RFC 4291 §2.5.5",
      .recommended, deviation: "a narrow rule does not cover IPv4-mapped targets either",
      .script(ipv4) { trial in
        try await trial.expectNoAnswer(for: "::ffff:1.2.3.4", "::5.6.7.8", "::ffff:9.9.9.9")
        for target in ["::1.2.3.4", "64:ff9b::1.2.3.4"] {
          let question = Stimulus(from: trial.station(), for: IPv6Address(target)!)
          try await trial.expectAnswer(to: question)
        }
      }),
    Row(
      "C18", "the longest matching prefix applies, in any order of rules", "ndppd.conf(5)",
      .recommended,
      .script(nested) { trial in
        for prefix in ["2001:db8:18:a:", "2001:db8:18:b:"] {
          let narrow = IPv6Address(prefix + "ff::1")!
          try await trial.expectAnswer(to: Stimulus(from: trial.station(), for: narrow))
          let wide = IPv6Address(prefix + "fe::1")!
          try await trial.send(Stimulus(from: trial.station(), for: wide))
          try await trial.expectProbe(for: wide)
        }
        try await trial.expectSilence(on: [.up])
      }),
    Row(
      "C19", "site-local, ULA, 6to4 and Teredo targets are ordinary unicast",
      "RFC 4291 §2.5, RFC 4193",
      .must,
      .script(.everything) { trial in
        for target in ["fec0::19", "fd00::19", "2002::19", "2001:0:19::1"] {
          let question = Stimulus(from: trial.station(), for: IPv6Address(target)!)
          try await trial.expectAnswer(to: question)
        }
      }),
  ]

  private static let ipv4 = Setup(
    "IPv4",
    proxy: ["::/0", "::1.2.3.0/120", "::ffff:9.9.9.0/120", "64:ff9b::/96"].flatMap {
      ["rule \($0) {", "static", "}"]
    })

  private static let nested = Setup(
    "nested",
    proxy: [
      "rule 2001:db8:18:a::/64 {", "iface dn0", "}",
      "rule 2001:db8:18:a:ff::/80 {", "static", "}",
      "rule 2001:db8:18:b:ff::/80 {", "static", "}",
      "rule 2001:db8:18:b::/64 {", "iface dn0", "}",
    ])

  /// Rules of these lengths, far from each other: their edges are in, what lies beyond is not.
  private static func edges(of lengths: [Int], in name: String) -> Check {
    let prefixes = lengths.map { length in
      let base = UInt128(0x3001) << 112 | UInt128(length) << 96 | 0x8000_8000_8000_8000_8000_8000
      return IPv6Prefix(IPv6Address(bits: base), length: length)
    }
    let setup = Setup(name, proxy: prefixes.flatMap { ["rule \($0) {", "static", "}"] })
    return .script(setup) { trial in
      var inside: [Stimulus] = []
      for prefix in prefixes {
        let first = prefix.address.bits
        let last = first | ~IPv6Prefix.mask(length: prefix.length)
        for target in Set([first, last]).sorted() {
          inside.append(Stimulus(from: trial.station(), for: IPv6Address(bits: target)))
        }
        for target in [first - 1, last + 1] {
          try await trial.send(Stimulus(from: trial.station(), for: IPv6Address(bits: target)))
        }
      }
      try await trial.expectSilence()
      for question in inside { try await trial.send(question) }
      try await trial.requireAnswers(to: inside)
      try await trial.requireArrival()
    }
  }
}

extension Trial {
  /// Throws unless there is no reaction to solicitations for these targets, and one to another.
  func expectNoAnswer(for targets: String...) async throws {
    for target in targets {
      try await send(Stimulus(from: station(), for: IPv6Address(target)!))
    }
    try await expectSilence()
    try await requireArrival()
    try await expectAnswer(to: Stimulus(from: station(), for: target()))
  }

  /// Throws if the engine has kept anything; of daemons that is not known.
  func requireNoSession() async throws {
    guard let subject = subject as? OctetsSubject else { return }
    let count = await subject.sessionCount
    try require(count == 0, "\(count) sessions")
  }
}
