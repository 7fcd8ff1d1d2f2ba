import LinuxSurvey
import NDPWire
import NetworkLab

/// A member behind a slow link: `zt1` of the gateway, as virtual private networks have it.
struct SlowMember {
  static let prefix = IPv6Prefix("2001:db8:1:0:fe::/80")!
  static let address = IPv6Address("2001:db8:1:0:fe::10")!
  static let linkLayerAddress = MACAddress(bits: 0x0200_0000_0010)
  private static let gateway = "2001:db8:1:0:fe::1"

  private let middle: Node
  private let node: Node

  /// Adds it to a network, and waits until frames pass everywhere.
  init(in network: FoundingNetwork) async throws {
    middle = try await network.addLink("zt1", 1, to: "near")
    try middle.set("all/disable_ipv6", to: "1")
    node = Node(name: "slow member", namespace: try NetworkNamespace())
    for scope in ["all", "default"] { try node.set("\(scope)/accept_dad", to: "0") }
    try await middle.batch(
      "link add far type veth peer name zt1 address \(Self.linkLayerAddress)"
        + " netns \(node.namespacePath)", "link set far up")
    // It knows the way back, so that its own question is not measured.
    try await node.batch(
      "link set zt1 up", "address add \(Self.address)/80 dev zt1 nodad",
      "neighbor add \(Self.gateway) dev zt1 lladdr \(FoundingNetwork.furtherLinkLayerAddress(1))",
      "route add default via \(Self.gateway)")
    try await network.gateway.batch("address add \(Self.gateway)/80 dev zt1 nodad")
    try await middle.waitUntilRunning("far")
    try await node.waitUntilRunning("zt1")
    for port in ["port0", "port1"] { try await network.upstreamSegment.waitUntilRunning(port) }
  }

  /// The link, to be carried on.
  func cable(roundTrip: Duration) async throws -> SlowCable {
    try await SlowCable(
      middle, from: ("near", FoundingNetwork.furtherLinkLayerAddress(1)),
      to: ("far", Self.linkLayerAddress), delay: roundTrip / 2)
  }
}
