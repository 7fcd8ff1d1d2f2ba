import LinuxNet
import NDPWire
import NetworkLab

extension Row {
  /// J: two proxies that can hear each other.
  static let loopLabs: [Row] = [
    Row(
      "J02", "two proxies that face each other do not loop", "RFC 4389 §6", .must,
      .lab { program in
        async let alike: Void = playRing([program, program])
        if program == .ndpproxy, Program.ndppd.isInstalled {
          try await playRing([.ndpproxy, .ndppd])
        }
        try await alike
      }),
    Row(
      "J06", "with the kernel's own proxy there are two answers, and no loop",
      "RFC 4861 §7.2.8",
      .recommended,
      deviation: "no warning at the start, because the kernel's proxy entries are not read",
      .lab("J06", .alone) { lab in
        let target = lab.trial.target()
        try await lab.proxy.actAsProxy(for: target)
        try await lab.trial.ask(target)
        try await lab.trial.wait(.milliseconds(1500))
        let answers = try await lab.trial.answers(target)
        try require("answers", answers.count, is: 2)
        let overrides = answers.count { $0.octets[58] & 0x20 != 0 }
        try require("answers with Override", overrides, is: 0)
      }),
    Row(
      "J07", "two proxies for one prefix each answer once", "RFC 4861 §7.2.8", .recommended,
      .lab { program in
        let lab = try await RingLab()
        let configuration = "proxy x {\n rule 2001:db8:9::/64 {\n static\n }\n}\n"
        let target = IPv6Address("2001:db8:9::7")!
        try await lab.introduce(Station(row: 0))
        try await lab.withProxies([program, program], [configuration, configuration]) { _ in
          try await lab.send(Stimulus(from: Station(row: 0), for: target).octets, on: .x)
          let messages = try await lab.listen(about: target, for: .milliseconds(1500))
          try require("messages", messages.map(\.type), is: [136, 136])
        }
      }),
  ]

  /// A asks on y for what it is asked on x, and B the other way round.
  private static func playRing(_ programs: [Program]) async throws {
    let lab = try await RingLab()
    for row in 1...2 { try await lab.introduce(Station(row: row)) }
    let configurations = [("x", "y"), ("y", "x")].map { proxy, rule in
      """
      proxy \(proxy) {
        timeout 300
        ttl 1000
        deadtime 1000
        rule 2001:db8:9::/64 {
          iface \(rule)
        }
      }
      """
    }
    try await lab.withProxies(programs, configurations) { daemons in
      let dead = IPv6Address("2001:db8:9::dead")!
      try await lab.send(Stimulus(from: Station(row: 1), for: dead).octets, on: .x)
      let first = try await lab.listen(about: dead, for: .seconds(2))
      // At the most: retries × 2 + 2.
      try require(first.count <= 6, "\(first.count) messages about a dead target")
      try require(!first.isEmpty, "no solicitation is sent")
      try await playDeath(lab)
      for daemon in daemons {
        try require(daemon.process.status == nil, "a daemon has ended")
      }
    }
  }

  /// A target that both ask for is there, and then is not.
  private static func playDeath(_ lab: RingLab) async throws {
    let target = IPv6Address("2001:db8:9::11")!
    var heard = 0
    for round in 0..<40 {
      if round % 10 == 0 {
        try await lab.send(Stimulus(from: Station(row: 1), for: target).octets, on: .x)
      } else if round % 10 == 5 {
        try await lab.send(Stimulus(from: Station(row: 2), for: target).octets, on: .y)
      }
      try await Task.sleep(for: .milliseconds(20))
      for message in try await lab.take(about: target) {
        heard += 1
        guard message.link == .x, message.type == 135 else { continue }
        try await lab.send(Station(row: 3).answer(to: message.frame), on: .x)
      }
    }
    // ttl, three probes by unicast and three by multicast, each once for A and once for B.
    let dying = try await lab.listen(about: target, for: .seconds(5))
    try require(heard + dying.count < 100, "\(heard + dying.count) messages")
    let late = try await lab.listen(about: target, for: .milliseconds(1500))
    try require("messages about a target that is long gone", late.count, is: 0)
  }
}

extension RingLab {
  /// All that the two hosts say about a target in some time.
  fileprivate func listen(
    about target: IPv6Address, for duration: Duration
  ) async throws -> [Message] {
    try await Task.sleep(for: duration)
    return try take(about: target)
  }
}

extension Program {
  /// Whether it is there.
  fileprivate var isInstalled: Bool { (try? path).map { RegularFile.exists($0) } ?? false }
}
