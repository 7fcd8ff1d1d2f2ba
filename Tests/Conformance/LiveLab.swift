import LinuxSurvey
import NDPWire
import NetworkLab

/// The proxy's host, and in another namespace the far ends of its cables, where nobody lives.
///
/// The cables are direct: a bridge would discard frames that come from a group address.
struct LiveLab: Sendable {
  let proxy: Node
  let peer: Node

  /// Builds it for a setup, with the stations of these rows as permanent neighbors.
  ///
  /// A daemon that answers through the kernel would otherwise have it ask for them first. Half of
  /// a row's stations remain strangers to it.
  init(_ setup: Setup, rows: [Row]) async throws {
    let namespaces = [try NetworkNamespace(), try NetworkNamespace()]
    proxy = Node(name: "proxy", namespace: namespaces[0], lab: namespaces)
    peer = Node(name: "peer", namespace: namespaces[1], lab: namespaces)
    try peer.set("all/disable_ipv6", to: "1")
    try peer.set("default/disable_ipv6", to: "1")
    try proxy.set("default/addr_gen_mode", to: "1")
    try proxy.set("default/router_solicitations", to: "0")
    try proxy.set("default/accept_ra", to: "0")
    try proxy.set("default/accept_dad", to: "0")
    try proxy.set("all/forwarding", to: setup.isForwarding ? "1" : "0")
    // A flow label is no fault of a daemon's that leaves it to the kernel.
    try proxy.set("../auto_flowlabels", to: "0")
    try await connect()
    try await configure(setup)
    try await introduce(rows)
    // A second proxy has the same askers.
    if setup.configuration.contains("proxy dn0 ") { try await introduce(rows, on: .down) }
  }

  private func connect() async throws {
    var batch = "link set lo up\n"
    for side in Side.allCases {
      batch += """
        link add \(side.rawValue) address \(side.linkLayerAddress) mtu 9000 type veth \
        peer name \(side.rawValue) mtu 9000 netns \(peer.namespace.path)
        link set \(side.rawValue) up

        """
    }
    try await proxy.run("ip", "-batch", "-", input: batch)
    let ends = Side.allCases.map { "link set \($0.rawValue) up\n" }.joined()
    try await peer.run("ip", "-batch", "-", input: ends)
    let isUp: Bool? = try await poll(within: .seconds(20)) {
      let links = try await proxy.run("ip", "-oneline", "link", "show", "up")
      return links.split(separator: "\n").count { $0.contains("state UP") } == Side.allCases.count
        ? true : nil
    }
    try require(isUp != nil, "the cables of the lab do not come up")
  }

  private func configure(_ setup: Setup) async throws {
    var batch = ""
    for address in setup.addresses {
      let words = "\(address.address.address)/\(address.address.prefix.length)"
      batch += "address add \(words) dev \(address.side.rawValue)"
      switch address.address.state {
      case .preferred: batch += " nodad\n"
      case .deprecated: batch += " nodad preferred_lft 0\n"
      case .tentative, .duplicate:
        // A minute of duplicate address detection.
        try proxy.set("\(address.side.rawValue)/accept_dad", to: "1")
        try proxy.set("\(address.side.rawValue)/dad_transmits", to: "60")
        batch += "\n"
      }
    }
    for prefix in ["2001:db8:99::/64", "2001:db8:1::/64"] {
      batch += "route add \(prefix) dev \(Side.up.rawValue) metric 9999\n"
    }
    for route in setup.routes {
      batch += "route add \(route.type) \(route.prefix) \(route.words)\n"
    }
    try await proxy.run("ip", "-6", "-batch", "-", input: batch)
  }

  /// Makes some stations of each of these rows permanent neighbors of the proxy's kernel.
  func introduce(_ rows: [Row], on side: Side = .up) async throws {
    var batch = ""
    for address in ["fe80::aa", "2001:db8:1::aa"] {
      let words = "\(address) lladdr 02:00:00:00:00:aa dev \(side.rawValue) nud permanent"
      batch += "neighbor replace \(words)\n"
    }
    for row in rows {
      for number in 0..<8 {
        let station = Station(row: Row.number(of: row.id), number)
        for address in [station.linkLocal, station.global, station.foreign] {
          batch += """
            neighbor replace \(address) lladdr \(station.linkLayerAddress) \
            dev \(side.rawValue) nud permanent

            """
        }
      }
    }
    try await proxy.run("ip", "-6", "-batch", "-", input: batch)
  }

  /// Gives the proxy's kernel addresses of its own to answer for.
  func adopt(_ targets: [IPv6Address]) async throws {
    let batch = targets.map { "address add \($0)/128 dev \(Side.up.rawValue) nodad\n" }.joined()
    try await proxy.run("ip", "-6", "-batch", "-", input: batch)
  }
}
