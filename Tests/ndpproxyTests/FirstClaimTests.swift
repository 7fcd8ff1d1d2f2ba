import ControlProtocol
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// A station on one rule interface claims what members of another have, and is always the first.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct FirstClaimTests {
  /// Where the gateway's routes have the members be.
  enum Place: String, CaseIterable, CustomTestStringConvertible {
    /// On the members' own link.
    case inside
    /// On the link of the proxy.
    case upstream
    /// Behind the router.
    case elsewhere

    var testDescription: String { "routed \(rawValue)" }

    var prefix: IPv6Prefix {
      switch self {
      case .inside: FoundingNetwork.insidePrefix
      case .upstream: IPv6Prefix("2001:db8:1:0:fe::/80")!
      case .elsewhere: IPv6Prefix("2001:db8:2::/80")!
      }
    }
  }

  private static func settings(_ place: Place, timeToLive: Int = 2000) -> String {
    """
    proxy eth0 {
      autowire yes
      ttl \(timeToLive)
      rule \(place.prefix) {
        iface zt*
      }
    }
    """
  }

  private func attack(
    _ attacker: Node, _ targets: [IPv6Address], givesLifeSigns: Bool = true
  ) -> @Sendable (Gate) async throws -> Void {
    let usurper = Usurper(
      node: attacker, interface: "zt1", station: FoundingNetwork.strangerLinkLayerAddress(1),
      gateway: FoundingNetwork.furtherLinkLayerAddress(1), targets: targets,
      givesLifeSigns: givesLifeSigns, perSecond: max(400, 50 * targets.count))
    return { try await usurper.run($0) }
  }

  private func hostRoutes(of gateway: Node) async throws -> String {
    try await gateway.run("ip", "-6", "route", "show", "proto", "112")
  }

  @Test(arguments: Place.allCases, [false, true])
  func `a first claim from elsewhere gets nobody's route`(
    place: Place, givesLifeSigns: Bool
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    let attacker = try await network.addLink("zt1", 1, to: "zt1")
    let targets = (0..<10).map { FoundingNetwork.furtherAddress($0, of: place.prefix) }
    // The owner is so slow that a claim comes before each of its answers.
    let owner = Answerer(
      node: network.member, prefix: place.prefix,
      stations: [FoundingNetwork.memberLinkLayerAddress(0)], delay: .milliseconds(40))
    try await gateway.withDaemon(
      ndpproxy, configuration: Self.settings(place), readyAt: "ready: "
    ) { daemon in
      try await during({ try await owner.run($0) }) {
        try await during(attack(attacker, targets, givesLifeSigns: givesLifeSigns)) {
          let router = try await Questioner(network.router)
          for round in 0..<9 {
            for target in targets { router.ask(for: target) }
            try await Task.sleep(for: .milliseconds(500))
            if round < 3 { continue }
            let routes = try await hostRoutes(of: gateway)
            #expect(!routes.contains("zt1"), "round \(round): \(routes)")
          }
        }
      }
      #expect(daemon.process.status == nil)
    }
  }

  @Test(arguments: Place.allCases, [2000, 30_000])
  func `a member that is known keeps its route and its traffic`(
    place: Place, timeToLive: Int
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    let attacker = try await network.addLink("zt1", 1, to: "zt1")
    let members = (0..<2).map { FoundingNetwork.furtherAddress($0, of: place.prefix) }
    try await network.member.batch(members.map { "address add \($0)/128 dev zt0 nodad" })
    try await network.router.batch(["route add \(Place.elsewhere.prefix) dev up0"])
    try await network.gateway.withDaemon(
      ndpproxy, configuration: Self.settings(place, timeToLive: timeToLive), readyAt: "ready: "
    ) { daemon in
      for member in members {
        let report = try await network.router.ping(member, count: 3)
        #expect(report.received > 0, "\(daemon.process.lines)")
      }
      // Until then their first answers may be contradicted.
      try await Task.sleep(for: .milliseconds(1500))
      var stolen = try attacker.capture(on: "zt1", filter: "icmp6 and ip6[40] == 128")
      try await during(attack(attacker, members)) {
        try await use(members, in: network, daemon)
      }
      let isStolen = try stolen.next() != nil
      #expect(!isStolen)
      #expect(daemon.process.status == nil)
    }
  }

  /// Sends to the first of two members all the time, and to the other after five seconds.
  private func use(
    _ members: [IPv6Address], in network: FoundingNetwork, _ daemon: Daemon
  ) async throws {
    let traffic = ["ping", "-6", "-n", "-i", "0.2", "\(members[0])"]
    try await network.router.withProcess(traffic) { ping in
      let router = try await Questioner(network.router)
      for round in 0..<10 {
        try await Task.sleep(for: .milliseconds(500))
        router.ask(for: members[0])
        let routes = try await hostRoutes(of: network.gateway)
        #expect(routes.contains("\(members[0]) dev zt0"), "round \(round): \(routes)")
        #expect(!routes.contains("zt1"), "round \(round): \(routes)")
      }
      let report = try await network.router.ping(members[1], count: 5)
      #expect(report.received == 5, "\(report.lines) \(daemon.process.lines)")
      // None between the first and the last was lost.
      let replies = ping.lines.filter { $0.contains(" bytes from ") }
      #expect(replies.last?.contains("icmp_seq=\(replies.count) ") == true, "\(replies)")
      #expect(replies.count > 20)
    }
  }

  @Test(arguments: Place.allCases)
  func `a slow member that is known keeps its route`(place: Place) async throws {
    let network = try await FoundingNetwork(members: 1)
    let attacker = try await network.addLink("zt1", 1, to: "zt1")
    let members = [FoundingNetwork.furtherAddress(0, of: place.prefix)]
    let owner = Answerer(
      node: network.member, prefix: place.prefix,
      stations: [FoundingNetwork.memberLinkLayerAddress(0)], delay: .milliseconds(60))
    try await network.gateway.withDaemon(
      ndpproxy, configuration: Self.settings(place, timeToLive: 30_000), readyAt: "ready: "
    ) { daemon in
      try await during({ try await owner.run($0) }) {
        try await find(members, in: network)
        try await during(attack(attacker, members)) {
          try await ask(for: members, in: network)
        }
      }
      #expect(daemon.process.status == nil)
    }
  }

  /// Asks for a member that is not known, and waits until nobody may contradict its first answer.
  private func find(_ members: [IPv6Address], in network: FoundingNetwork) async throws {
    let isKnown = try await Questioner(network.router).isAnswered(members[0])
    #expect(isKnown)
    try await Task.sleep(for: .milliseconds(1500))
  }

  /// Asks for a member for a while, and looks that its route is where it is.
  private func ask(for members: [IPv6Address], in network: FoundingNetwork) async throws {
    let router = try await Questioner(network.router)
    for round in 0..<8 {
      try await Task.sleep(for: .milliseconds(500))
      router.ask(for: members[0])
      let routes = try await hostRoutes(of: network.gateway)
      #expect(routes.contains("\(members[0]) dev zt0"), "round \(round): \(routes)")
    }
  }

  /// What an attacker on the member's own link gives out.
  struct Disguise: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let isFrameForged: Bool
    let namesLinkLayerAddress: Bool
  }

  static let disguises = [
    Disguise(
      testDescription: "its own address", isFrameForged: false, namesLinkLayerAddress: true),
    Disguise(
      testDescription: "its own address in a frame of the member", isFrameForged: true,
      namesLinkLayerAddress: true),
    Disguise(
      testDescription: "nothing in a frame of its own", isFrameForged: false,
      namesLinkLayerAddress: false),
  ]

  // The kernel of the gateway believes every advertisement on the member's own link, so that nobody
  // can say what becomes of the traffic.
  @Test(arguments: disguises, [2000, 30_000])
  func `a renewal does not lead the route through another station`(
    disguise: Disguise, timeToLive: Int
  ) async throws {
    let network = try await FoundingNetwork(members: 2)
    try await network.stopLearning(fromMember: 1)
    let gateway = network.gateway
    let member = FoundingNetwork.memberAddress(0)
    let usurper = Usurper(
      node: network.members[1], interface: "zt0",
      station: FoundingNetwork.memberLinkLayerAddress(1),
      frameSource: disguise.isFrameForged ? FoundingNetwork.memberLinkLayerAddress(0) : nil,
      gateway: FoundingNetwork.insideGatewayLinkLayerAddress, targets: [member],
      namesLinkLayerAddress: disguise.namesLinkLayerAddress)
    let settings = """
      proxy eth0 {
        autowire yes
        ttl \(timeToLive)
        rule \(FoundingNetwork.insidePrefix) {
          iface zt0
          autovia yes
        }
      }
      """
    try await gateway.withDaemon(ndpproxy, configuration: settings, readyAt: "ready: ") { daemon in
      let traffic = ["ping", "-6", "-n", "-i", "0.2", "\(member)"]
      try await network.router.withProcess(traffic) { ping in
        let first = try await ping.line(containing: " bytes from ")
        #expect(first != nil)
        // Until then its first answer may be contradicted.
        try await Task.sleep(for: .milliseconds(1500))
        try await during({ try await usurper.run($0) }) {
          let router = try await Questioner(network.router)
          for round in 0..<10 {
            try await Task.sleep(for: .milliseconds(500))
            router.ask(for: member)
            let routes = try await hostRoutes(of: gateway)
            #expect(routes.contains("\(member) dev zt0"), "round \(round): \(routes)")
            #expect(!routes.contains("via"), "round \(round): \(routes)")
          }
        }
      }
      #expect(daemon.process.status == nil)
    }
  }
}
