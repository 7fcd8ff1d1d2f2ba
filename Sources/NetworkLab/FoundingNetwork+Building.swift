import LinuxNet
import NDPWire
import SystemPackage

extension FoundingNetwork {
  /// Builds the network and waits until every address in it can be used; about 200 ms.
  ///
  /// At most 32 routers and 64 members. Throws `Errno` where namespaces are not permitted, and
  /// `CommandFailure` if the kernel refuses a part of it.
  package init(routers routerCount: Int = 1, members memberCount: Int = 2) async throws {
    precondition(1...32 ~= routerCount && 1...64 ~= memberCount)
    var namespaces: [NetworkNamespace] = []
    for _ in 0..<3 + routerCount + memberCount { namespaces.append(try NetworkNamespace()) }
    let lab = namespaces
    func node(_ name: String, _ index: Int) -> Node {
      Node(name: name, namespace: lab[index], lab: lab)
    }
    let upstream = node("upstream segment", 0)
    let inside = node("inside segment", 1)
    gateway = node("gateway", 2)
    routers = (0..<routerCount).map { node("router \($0 + 1)", 3 + $0) }
    members = (0..<memberCount).map { node("member \($0 + 1)", 3 + routerCount + $0) }

    for segment in [upstream, inside] { try segment.set("default/disable_ipv6", to: "1") }
    for node in routers + [gateway] + members { try node.quieten() }
    try gateway.set("all/forwarding", to: "1")

    let outerPlugs = routers.enumerated().map {
      Plug($1, "up0", Self.routerLinkLayerAddress($0))
    }
    let innerPlugs = members.enumerated().map {
      Plug($1, "zt0", Self.memberLinkLayerAddress($0))
    }
    try await upstream.bridge(
      outerPlugs + [Plug(gateway, "eth0", Self.gatewayLinkLayerAddress)])
    try await inside.bridge(
      innerPlugs + [Plug(gateway, "zt0", Self.insideGatewayLinkLayerAddress)])
    try await assignAddresses()
  }

  private func assignAddresses() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await gateway.configure(
          [("eth0", Self.gatewayAddress, 64), ("zt0", Self.insideGatewayAddress, 80)],
          nextHop: Self.routerAddress(0))
      }
      for (index, router) in routers.enumerated() {
        group.addTask { try await router.configure([("up0", Self.routerAddress(index), 64)]) }
      }
      for (index, member) in members.enumerated() {
        group.addTask {
          try await member.configure(
            [("zt0", Self.memberAddress(index), 80)], nextHop: Self.insideGatewayAddress)
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
    _ interfaces: [(name: String, address: IPv6Address, length: Int)], nextHop: IPv6Address? = nil
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
    let settled: Bool? = try await poll(within: .seconds(5)) {
      try await run("ip", "-6", "-oneline", "address", "show", "tentative").isEmpty ? true : nil
    }
    guard settled != nil else { throw Errno.timedOut }
  }
}
