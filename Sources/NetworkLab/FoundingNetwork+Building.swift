import LinuxSurvey
import NDPWire
import SystemPackage

extension FoundingNetwork {
  /// Builds the network and waits until every address in it can be used; about 100 ms.
  ///
  /// At most 32 routers and 64 members. `lay` may make other interfaces of the cables before any
  /// is up; in the end the nodes need those of the picture. `ip route` takes `routing` behind the
  /// gateway's default route. Throws `SystemError` where namespaces are not permitted,
  /// `CommandFailure` if the kernel refuses a part of it, and what `lay` throws.
  package init(
    routers routerCount: Int = 1, members memberCount: Int = 2, routing: String = "",
    laying lay: (FoundingNetwork) async throws -> Void = { _ in }
  ) async throws {
    precondition(1...32 ~= routerCount && 1...64 ~= memberCount)
    let names =
      ["upstream segment", "inside segment", "gateway"]
      + (1...routerCount).map { "router \($0)" } + (1...memberCount).map { "member \($0)" }
    var lab: [NetworkNamespace] = []
    for _ in names { lab.append(try NetworkNamespace()) }
    let nodes = zip(names, lab).map { [lab] in Node(name: $0, namespace: $1, lab: lab) }
    (upstreamSegment, insideSegment, gateway) = (nodes[0], nodes[1], nodes[2])
    routers = Array(nodes[3..<3 + routerCount])
    members = Array(nodes[(3 + routerCount)...])

    for segment in nodes[..<2] { try segment.set("default/disable_ipv6", to: "1") }
    for node in nodes[2...] { try node.quieten() }
    try gateway.set("all/forwarding", to: "1")
    try await connect()
    try await lay(self)
    try await assignAddresses(routing: routing)
  }

  private func connect() async throws {
    try await upstreamSegment.bridge(
      [Plug(gateway, "eth0", Self.gatewayLinkLayerAddress)]
        + routers.enumerated().map { Plug($1, "up0", Self.routerLinkLayerAddress($0)) })
    try await insideSegment.bridge(
      [Plug(gateway, "zt0", Self.insideGatewayLinkLayerAddress)]
        + members.enumerated().map { Plug($1, "zt0", Self.memberLinkLayerAddress($0)) })
  }

  private func assignAddresses(routing: String) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await gateway.configure(
          [("eth0", Self.gatewayAddress, 64), ("zt0", Self.insideGatewayAddress, 80)],
          nextHop: "\(Self.routerAddress(0)) \(routing)")
      }
      for (index, router) in routers.enumerated() {
        group.addTask { try await router.configure([("up0", Self.routerAddress(index), 64)]) }
      }
      for (index, member) in members.enumerated() {
        group.addTask {
          try await member.configure(
            [("zt0", Self.memberAddress(index), 80)],
            nextHop: "\(Self.insideGatewayAddress)")
        }
      }
      try await group.waitForAll()
    }
  }
}

/// One end of a cable that goes into a segment: the interface that a node gets.
private struct Plug {
  let node: Node
  let interface: String
  let address: MACAddress

  init(_ node: Node, _ interface: String, _ address: MACAddress) {
    (self.node, self.interface, self.address) = (node, interface, address)
  }
}

extension Node {
  /// Sets a variable below `/proc/sys/net/ipv6/conf`; `default` is for interfaces yet to come.
  package func set(_ variable: String, to value: String) throws {
    let path = FilePath("/proc/sys/net/ipv6/conf/\(variable)")
    try namespace.run {
      let file = try FileDescriptor.open(path, .writeOnly)
      _ = try file.closeAfter { try file.writeAll(value.utf8) }
    }
  }

  /// No duplicate address detection, so that addresses serve at once, and no solicited routers.
  fileprivate func quieten() throws {
    for scope in ["all", "default"] {
      try set("\(scope)/accept_dad", to: "0")
      try set("\(scope)/dad_transmits", to: "0")
      try set("\(scope)/router_solicitations", to: "0")
    }
  }

  /// Makes this namespace a switch that floods multicast, with a cable to each of `plugs`.
  fileprivate func bridge(_ plugs: [Plug]) async throws {
    var batch = "link add br0 type bridge mcast_snooping 0\nlink set br0 up\n"
    for (index, plug) in plugs.enumerated() {
      batch += """
        link add port\(index) type veth peer name \(plug.interface) address \(plug.address) \
        netns \(plug.node.namespace.path)
        link set port\(index) master br0 up

        """
    }
    try await run("ip", "-batch", "-", input: batch)
  }

  /// Brings the interfaces up, gives them their addresses and waits until these can be used.
  fileprivate func configure(
    _ interfaces: [(name: String, address: IPv6Address, length: Int)], nextHop: String? = nil
  ) async throws {
    var batch = "link set lo up\n"
    for interface in interfaces {
      batch += """
        link set \(interface.name) up
        address add \(interface.address)/\(interface.length) dev \(interface.name)

        """
    }
    if let nextHop { batch += "route add default via \(nextHop)\n" }
    try await run("ip", "-6", "-batch", "-", input: batch)
    let settled: Bool? = try await poll(within: .seconds(20)) {
      try await run("ip", "-6", "-oneline", "address", "show", "tentative").isEmpty ? true : nil
    }
    guard settled != nil else { throw LabFailure(["\(name): addresses are still tentative"]) }
  }
}
