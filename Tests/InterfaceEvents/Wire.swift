package import NDPWire
import NetworkLab

/// One of the gateway's two interfaces in the founding network.
package struct Wire: Sendable {
  /// What `ip link` calls it.
  package let name: String
  /// The link-layer address that it has in the beginning.
  package let linkLayerAddress: MACAddress
  /// Its global address with the length of the prefix, as `ip address` takes it.
  let address: String
  /// The segment at the other end of its cable.
  let segment: @Sendable (FoundingNetwork) -> Node

  /// Towards the routers.
  package static let outer = Wire(
    name: "eth0", linkLayerAddress: FoundingNetwork.gatewayLinkLayerAddress,
    address: "\(FoundingNetwork.gatewayAddress)/64", segment: { $0.upstreamSegment })

  /// Towards the members.
  package static let inner = Wire(
    name: "zt0", linkLayerAddress: FoundingNetwork.insideGatewayLinkLayerAddress,
    address: "\(FoundingNetwork.insideGatewayAddress)/80", segment: { $0.insideSegment })

  /// Its link-local address with the length of the prefix.
  var linkLocal: String { "\(linkLayerAddress.linkLocal)/64" }

  /// The line that gives the interface its global address, whatever its name is.
  func addressing(_ name: String? = nil) -> String {
    "address replace \(address) dev \(name ?? self.name) nodad"
  }

  /// The line for `ip -batch` that makes the interface and its cable.
  func creation(
    in network: FoundingNetwork, name: String? = nil, address: MACAddress? = nil,
    port: String = "port0", index: Int32? = nil
  ) -> String {
    let index = index.map { " index \($0)" } ?? ""
    return "link add \(name ?? self.name)\(index) address \(address ?? linkLayerAddress) type veth "
      + "peer name \(port) netns \(segment(network).namespace.path)"
  }
}

extension FoundingNetwork {
  /// Puts a new cable where there is none, with everything that the old one had.
  package func plug(_ wire: Wire, index: Int32? = nil) async throws {
    try await gateway.run("ip", "-batch", "-", input: wire.creation(in: self, index: index))
    try await wire.segment(self).run("ip", "link", "set", "port0", "master", "br0", "up")
    try await gateway.run(
      "ip", "-batch", "-", input: "link set \(wire.name) up\n\(wire.addressing())\n")
  }

  /// Adds a cable beside the one that there is, up but without a global address.
  func plugSpare(beside wire: Wire, _ name: String, _ address: MACAddress) async throws {
    let creation = wire.creation(in: self, name: name, address: address, port: "port9")
    try await gateway.run("ip", "-batch", "-", input: creation)
    try await wire.segment(self).run("ip", "link", "set", "port9", "master", "br0", "up")
    try await gateway.run("ip", "link", "set", name, "up")
  }
}

extension MACAddress {
  /// The link-local address that the kernel makes of it (RFC 4291 appendix A).
  package var linkLocal: IPv6Address {
    let bits = UInt128(self.bits)
    let upper = (bits >> 24) ^ 0x02_0000
    return IPv6Address(bits: 0xfe80 << 112 | upper << 40 | 0xfffe << 24 | bits & 0xff_ffff)
  }
}
