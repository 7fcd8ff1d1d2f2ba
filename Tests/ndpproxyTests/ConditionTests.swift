import ControlProtocol
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// A daemon that answers only while something holds on a real host.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ConditionTests {
  /// What is required, and how it comes and goes.
  struct Fact: Sendable, CustomTestStringConvertible {
    let condition: String
    var before: [[String]] = []
    let begin: [String]
    let end: [String]
    var testDescription: String { condition }
  }

  private static func ip(_ words: String) -> [String] {
    ["ip", "-6"] + words.split(separator: " ").map(String.init)
  }

  private static let directory = "/tmp/ndpproxy-conditions-\(UInt64.random(in: 0 ... .max))"

  static let facts = [
    Fact(
      condition: "address fe80::5:1", begin: ip("address add fe80::5:1/64 dev eth0 nodad"),
      end: ip("address del fe80::5:1/64 dev eth0")),
    Fact(
      condition: "address 2001:db8:5::1",
      begin: ip("address add 2001:db8:5::1/128 dev lo nodad"),
      end: ip("address del 2001:db8:5::1/128 dev lo")),
    // So FRR's vrrpd leaves a backup: the address is there, and the carrier is not.
    Fact(
      condition: "address fe80::5:2",
      before: [
        ["ip", "link", "add", "x0", "type", "veth", "peer", "y0"],
        ip("address add fe80::5:2/64 dev x0 nodad"), ["ip", "link", "set", "x0", "up"],
      ], begin: ["ip", "link", "set", "y0", "up"], end: ["ip", "link", "set", "y0", "down"]),
    Fact(
      condition: "route 2001:db8:77::/64 via zt0 proto bird",
      // None of these is the route that is required.
      before: [
        ip("route add 2001:db8:77::/64 dev zt0 proto static metric 7"),
        ip("route add 2001:db8:77::/64 dev eth0 proto bird metric 8"),
        ip("route add 2001:db8:77::/65 dev zt0 proto bird"),
      ],
      begin: ip("route add 2001:db8:77::/64 dev zt0 proto bird"),
      end: ip("route del 2001:db8:77::/64 dev zt0 proto bird metric 1024")),
    Fact(
      condition: "route 2001:db8:78::/64",
      before: [ip("route add unreachable 2001:db8:78::/64 metric 9")],
      begin: ip("route add 2001:db8:78::/64 via 2001:db8:1:0:ff::77 dev zt0 table 77"),
      end: ip("route flush table 77")),
    Fact(
      condition: "link x0", before: [["ip", "link", "add", "x0", "type", "veth", "peer", "y0"]],
      begin: ["sh", "-c", "ip link set x0 up; ip link set y0 up"],
      end: ["ip", "link", "set", "y0", "down"]),
    Fact(
      condition: "file \(directory)/deep/master",
      begin: ["sh", "-c", "mkdir -p \(directory)/deep && touch \(directory)/deep/master"],
      end: ["rm", "-r", directory]),
  ]

  private static func settings(_ condition: String) -> String {
    """
    proxy eth0 {
      require \(condition)
      rule \(FoundingNetwork.insidePrefix) {
        static
      }
    }
    """
  }

  /// How soon that is, 'make two-gateways' says; here other tests may keep the machine busy.
  @Test(arguments: facts)
  func `it is answered while the condition holds, and not any more when it fails`(
    fact: Fact
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    for command in fact.before { _ = try await gateway.result(of: command) }
    try await gateway.withDaemon(ndpproxy, configuration: Self.settings(fact.condition)) { _ in
      let router = try await Questioner(network.router)
      let target = FoundingNetwork.memberAddress(7)
      #expect(try await router.answer(about: target, within: .milliseconds(200)) == nil)
      for _ in 0..<3 {
        let begin = try await gateway.result(of: fact.begin)
        #expect(begin.status == .exited(0), "\(begin.standardError)")
        #expect(try await router.isAnswered(target))
        let end = try await gateway.result(of: fact.end)
        #expect(end.status == .exited(0), "\(end.standardError)")
        let isSilent: Bool? = try await poll(within: .seconds(10)) {
          try await router.answer(about: target, within: .milliseconds(300)) == nil ? true : nil
        }
        #expect(isSilent == true)
      }
    }
  }

  private func ndpctl(_ node: Node, _ daemon: Daemon, _ words: String...) async throws
    -> CommandResult
  {
    try await node.result(
      of: ["env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", try Host.programBeside("ndpctl")]
        + words)
  }

  @Test func `a gate is set by ndpctl, and everything says how it is`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.withDaemon(ndpproxy, configuration: Self.settings("gate master")) { daemon in
      let router = try await Questioner(network.router)
      let target = FoundingNetwork.memberAddress(7)
      #expect(try await router.answer(about: target, within: .milliseconds(200)) == nil)
      let why = try await ndpctl(gateway, daemon, "why", "\(target)")
      #expect(why.standardOutput.contains("'require gate master' has not been met for"))
      var status = try await ndpctl(gateway, daemon, "status")
      #expect(status.standardOutput.contains("standing by on eth0"))
      #expect(status.standardOutput.contains("gate master (eth0): not met for"))
      let unknown = try await ndpctl(gateway, daemon, "gate", "mister", "on")
      #expect(unknown.status != .exited(0))
      #expect(unknown.standardError.contains("it has the gates master"))
      let on = try await ndpctl(gateway, daemon, "gate", "master", "on")
      #expect(on.standardOutput == "gate master: on\n", "\(on.standardError)")
      #expect(try await router.answer(about: target) != nil)
      status = try await ndpctl(gateway, daemon, "status")
      #expect(status.standardOutput.contains("answering on eth0"))
      let metrics = try await ndpctl(gateway, daemon, "metrics").standardOutput
      #expect(
        metrics.contains(#"ndpproxy_condition_met{condition="gate master",proxy="eth0"} 1"#))
      #expect(metrics.contains("ndpproxy_take_overs_total 1"))
      // A reload leaves it as it is.
      _ = try await ndpctl(gateway, daemon, "reload")
      #expect(try await router.answer(about: target) != nil)
      let again = try await ndpctl(gateway, daemon, "gate", "master", "on")
      #expect(again.standardOutput == "gate master: already on\n")
      // Without the gate in the file it is off, and may be set off all the same.
      try daemon.configuration.replaceContents(with: Self.settings("link eth0"))
      _ = try await ndpctl(gateway, daemon, "reload")
      let none = try await ndpctl(gateway, daemon, "gate", "master", "off")
      #expect(none.standardOutput == "gate master: already off\n", "\(none.standardError)")
      try daemon.configuration.replaceContents(with: Self.settings("gate master"))
      _ = try await ndpctl(gateway, daemon, "reload")
      #expect(try await router.answer(about: target, within: .milliseconds(200)) == nil)
      _ = try await ndpctl(gateway, daemon, "gate", "master", "on")
      // A rule that is disabled still has its gate.
      for word in ["disable", "enable"] {
        _ = try await ndpctl(gateway, daemon, "rule", word, "\(FoundingNetwork.insidePrefix)")
      }
      #expect(try await router.answer(about: target) != nil)
      let off = try await ndpctl(gateway, daemon, "gate", "master", "off")
      #expect(off.standardOutput == "gate master: off\n")
      #expect(try await router.answer(about: target, within: .milliseconds(200)) == nil)
      let log = daemon.process.lines
      #expect(log.contains { $0.contains("condition 'gate master' is met") })
      #expect(log.contains { $0.contains("condition 'gate master' is not met any more") })
    }
  }

  @Test func `a directory that may not be read is told`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    let path = "/tmp/ndpproxy-secret-\(UInt64.random(in: 0 ... .max))"
    try await gateway.run("mkdir", "-p", "-m", "700", path)
    let settings = Self.settings("file \(path)/master")
    try await gateway.withDaemon(ndpproxy, configuration: settings) { daemon in
      try await gateway.run("touch", "\(path)/master")
      let line = try await daemon.process.line(
        containing: "require file: changes in \(path) are not noticed")
      #expect(line != nil, "\(daemon.process.lines)")
    }
    try await gateway.run("rm", "-r", path)
  }

  @Test func `a take-over is announced to the router that asked before`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    let member = FoundingNetwork.memberAddress(0)
    let settings = """
      proxy eth0 {
        require address fe80::5:1
        rule \(FoundingNetwork.insidePrefix) {
          iface zt0
        }
      }
      """
    try await gateway.withDaemon(ndpproxy, configuration: settings) { daemon in
      let router = try await Questioner(network.router)
      #expect(try await router.answer(about: member, within: .milliseconds(500)) == nil)
      #expect(try await gateway.session(of: member, in: daemon)?.state == "reachable")
      _ = try router.messages(about: member)
      try await gateway.run("ip", "address", "add", "fe80::5:1/64", "dev", "eth0", "nodad")
      try await Task.sleep(for: .milliseconds(2500))
      let said = try router.messages(about: member).compactMap { message in
        if case .advertisement(let frame) = message.frame { frame } else { nil }
      }
      #expect(
        said.map(\.message.destination) == [
          .allNodes, FoundingNetwork.routerAddress(0), .allNodes,
        ])
      for frame in said {
        #expect(frame.source == FoundingNetwork.gatewayLinkLayerAddress)
        #expect(!frame.message.isSolicited && frame.message.isOverride && frame.message.isRouter)
      }
    }
  }
}
