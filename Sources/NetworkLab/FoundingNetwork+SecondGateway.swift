import LinuxSurvey

extension FoundingNetwork {
  /// A gateway beside the first, on both segments, with the addresses `2001:db8:1::3` and
  /// `2001:db8:1:0:ff::3`; its cables are called `second`.
  ///
  /// The kernel tells neighbors about addresses that it gets, as VRRP daemons do. Throws
  /// `CommandFailure` if the kernel refuses a part of it. Some 100 ms.
  package func addSecondGateway() async throws -> Node {
    let second = Node(name: "gateway 2", namespace: try NetworkNamespace())
    for variable in ["all/accept_dad", "default/accept_dad", "default/router_solicitations"] {
      try second.set(variable, to: "0")
    }
    try second.set("all/forwarding", to: "1")
    try second.set("all/ndisc_notify", to: "1")
    for (segment, interface) in [(upstreamSegment, "eth0"), (insideSegment, "zt0")] {
      try await segment.run(
        "ip", "link", "add", "second", "type", "veth", "peer", "name", interface, "netns",
        second.namespacePath)
      try await segment.run("ip", "link", "set", "second", "master", "br0", "up")
      try await second.run("ip", "link", "set", interface, "up")
    }
    try await second.run("ip", "address", "add", "2001:db8:1::3/64", "dev", "eth0")
    try await second.run("ip", "address", "add", "2001:db8:1:0:ff::3/80", "dev", "zt0")
    try await second.run(
      "ip", "-6", "route", "add", "default", "via", "\(Self.routerAddress(0))")
    return second
  }

  /// Pulls both cables of the first gateway.
  package func unplugGateway() async throws {
    for segment in [upstreamSegment, insideSegment] {
      try await segment.run("ip", "link", "set", "port0", "down")
    }
  }

  /// Gives a gateway the address by which it is the master, and the members' next hop.
  package func makeMaster(_ gateway: Node, address: String) async throws {
    // The first one has its own from the start.
    _ = try await gateway.result(
      of: ["ip", "address", "add", "\(Self.insideGatewayAddress)/80", "dev", "zt0"])
    try await gateway.run("ip", "address", "add", "\(address)/64", "dev", "eth0", "nodad")
  }
}
