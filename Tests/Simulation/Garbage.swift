import FrameFuzzing
import NDPWire
import ProxyEngine
import ProxyModel

// Frames that nobody should send.

extension World {
  /// Somebody sends a frame with some damage, or one that is well-formed and a lie.
  func sendGarbage(on link: Int) {
    let mutator = FrameMutator(
      addresses: targets
        + gateways.flatMap(\.attachments).flatMap(\.interface.addresses).map(
          \.address),
      stations: stations.map(\.linkLayerAddress)
        + gateways.flatMap(\.attachments).compactMap(\.interface.linkLayerAddress))
    let octets = mutator.frame(from: honestFrames()[...], using: &random)
    figures.garbage += 1
    if case .advertisement(let frame)? = try? NeighborDiscoveryFrame(decoding: octets.span.bytes) {
      truth.claim(frame.message.target, on: link, now: now)
    }
    if (try? NeighborDiscoveryFrame(decoding: octets.span.bytes)) != nil {
      figures.wellFormedGarbage += 1
    }
    transmit(octets, on: link, from: .stranger)
  }

  private func honestFrames() -> [[UInt8]] {
    let station = stations.randomElement(using: &random)!
    let gateway = gateways.randomElement(using: &random)!
    let interface = gateway.attachments[0].interface
    let target = targets.randomElement(using: &random)!
    let own = station.linkLayerAddress
    let group = target.solicitedNodeMulticast
    let solicitation = EthernetFrame(
      source: own, destination: MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: station.addresses[0].address, destination: group, target: target,
        sourceLinkLayerAddress: own))
    let advertisement = EthernetFrame(
      source: own, destination: interface.linkLayerAddress ?? .allNodes,
      message: NeighborAdvertisement(
        source: target.isUnspecified ? station.addresses[0].address : target,
        destination: interface.addresses.first?.address ?? .allNodes, target: target,
        isRouter: false, isSolicited: !interface.addresses.isEmpty, isOverride: true,
        targetLinkLayerAddress: own))
    return [solicitation.octets, advertisement.octets]
  }
}
