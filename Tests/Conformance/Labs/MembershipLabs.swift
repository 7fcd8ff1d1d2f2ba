import LinuxSurvey
import NDPWire
import NetworkLab

extension Row {
  /// K: how the questions for other people's addresses reach us.
  static let membershipLabs: [Row] = [
    Row(
      "K01", "the groups of proxied addresses are joined and reported by MLD", "RFC 4861 §7.2.8",
      .must, deviation: "only for rules of /120 and longer; wider ones have too many groups",
      .lab { program in
        let target = Setup.single(0)
        let reports = try await membershipReports(program, .narrow)
        try require(reports.names(target.solicitedNodeMulticast), "no report of the group")
        try require(reports.groups.contains(target.solicitedNodeMulticast), "not in igmp6")
      }),
    Row(
      "K02", "for a wide rule the interface receives all groups", "RFC 4389 §4", .must,
      .lab("K02", .alone) { lab in
        let link = try await lab.proxy.run("ip", "-details", "link", "show", "dev", "up0")
        try require(link.contains(" allmulti 1 "), "no all-multicast mode")
      }),
    Row(
      "K03", "MLD does not report all-multicast mode", "packet(7)", .fact,
      .lab { program in
        let reports = try await membershipReports(program, .alone)
        let target = Setup.target(0, ofRow: 0)
        try require(!reports.names(target.solicitedNodeMulticast), "a report of the group")
      }),
    Row(
      "K05", "narrow rules work behind a switch with MLD snooping", "RFC 4541 §3", .must,
      deviation: "wide rules do not: the switch needs mcast_router 2 on the port, or no snooping",
      .lab(playSnoopingSwitch)),
    Row(
      "K06", "more groups than a socket can join are not an error", "optmem_max", .robustness,
      .lab { program in
        if program == .ndppd { throw NotRun("it joins no groups") }
        let rules = (0..<5000).map {
          "rule 2001:db8:7::\(String($0 >> 8, radix: 16)):\(String($0, radix: 16))/128 {\n static\n}"
        }
        let setup = Setup("many", "proxy up0 {\n\(rules.joined(separator: "\n"))\n}\n")
        let reports = try await membershipReports(program, setup)
        let joined = reports.groups.count { $0.isSolicitedNodeMulticast }
        try require(joined >= 2000, "only \(joined) groups are joined")
      }),
    Row(
      "K08", "groups of which every node is a member are not joined", "RFC 3810 §6", .must,
      .lab { program in
        let reports = try await membershipReports(program, .narrow)
        try require(!reports.names(.allNodes), "a report of ff02::1")
      }),
  ]

  /// What a host tells of its groups from the start of a daemon on, and which it is in.
  private static func membershipReports(
    _ program: Program, _ setup: Setup
  ) async throws -> Reports {
    let lab = try await LiveLab(setup, rows: [])
    var capture = try lab.peer.capture(on: "up0", filter: "ip6 proto 0")
    let configuration = program.configuration(setup.configuration)
    var reports = Reports()
    try await lab.proxy.withDaemon(program.path, configuration: configuration) { daemon in
      // The kernel reports within a second.
      try await Task.sleep(for: .milliseconds(1500))
      let table = try await lab.proxy.run("cat", "/proc/net/igmp6")
      reports.groups = table.split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ")
        guard words.count > 2, words[1] == "up0" else { return nil }
        return UInt128(words[2], radix: 16).map { IPv6Address(bits: $0) }
      }
      try require(daemon.process.status == nil, "the daemon has ended")
    }
    while let frame = try capture.next() {
      // Behind the hop-by-hop option Router Alert.
      if frame.octets.count > 62, frame.octets[62] == 143 { reports.frames.append(frame.octets) }
    }
    return reports
  }

  private static let playSnoopingSwitch: @Sendable (Program) async throws -> Void = { program in
    let lab = try await SwitchedLab()
    let wide = IPv6Address("2001:db8:7::77")!
    let narrow = Setup.single(0)
    let configuration = Setup.narrow.configuration
    try await lab.proxy.withDaemon(program.path, configuration: configuration) { _ in
      // The switch floods until it knows that there is a querier: itself, after some seconds.
      let hasSettled: Bool? = try await poll(within: .seconds(15)) {
        try await lab.answered([wide, narrow]).contains(wide) ? nil : true
      }
      try require(hasSettled != nil, "the switch goes on flooding")
      let answered = try await lab.answered([wide, narrow])
      try require(answered.contains(narrow), "no answer for a narrow rule")
      try require(!answered.contains(wide), "an answer for a wide rule")
    }
  }
}

/// What a host says of its multicast groups.
private struct Reports {
  var frames: [[UInt8]] = []
  var groups: [IPv6Address] = []

  /// Whether any report has the address of this group in it.
  func names(_ group: IPv6Address) -> Bool {
    frames.contains { frame in
      frame.indices.contains { frame[$0...].starts(with: group.octets) }
    }
  }
}

/// A proxy and an asker behind a switch that snoops on MLD and is the querier itself.
private struct SwitchedLab {
  let proxy: Node
  private let asker: Node
  private let middle: Node

  init() async throws {
    let namespaces = try (0..<3).map { _ in try NetworkNamespace() }
    proxy = Node(name: "proxy", namespace: namespaces[0], lab: namespaces)
    asker = Node(name: "asker", namespace: namespaces[1], lab: namespaces)
    middle = Node(name: "switch", namespace: namespaces[2], lab: namespaces)
    for node in [proxy, asker, middle] {
      try node.set("default/accept_dad", to: "0")
      try node.set("default/router_solicitations", to: "0")
    }
    let askers = Station(row: 0).linkLayerAddress
    // The switch takes its own queries for effective after its response interval.
    let batch = """
      link add br0 type bridge mcast_snooping 1 mcast_query_response_interval 10 \
      mcast_startup_query_interval 100 mcast_startup_query_count 20
      link set br0 up
      link set br0 type bridge mcast_querier 1
      link add port0 type veth peer name up0 address \(Side.up.linkLayerAddress) \
      netns \(proxy.namespace.path)
      link add port1 type veth peer name up0 address \(askers) netns \(asker.namespace.path)
      link set port0 master br0 up
      link set port1 master br0 up

      """
    try await middle.run("ip", "-batch", "-", input: batch)
    for node in [proxy, asker] { try await node.run("ip", "link", "set", "up0", "up") }
    try await proxy.run(
      "ip", "-6", "neighbor", "replace", "\(Station(row: 0).linkLocal)", "lladdr", "\(askers)",
      "dev", "up0", "nud", "permanent")
  }

  /// Which of these targets the proxy answers for.
  func answered(_ targets: [IPv6Address]) async throws -> Set<IPv6Address> {
    let socket = try asker.namespace.run { try RawSocket(interface: "up0") }
    var capture = try asker.capture(on: "up0")
    for target in targets {
      try socket.send(Stimulus(from: Station(row: 0), for: target).octets)
    }
    try await Task.sleep(for: .milliseconds(400))
    var answered: Set<IPv6Address> = []
    while let frame = try capture.next() {
      if case .advertisement(let answer)? = try? frame.decoded() {
        answered.insert(answer.message.target)
      }
    }
    return answered
  }
}

extension Setup {
  /// One rule for a single target, and a wide one.
  fileprivate static let narrow = Setup(
    "narrow and wide",
    """
    proxy up0 {
      rule \(single(0)) {
        static
      }
      rule 2001:db8:7::/64 {
        static
      }
    }
    """)
}
