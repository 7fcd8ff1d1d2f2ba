import NDPWire
import ProxyEngine
import ProxyModel

extension Row {
  /// M: what nobody may exhaust.
  static let resources: [Row] = [
    Row(
      "M04", "confirmed targets outlive a scan", "RFC 6620 §4.1", .should,
      deviation:
        "the unconfirmed target that was solicited least recently is removed, not the newest",
      .inside {
        let trial = try EngineTrial("max-sessions 100\nmax-solicitations 100000\n" + asking)
        for number in 0..<10 {
          trial.ask(known(number))
          trial.claim(known(number))
        }
        for number in 0..<5000 { trial.ask(unknown(number), by: Station(row: 1)) }
        let questions = trial.questions().count
        for number in 0..<10 { trial.ask(known(number)) }
        try require("probes for known targets", trial.questions().count - questions, is: 0)
        for number in 0..<10 {
          try require("answers", trial.answers(known(number)).count, is: 2)
        }
      }),
    Row(
      "M05", "a flood on one proxy interface leaves a share to the others", "RFC 6620 §4.1",
      .should, deviation: "shares are per link-layer address of the solicitor, not per interface",
      .inside {
        let trial = try EngineTrial(
          asking + "proxy dn1 {\n rule 2001:db8:8::/64 {\n iface dn0\n }\n}\n")
        for number in 0..<5000 {
          let target = IPv6Address(bits: 0x2001_0db8_0008 << 80 | UInt128(number))
          trial.ask(target, by: Station(row: 1), on: .second)
          trial.wait(.microseconds(200))
        }
        trial.ask(known(0))
        try require("probes", trial.questions(known(0)).count, is: 1)
        trial.claim(known(0))
        try require("answers", trial.answers(known(0)).count, is: 1)
      }),
    Row(
      "M06", "a target that does not reply is probed once per deadtime, even if it is scanned",
      "RFC 6583 §7.1", .should,
      .inside {
        let trial = try EngineTrial("max-solicitations 100000\n" + asking)
        for _ in 0..<5 {
          for number in 0..<100 { trial.ask(unknown(number)) }
          trial.wait(.seconds(1))
        }
        for number in 0..<100 {
          try require("probes", trial.questions(unknown(number)).count, is: 3)
        }
      }),
    Row(
      "M09", "the kernel's own neighbor table is the next to be full", "RFC 6583 §7", .fact,
      .notRun("a limit of the kernel; all network namespaces share gc_thresh3")),
    Row(
      "M10", "the cost of a solicitation", "RFC 6583 §7", .fact,
      .notRun("a measurement, not a requirement")),
  ]
}

extension Row {
  /// A scan of far more targets than may be known.
  static let scanBeyondLimit: @Sendable () throws -> Void = {
    let trial = try EngineTrial("max-sessions 100\nmax-solicitations 100000\n" + asking)
    for number in 0..<10_000 {
      trial.ask(unknown(number))
      if number % 100 == 0 { trial.wait(.milliseconds(10)) }
    }
    try require("targets", trial.sessionCount, is: 100)
  }

  /// Many targets of a static rule.
  static let scanStatic: @Sendable () throws -> Void = {
    let trial = try EngineTrial("proxy up0 {\n rule 2001:db8:7::/64 {\n static\n }\n}\n")
    for number in 0..<10_000 {
      trial.ask(IPv6Address(bits: 0x2001_0db8_0007 << 80 | UInt128(number)))
    }
    try require("answers", trial.answers().count, is: 10_000)
    try require("sessions", trial.sessionCount, is: 0)
  }

  /// A scan by one asker, while others ask for what is known and for what is new.
  static let scanBesideOthers: @Sendable () throws -> Void = {
    let trial = try EngineTrial("max-sessions 1000\n" + asking)
    for number in 0..<50 {
      trial.ask(known(number))
      trial.claim(known(number))
      trial.wait(.milliseconds(20))
    }
    var strangers = 0
    for second in 0..<3 {
      for number in 0..<1000 {
        trial.ask(unknown(second * 1000 + number), by: Station(row: 1))
        trial.wait(.milliseconds(1))
      }
      for number in 0..<50 { trial.ask(known(number)) }
      let fresh = known(100 + second)
      trial.ask(fresh)
      strangers += trial.questions(fresh).count
    }
    let answers = (0..<50).map { trial.answers(known($0)).count }
    try require(answers.allSatisfy { $0 == 4 }, "known targets answered \(answers)")
    try require("new targets of another solicitor", strangers, is: 3)
  }

  /// A scan from ever other stations.
  static let scanByMany: @Sendable () throws -> Void = {
    let trial = try EngineTrial("max-solicitations 100\n" + asking)
    for number in 0..<10_000 {
      trial.ask(unknown(number), by: Station(row: number % 4000))
      trial.wait(.microseconds(100))
    }
    let times = trial.questions().map(\.time)
    let most = mostInOneSecond(times)
    try require(most <= 100, "\(most) probes within one second")
    try require(most >= 50, "only \(most) probes within one second")
  }
}

private let asking = """
  proxy up0 {
    rule \(Setup.verifiedPrefix) {
      iface dn0
    }
  }

  """

private func known(_ number: Int) -> IPv6Address {
  IPv6Address(bits: Setup.verifiedPrefix.address.bits | 0x1_0000_0000 | UInt128(number))
}

private func unknown(_ number: Int) -> IPv6Address {
  IPv6Address(bits: Setup.verifiedPrefix.address.bits | 0x2_0000_0000 | UInt128(number))
}
