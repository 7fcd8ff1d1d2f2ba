import ControlProtocol
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// One prefix on both sides, and a member that says that it has every address of it.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct HijackTests {
  /// Whose address the member wants, and what the gateway's kernel knows of it.
  struct Row: Sendable, CustomTestStringConvertible {
    /// 0 for the default router, 1 for another host upstream.
    let owner: Int
    let knowledge: Knowledge
    let isAutowired: Bool

    enum Knowledge: CaseIterable, Sendable {
      case none, stale, reachable
    }

    var testDescription: String {
      "\(owner == 0 ? "the router" : "a host"), \(knowledge), autowire \(isAutowired ? "yes" : "no")"
    }

    static let all = [0, 1].flatMap { owner in
      Knowledge.allCases.flatMap { knowledge in
        [false, true].map { Row(owner: owner, knowledge: knowledge, isAutowired: $0) }
      }
    }
  }

  private static func settings(isAutowired: Bool) -> String {
    """
    proxy eth0 {
      autowire \(isAutowired ? "yes" : "no")
      ttl 1000
      deadtime 500
      rule \(FoundingNetwork.onLinkPrefix) {
        iface zt0
      }
    }
    """
  }

  /// Answers for everything, and claims these addresses all the time.
  private func attack(
    _ network: FoundingNetwork, claiming targets: [IPv6Address]
  ) -> @Sendable (Gate) async throws -> Void {
    let answerer = Answerer(
      node: network.member, prefix: FoundingNetwork.onLinkPrefix,
      stations: [FoundingNetwork.memberLinkLayerAddress(0)])
    let usurper = Usurper(
      node: network.member, interface: "zt0", station: FoundingNetwork.memberLinkLayerAddress(0),
      gateway: FoundingNetwork.insideGatewayLinkLayerAddress, targets: targets)
    return { gate in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await usurper.run(Gate()) }
        try await answerer.run(gate)
        try await group.waitForAll()
      }
    }
  }

  @Test(arguments: Row.all)
  func `an address of the proxy's own link stays there`(row: Row) async throws {
    let network = try await FoundingNetwork(routers: 3, members: 1)
    let gateway = network.gateway
    let target = FoundingNetwork.routerAddress(row.owner)
    try await prepare(row.knowledge, of: target, on: gateway)
    try await gateway.withDaemon(
      ndpproxy, configuration: Self.settings(isAutowired: row.isAutowired)
    ) { daemon in
      var lies = try network.upstreamSegment.capture(
        on: "port0",
        filter: "icmp6 and ip6[40] == 136 and ether src \(FoundingNetwork.gatewayLinkLayerAddress)")
      var stolen = try network.member.capture(on: "zt0", filter: "icmp6 and ip6[40] == 128")
      try await during(attack(network, claiming: [target])) {
        let asker = try await Questioner(
          network.routers[2], as: FoundingNetwork.routerLinkLayerAddress(2))
        for _ in 0..<10 {
          asker.ask(for: target, from: FoundingNetwork.routerAddress(2))
          try await Task.sleep(for: .milliseconds(400))
        }
      }
      let routes = try await gateway.run("ip", "-6", "route", "show", "proto", "112")
      #expect(routes.isEmpty, "\(routes)")
      let answers = try lies.messages(about: target)
      #expect(answers.isEmpty, "\(answers)")
      let report = try await gateway.ping(target, count: 2)
      #expect(report.received == 2, "\(report.lines)")
      let entry = try await gateway.run(
        "ip", "-6", "neighbor", "show", "to", "\(target)", "dev", "eth0")
      let place = FoundingNetwork.routerLinkLayerAddress(row.owner)
      #expect(entry.contains("lladdr \(place)"), "\(entry)")
      let isStolen = try stolen.next() != nil
      #expect(!isStolen)
      #expect(daemon.process.status == nil)
    }
  }

  private func prepare(
    _ knowledge: Row.Knowledge, of target: IPv6Address, on gateway: Node
  ) async throws {
    try await gateway.run("ip", "-6", "neighbor", "flush", "dev", "eth0")
    if knowledge != .none {
      let report = try await gateway.ping(target)
      #expect(report.received == 1)
    }
    guard knowledge == .stale else { return }
    let entry = try #require(try await gateway.neighbor(target))
    let place = try #require(entry.linkLayerAddress)
    try await gateway.run(
      "ip", "-6", "neighbor", "replace", "\(target)", "lladdr", "\(place)", "dev", "eth0", "nud",
      "stale")
  }

  @Test func `an address of a slow host upstream stays there`() async throws {
    let network = try await FoundingNetwork(routers: 3, members: 1)
    let gateway = network.gateway
    let prefix = IPv6Prefix("2001:db8:1:0:aa::/80")!
    let owner = Answerer(
      node: network.routers[1], interface: "up0", prefix: prefix,
      stations: [FoundingNetwork.routerLinkLayerAddress(1)], delay: .milliseconds(60))
    let targets = (0..<8).map { FoundingNetwork.furtherAddress($0, of: prefix) }
    try await gateway.withDaemon(
      ndpproxy, configuration: Self.settings(isAutowired: true)
    ) { _ in
      try await during({ try await owner.run($0) }) {
        try await during(attack(network, claiming: targets)) {
          let asker = try await Questioner(network.router)
          for _ in 0..<3 {
            for target in targets { asker.ask(for: target) }
            try await Task.sleep(for: .seconds(1))
          }
        }
        let routes = try await gateway.run("ip", "-6", "route", "show", "proto", "112")
        #expect(routes.isEmpty, "\(routes)")
      }
    }
  }

  @Test(arguments: [false, true])
  func `a host upstream that comes back gets its address back`(
    isAutowired: Bool
  ) async throws {
    let network = try await FoundingNetwork(routers: 2, members: 1)
    let gateway = network.gateway
    let host = network.routers[1]
    let target = FoundingNetwork.routerAddress(1)
    let back = "address add \(target)/64 dev up0 nodad"
    try await host.batch("address delete \(target)/64 dev up0")
    try await gateway.withDaemon(
      ndpproxy, configuration: Self.settings(isAutowired: isAutowired)
    ) { daemon in
      let answerer = Answerer(
        node: network.member, prefix: FoundingNetwork.onLinkPrefix,
        stations: [FoundingNetwork.memberLinkLayerAddress(0)])
      try await during({ try await answerer.run($0) }) {
        let asker = try await Questioner(network.router)
        let isTaken = try await asker.isAnswered(target)
        #expect(isTaken)
        try await host.batch([back])
        let end = ContinuousClock.now + .seconds(10)
        var isBack = false
        while !isBack, ContinuousClock.now < end {
          // Both speak, and the router asks.
          asker.ask(for: target)
          _ = try await host.ping(FoundingNetwork.gatewayAddress)
          isBack = try await gateway.ping(target).received == 1
        }
        #expect(isBack, "\(daemon.process.lines)")
      }
    }
  }

  @Test(arguments: [false, true], [false, true])
  func `a host upstream gets the address that it wants`(
    isAutowired: Bool, isClaimedBefore: Bool
  ) async throws {
    let network = try await FoundingNetwork(routers: 2, members: 1)
    let host = network.routers[1]
    let targets = (0..<5).map { index in
      IPv6Address(bits: FoundingNetwork.onLinkPrefix.address.bits | UInt128(0xb0 + index))
    }
    for scope in ["all", "up0"] {
      try host.set("\(scope)/accept_dad", to: "1")
      try host.set("\(scope)/dad_transmits", to: "1")
    }
    try await network.gateway.withDaemon(
      ndpproxy, configuration: Self.settings(isAutowired: isAutowired)
    ) { daemon in
      try await during(attack(network, claiming: targets)) {
        let asker = try await Questioner(network.router)
        if isClaimedBefore {
          // Nobody upstream has them yet.
          for _ in 0..<2 {
            for target in targets { asker.ask(for: target) }
            try await Task.sleep(for: .milliseconds(600))
          }
        }
        try await host.batch(targets.map { "address add \($0)/64 dev up0" })
        let isSettled: Bool? = try await poll(within: .seconds(10)) {
          let tentative = try await host.run("ip", "-6", "address", "show", "tentative")
          return tentative.isEmpty || tentative.contains("dadfailed") ? true : nil
        }
        #expect(isSettled == true)
      }
      let failed = try await host.run("ip", "-6", "address", "show", "dadfailed")
      #expect(failed.isEmpty, "\(failed) \(daemon.process.lines)")
    }
  }
}
