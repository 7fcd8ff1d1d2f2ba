import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Subprocess
import Testing

@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ReloadTests {
  private let member = FoundingNetwork.memberAddress(0)
  private let second = FoundingNetwork.memberAddress(1)

  /// A rule for one address.
  private func rule(for target: IPv6Address) -> String {
    "proxy eth0 {\n  rule \(target) {\n    iface zt0\n  }\n}\n"
  }

  @Test func `a changed file takes effect, a broken one does not`() async throws {
    let network = try await FoundingNetwork()
    try await network.gateway.withDaemon(ndpproxy, configuration: rule(for: member)) { daemon in
      let before = try await network.router.ping(second)
      #expect(before.received == 0)

      try daemon.configuration.replaceContents(with: "proxy eth0 {\n  ruel x\n")
      daemon.process.send(.terminalClosed)
      let refusal = try await daemon.process.line(containing: "not reloaded")
      #expect(refusal?.contains("the old configuration stays in force") == true)
      #expect(daemon.process.lines.contains { $0.contains(":1:12: ") && $0.hasPrefix("error: ") })
      let still = try await network.router.ping(member, count: 5)
      #expect(still.received > 0)

      try daemon.configuration.replaceContents(with: rule(for: second))
      daemon.process.send(.terminalClosed)
      let line = try await daemon.process.line(containing: "notice: reloaded: ")
      #expect(line == "notice: reloaded: answering on eth0")
      // The first ping in vain may have left it waiting, without another solicitation for a second.
      try await network.router.run("ip", "-6", "neighbor", "flush", "dev", "up0")
      let after = try await network.router.ping(second, count: 5)
      #expect(after.received > 0)
      #expect(daemon.process.status == nil)
    }
  }

  @Test func `a pipe in the place of the file holds nothing up`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let path = daemon.configuration.path
      try await network.gateway.run("rm", path)
      try await network.gateway.run("mkfifo", "-m", "666", path)
      daemon.process.send(.terminalClosed)
      let refusal = try await daemon.process.line(containing: "not reloaded")
      #expect(refusal?.contains("not a regular file") == true)
      let still = try await network.router.ping(member, count: 5)
      #expect(still.received > 0)
    }
  }

  @Test func `other interfaces, other purposes`() async throws {
    let network = try await FoundingNetwork()
    let other = "proxy zt0 {\n rule 2001:db8:7::/64 {\n static\n }\n}\n"
    try await network.gateway.withDaemon(ndpproxy, configuration: other) { daemon in
      for (round, method) in ["iface zt0", "auto", "iface zt*", "static"].enumerated() {
        try daemon.configuration.replaceContents(with: configuration(method))
        try await reload(daemon, round: round + 1)
        let target = round % 2 == 0 ? member : second
        let report = try await network.router.ping(target, count: 5)
        #expect(report.received > 0, "\(method)")
      }
      // Of what the first file wanted of zt0 nothing is left.
      let links = try await network.gateway.run("ip", "-d", "link", "show", "dev", "zt0")
      #expect(links.contains("allmulti 0"), "\(links)")
    }
  }

  @Test(arguments: ["no", "yes"])
  func `a hundred reloads under load lose no question`(kernelPath: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    let texts = ["", "  rule 2001:db8:7::/64 {\n    iface zt0\n  }\n"].map {
      """
      kernel-path \(kernelPath)
      proxy eth0 {
      \($0)  rule \(FoundingNetwork.insidePrefix) {
          static
        }
      }

      """
    }
    try await network.gateway.withDaemon(ndpproxy, configuration: texts[0]) { daemon in
      let load = try await Load(network)
      for round in 1...100 {
        try daemon.configuration.replaceContents(with: texts[round % 2])
        daemon.process.send(.terminalClosed)
        // 5,000 a second, while the reload is under way and after.
        for _ in 0..<10 {
          load.ask(25)
          try await Task.sleep(for: .milliseconds(5))
          try load.count()
        }
        try await awaitReload(daemon, round: round)
      }
      let isComplete: Bool? = try await poll(within: .seconds(5)) {
        try load.count()
        return load.answered == load.asked ? true : nil
      }
      #expect(isComplete == true, "\(load.answered) of \(load.asked)")
      let counters = try await network.gateway.counters(of: daemon).total
      #expect(counters.answered == UInt64(load.asked))
      #expect((counters.answeredInKernel ?? 0 > 0) == (kernelPath == "yes"))
    }
  }
}

private func reload(_ daemon: Daemon, round: Int) async throws {
  daemon.process.send(.terminalClosed)
  try await awaitReload(daemon, round: round)
}

private func awaitReload(_ daemon: Daemon, round: Int) async throws {
  let isReloaded: Bool? = try await poll(within: .seconds(20)) {
    daemon.process.lines.count { $0.contains(" reloaded: ") } >= round ? true : nil
  }
  #expect(isReloaded == true)
}

/// A router that asks for one target after another, and counts the answers.
private final class Load {
  private let socket: PacketSocket
  private let sender: PacketSender
  private(set) var asked = 0
  private(set) var answered = 0

  init(_ network: FoundingNetwork) async throws {
    let index = try await network.router.interfaceIndex("up0")
    let answers = PacketFilter(solicitationsFor: [], advertisements: true)
    (socket, sender) = try network.router.namespace.run {
      (
        try PacketSocket(interfaceIndex: index, filter: answers, allMulticast: false),
        try PacketSender(interfaceIndex: index)
      )
    }
  }

  func ask(_ count: Int) {
    let own = FoundingNetwork.routerLinkLayerAddress(0)
    for _ in 0..<count {
      asked += 1
      let target = IPv6Address(
        bits: FoundingNetwork.insidePrefix.address.bits | UInt128(0x10000 + asked))
      let frame = EthernetFrame(
        source: own, destination: MACAddress(multicast: target.solicitedNodeMulticast),
        message: NeighborSolicitation(
          source: FoundingNetwork.routerAddress(0), destination: target.solicitedNodeMulticast,
          target: target, sourceLinkLayerAddress: own))
      sender.enqueue { frame.encode(into: &$0) }
    }
    sender.flush()
  }

  func count() throws {
    while case let count = try socket.receive({ _, _ in }), count > 0 { answered += count }
  }
}
