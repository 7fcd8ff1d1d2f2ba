package import NDPWire
import NetworkLab

/// The founding network with a proxy on its gateway, where a scenario plays: simulated or real.
package protocol Stage: AnyObject {
  /// Sends the questions at once and returns the advertisements that each router sees, in order.
  ///
  /// Waits for `count` of them, however long a busy machine takes, and then for `patience`, in
  /// which no more are to come.
  func ask(
    _ questions: [Question], awaiting count: Int, within patience: Duration
  ) async throws -> [[EthernetFrame<NeighborAdvertisement>]]
}

extension Stage {
  /// The same for the stage's usual patience.
  package func ask(
    _ questions: Question..., awaiting count: Int
  ) async throws -> [[EthernetFrame<NeighborAdvertisement>]] {
    try await ask(questions, awaiting: count, within: .milliseconds(200))
  }
}

/// A solicitation that one of the two routers sends.
package struct Question {
  /// Which router.
  package let router: Int
  /// What it sends.
  package let frame: EthernetFrame<NeighborSolicitation>

  /// The question for `target` by multicast, or by unicast to the gateway's link-layer address.
  package init(router: Int = 0, for target: IPv6Address, isUnicast: Bool = false) {
    self.router = router
    let own = FoundingNetwork.routerLinkLayerAddress(router)
    let group = target.solicitedNodeMulticast
    frame = EthernetFrame(
      source: own,
      destination: isUnicast
        ? FoundingNetwork.gatewayLinkLayerAddress : MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: FoundingNetwork.routerAddress(router), destination: isUnicast ? target : group,
        target: target, sourceLinkLayerAddress: own))
  }

  /// The question whether anybody has `target`, as a host asks that is about to take it.
  package init(router: Int = 0, whetherAnybodyHas target: IPv6Address) {
    self.router = router
    frame = EthernetFrame(
      source: FoundingNetwork.routerLinkLayerAddress(router),
      destination: MACAddress(multicast: target.solicitedNodeMulticast),
      message: NeighborSolicitation(
        source: .unspecified, destination: target.solicitedNodeMulticast, target: target,
        sourceLinkLayerAddress: nil))
  }

  /// The one right answer.
  package var answer: EthernetFrame<NeighborAdvertisement> {
    let isSolicited = !frame.message.isDuplicateAddressDetection
    let asker = isSolicited ? frame.message.source : .allNodes
    return EthernetFrame(
      source: FoundingNetwork.gatewayLinkLayerAddress,
      destination: isSolicited ? frame.source : .allNodes,
      message: NeighborAdvertisement(
        source: isSolicited ? FoundingNetwork.gatewayAddress : gatewayLinkLocalAddress,
        destination: asker, target: frame.message.target, isRouter: true,
        isSolicited: isSolicited, isOverride: false,
        targetLinkLayerAddress: FoundingNetwork.gatewayLinkLayerAddress))
  }
}

/// The address that a kernel makes of a link-layer address (RFC 4291 appendix A).
package func linkLocalAddress(_ address: MACAddress) -> IPv6Address {
  let (high, low) = (address.bits >> 24 ^ 0x02_0000, address.bits & 0xff_ffff)
  return IPv6Address(bits: 0xfe80 << 112 | UInt128(high << 40 | 0xff_fe00_0000 | low))
}

/// The gateway's on the upstream link.
package let gatewayLinkLocalAddress = linkLocalAddress(FoundingNetwork.gatewayLinkLayerAddress)

/// Inside the /80, but nobody has it.
package let deadTarget = IPv6Address("2001:db8:1:0:ff::dead")!
