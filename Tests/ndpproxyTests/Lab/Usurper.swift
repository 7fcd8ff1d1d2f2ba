import LinuxNet
import NDPWire
import NetworkLab

/// A station that says of addresses that they are its own, whether anybody asks or not.
struct Usurper: Sendable {
  let node: Node
  let interface: String
  /// Its own link-layer address.
  let station: MACAddress
  /// What it gives out as the source of its frames, if that is not its own address.
  var frameSource: MACAddress?
  /// The gateway's link-layer address on the same link.
  let gateway: MACAddress
  let targets: [IPv6Address]
  /// Whether it solicits in the name of each target as well, which is a sign of life.
  var givesLifeSigns = true
  /// Whether it says where the target is.
  var namesLinkLayerAddress = true
  var perSecond = 400

  /// Where its advertisements come from.
  static let linkLocal = IPv6Address("fe80::bad")!

  /// Claims the targets in turn until the task is cancelled.
  func run(_ gate: Gate) async throws {
    let sender = try await node.sender(on: interface)
    gate.open()
    await repeatedly(perSecond: perSecond) { number in
      let target = targets[number % targets.count]
      let round = number / targets.count
      let claim = claim(target)
      sender.enqueue { claim.encode(into: &$0) }
      if givesLifeSigns, round % 8 == 0 {
        let sign = lifeSign(target)
        sender.enqueue { sign.encode(into: &$0) }
      }
    } afterEach: {
      sender.flush()
    }
  }

  private func claim(_ target: IPv6Address) -> EthernetFrame<NeighborAdvertisement> {
    EthernetFrame(
      source: frameSource ?? station, destination: gateway,
      message: NeighborAdvertisement(
        source: Self.linkLocal, destination: FoundingNetwork.gatewayAddress, target: target,
        isRouter: false, isSolicited: true, isOverride: true,
        targetLinkLayerAddress: namesLinkLayerAddress ? station : nil))
  }

  private func lifeSign(_ target: IPv6Address) -> EthernetFrame<NeighborSolicitation> {
    // The kernel notes who asks for an address of its own.
    let asked = gateway.linkLocal
    let group = asked.solicitedNodeMulticast
    return EthernetFrame(
      source: station, destination: MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: target, destination: group, target: asked, sourceLinkLayerAddress: station))
  }
}
