import LinuxSurvey
import NDPWire
import NetworkLab

extension FoundingNetwork {
  /// The gateway's link-layer address on further interfaces: `02:00:00:00:00:f0` and up.
  static func furtherLinkLayerAddress(_ index: Int) -> MACAddress {
    MACAddress(bits: 0x0200_0000_00f0 + UInt64(index))
  }

  /// Adds an interface to the gateway whose cable ends in a new namespace; both ends are up.
  ///
  /// The other end is called as `end`. Neither detects duplicates.
  func addLink(_ name: String, _ index: Int, to end: String) async throws -> Node {
    let node = Node(name: "behind \(name)", namespace: try NetworkNamespace())
    for scope in ["all", "default"] { try node.set("\(scope)/accept_dad", to: "0") }
    try await gateway.batch(
      "link add \(name) address \(Self.furtherLinkLayerAddress(index)) type veth"
        + " peer name \(end) address \(Self.strangerLinkLayerAddress(index))"
        + " netns \(node.namespacePath)",
      "link set \(name) up")
    try await node.batch("link set lo up", "link set \(end) up")
    try await gateway.waitUntilRunning(name)
    try await node.waitUntilRunning(end)
    return node
  }

  /// The link-layer address at the other end of `addLink`: `02:00:00:00:01:00` and up.
  static func strangerLinkLayerAddress(_ index: Int) -> MACAddress {
    MACAddress(bits: 0x0200_0000_0100 + UInt64(index))
  }
}

extension Node {
  /// Runs these lines of ip-batch for IPv6.
  func batch(_ lines: String...) async throws { try await batch(lines) }

  /// The same with a list.
  func batch(_ lines: [String]) async throws {
    try await run("ip", "-6", "-batch", "-", input: lines.joined(separator: "\n") + "\n")
  }

  /// Waits until the kernel passes frames on to an interface that is up; that may take a second.
  func waitUntilRunning(_ interface: String) async throws {
    let isRunning: Bool? = try await poll(within: .seconds(10)) {
      let link = try await run("ip", "link", "show", "dev", interface)
      return link.contains(" state UP ") ? true : nil
    }
    guard isRunning == true else { throw LabFailure(["\(name): \(interface) does not run"]) }
  }
}
