import LinuxNet
package import NDPWire
package import NetworkLab

/// What the gateway's interfaces are made of: real hosts seldom have plain cables.
///
/// The names of the picture of `FoundingNetwork` stay; what carries them is `trunk0` or `low0`.
package enum Layout: String, CaseIterable, Sendable {
  case plain
  /// `eth0` is VLAN 7 of a trunk; the tags travel beside the frames, as network cards have them.
  case vlan = "VLAN"
  /// The same, and the tags travel in the frames.
  case taggedFrames = "VLAN with tags in frames"
  /// All that routers send has a priority tag, which names no VLAN (IEEE 802.1Q).
  case priorityTags = "priority tags"
  /// `eth0` is a bond of two cables and keeps its address when it changes over.
  case bond
  /// The same, and it takes over the address of the active port.
  case followingBond = "bond with the active port's address"
  /// Both interfaces are in a VRF.
  case vrf = "VRF"
  /// `eth0` is a macvlan on the cable.
  case macvlan
  /// `zt0` is an ipvlan in L2 mode on the cable.
  case ipvlan
  /// Gateway and members are connected by WireGuard.
  case wireGuard = "WireGuard"
  /// Frames between gateway and members are late, lost, doubled and out of order.
  case netem

  /// The link-layer address of the second cable of a bond.
  package static let secondPort = MACAddress(bits: 0x0200_0000_00bb)

  /// What `ip route` takes behind the gateway's default route.
  package var routing: String { self == .vrf ? "vrf red" : "" }

  /// What the kernel needs for it, as modprobe calls it; all of it is in most kernels.
  package var module: String? {
    switch self {
    case .plain: nil
    case .vlan, .taggedFrames: "8021q"
    case .priorityTags: "act_vlan"
    case .bond, .followingBond: "bonding"
    case .vrf: "vrf"
    case .macvlan: "macvlan"
    case .ipvlan: "ipvlan"
    case .wireGuard: "wireguard"
    case .netem: "sch_netem"
    }
  }

  /// A network with this layout.
  ///
  /// Throws `CommandFailure` where the kernel does not have what it takes.
  package func network(routers: Int = 2, members: Int = 2) async throws -> FoundingNetwork {
    try await FoundingNetwork(routers: routers, members: members, routing: routing, laying: lay)
  }

  private func lay(_ network: FoundingNetwork) async throws {
    switch self {
    case .plain: return
    case .vlan: try await network.tagVLAN()
    case .taggedFrames:
      try await network.tagVLAN()
      try await network.keepTagsInFrames()
    case .priorityTags: try await network.addPriorityTags()
    case .bond: try await network.bond(followingActivePort: false)
    case .followingBond: try await network.bond(followingActivePort: true)
    case .vrf:
      try await network.gateway.batch(
        "link add red type vrf table 10", "link set red up", "link set eth0 master red",
        "link set zt0 master red")
    case .macvlan:
      try await network.gateway.batch(
        "link set eth0 name low0", "link set low0 address 02:00:00:00:ee:ee", "link set low0 up",
        "link add eth0 link low0 address \(FoundingNetwork.gatewayLinkLayerAddress) type macvlan")
    case .ipvlan:
      try await network.gateway.batch(
        "link set zt0 name low0", "link set low0 up", "link add zt0 link low0 type ipvlan mode l2")
    case .wireGuard: try await network.connectByWireGuard()
    case .netem: try await network.impair()
    }
  }
}

extension FoundingNetwork {
  fileprivate func tagVLAN() async throws {
    for (node, name) in [(gateway, "eth0")] + routers.map({ ($0, "up0") }) {
      try await node.batch(
        "link set \(name) name trunk0", "link set trunk0 up",
        "link add link trunk0 name \(name) type vlan id 7")
    }
  }

  fileprivate func keepTagsInFrames() async throws {
    for node in [gateway] + routers {
      try await node.run("ethtool", "-K", "trunk0", "txvlan", "off")
    }
    for port in 0...routers.count {
      try await upstreamSegment.run("ethtool", "-K", "port\(port)", "txvlan", "off")
    }
  }

  fileprivate func addPriorityTags() async throws {
    for router in routers {
      try await router.run("tc", "qdisc", "add", "dev", "up0", "clsact")
      try await router.run(
        "tc", "filter", "add", "dev", "up0", "egress", "matchall", "action", "vlan", "push", "id",
        "0", "priority", "3")
    }
  }

  fileprivate func bond(followingActivePort: Bool) async throws {
    let path = gateway.namespacePath
    try await upstreamSegment.batch(
      "link add port9 type veth peer name cable1 address \(Layout.secondPort) netns \(path)",
      "link set port9 master br0 up")
    let following = followingActivePort ? "active" : "none"
    try await gateway.batch(
      "link set eth0 name cable0",
      "link add eth0 type bond mode active-backup miimon 50 fail_over_mac \(following)",
      "link set cable0 master eth0", "link set cable1 master eth0",
      "link set eth0 type bond primary cable0")
  }

  fileprivate func connectByWireGuard() async throws {
    let own = try await gateway.makeKey(underlay: "fd00::1")
    for (index, member) in members.enumerated() {
      let underlay = "fd00::\(index + 2)"
      let key = try await member.makeKey(underlay: underlay)
      try await gateway.run(
        "wg", "set", "zt0", "peer", key, "endpoint", "[\(underlay)]:51820", "allowed-ips",
        "\(Self.memberAddress(index))/128")
      try await member.run(
        "wg", "set", "zt0", "peer", own, "endpoint", "[fd00::1]:51820", "allowed-ips",
        "::/0")
    }
  }

  fileprivate func impair() async throws {
    try await gateway.run(
      "tc", "qdisc", "add", "dev", "zt0", "root", "netem", "loss", "20%", "duplicate", "10%")
    for member in members {
      try await member.run(
        "tc", "qdisc", "add", "dev", "zt0", "root", "netem", "delay", "200ms", "loss", "20%",
        "duplicate", "10%", "reorder", "25%", "50%")
    }
  }
}

extension Node {
  /// Has `ip` do these lines.
  package func batch(_ lines: String...) async throws {
    try await run("ip", "-batch", "-", input: lines.map { $0 + "\n" }.joined())
  }

  /// Makes `zt0` a WireGuard interface over the cable that had that name.
  fileprivate func makeKey(underlay: String) async throws -> String {
    try await batch(
      "link set zt0 name low0", "link set low0 up", "address add \(underlay)/64 dev low0 nodad",
      "link add zt0 type wireguard")
    let secret = try await run("wg", "genkey")
    let known = try await run("wg", "pubkey", input: secret)
    try await run(
      "wg", "set", "zt0", "listen-port", "51820", "private-key", "/dev/stdin", input: secret)
    return String(known.prefix { $0 != "\n" })
  }
}
