import NDPWire
import NetworkLab

extension Row {
  /// E, H, I, L: how Linux itself behaves, as a router that asks and as a target that answers.
  static let peerLabs: [Row] = [
    Row(
      "E05", "the kernel's own proxy delays its answer to multicast by 0 to 0.8 s",
      "proxy_delay", .fact,
      .lab(
        ofKernel("E05") { lab in
          try await lab.proxyByKernel(lab.trial.target())
          for _ in 0..<3 {
            let before = try await lab.trial.answers(lab.trial.target()).count
            try await lab.trial.ask(lab.trial.target())
            try await lab.trial.awaitAnswers(lab.trial.target(), before + 1)
          }
        })),
    Row(
      "E06", "of two proxies, Linux keeps the one that answered first", "RFC 4861 §7.2.5", .fact,
      .lab(
        ofKernel("E06") { lab in
          try await lab.requireNeighbor(0, after: [(0, .proxy), (1, .proxy)])
        })),
    Row(
      "E07", "the owner prevails over a proxy, whichever answers first", "RFC 4861 §7.2.8", .must,
      .lab(
        ofKernel("E07") { lab in
          try await lab.requireNeighbor(1, after: [(0, .proxy), (1, .owner)])
          try await lab.requireNeighbor(1, after: [(1, .owner), (0, .proxy)])
        })),
    Row(
      "E08", "a proxy that sets the Override flag displaces the owner", "RFC 4861 §7.2.8", .fact,
      .lab(
        ofKernel("E08") { lab in
          try await lab.requireNeighbor(0, after: [(1, .owner), (0, .owner)])
        })),
    Row(
      "I04", "Linux follows an announcement at once with Override, and not without",
      "RFC 4861 §7.2.5", .fact,
      .lab(
        ofKernel("I04") { lab in
          try await lab.requireNeighbor(1, after: [(0, .owner), (1, .announcement(true))])
          try await lab.requireNeighbor(0, after: [(0, .owner), (1, .announcement(false))])
          let unknown = lab.trial.target(99)
          let announcement = KernelLab.Claim.announcement(true)
          try await lab.trial.send(lab.claim(unknown, 1, announcement, to: .allNodes))
          try await lab.trial.settle()
          let entry = try await lab.proxy.neighbor(unknown)
          try require(entry == nil, "an announcement creates an entry: \(entry!)")
        })),
    Row(
      "L08", "solicitations of a Linux router over a veth pair are complete", "packet(7)", .fact,
      .lab { program in
        let network = try await FoundingNetwork(members: 1)
        let target = FoundingNetwork.memberAddress(0)
        let configuration = program.configuration(network.configuration("static"))
        try await network.gateway.withDaemon(program.path, configuration: configuration) { _ in
          var capture = try network.router.capture(on: "up0")
          let report = try await network.router.ping(target, within: .seconds(5))
          try require("replies", report.received, is: 1)
          let exchange = try capture.messages(about: target).firstExchange
          try require(exchange != nil, "no valid solicitation and answer")
        }
      }),
    Row(
      "H30", "a Linux target answers a probe with Solicited and Override, to its source",
      "RFC 4861 §7.2.4", .fact,
      .lab { program in
        let network = try await FoundingNetwork(members: 1)
        let target = FoundingNetwork.memberAddress(0)
        let configuration = program.configuration(network.configuration("iface zt0"))
        try await network.gateway.withDaemon(program.path, configuration: configuration) { _ in
          var capture = try network.member.capture(on: "zt0")
          let report = try await network.router.ping(target, within: .seconds(5))
          try require("replies", report.received, is: 1)
          let exchange = try capture.messages(about: target).firstExchange
          guard let exchange else { throw Mismatch("no solicitation and answer") }
          let answer = exchange.advertisement.message
          try require(
            "R, S and O", [answer.isRouter, answer.isSolicited, answer.isOverride],
            is: [false, true, true])
          try require("destination", answer.destination, is: exchange.solicitation.message.source)
        }
      }),
  ]

  /// A lab without a daemon, tried once.
  private static func ofKernel(
    _ id: String, _ body: @escaping @Sendable (KernelLab) async throws -> Void
  ) -> @Sendable (Program) async throws -> Void {
    { program in
      if program == .ndppd { throw NotRun("the row tests only the kernel") }
      try await body(try await KernelLab(number: Row.number(of: id)))
    }
  }
}

extension FoundingNetwork {
  /// A configuration that answers for the members.
  fileprivate func configuration(_ method: String) -> String {
    "proxy eth0 {\n  rule \(FoundingNetwork.insidePrefix) {\n    \(method)\n  }\n}\n"
  }
}
