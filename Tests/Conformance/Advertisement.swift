package import NDPWire
package import TestSupport

/// An advertisement: the one that is right, or one to bend.
package struct Advertisement: Sendable {
  /// The Ethernet header's destination.
  package var frameDestination: MACAddress
  /// The Ethernet header's source.
  package var frameSource: MACAddress
  /// The hop limit.
  package var hopLimit: UInt8 = 255
  /// The IPv6 source.
  package var source: IPv6Address
  /// The IPv6 destination.
  package var destination: IPv6Address
  /// The ICMPv6 code.
  package var code: UInt8 = 0
  /// The Router flag.
  package var isRouter = false
  /// The Solicited flag.
  package var isSolicited = true
  /// The Override flag.
  package var isOverride = false
  /// The target.
  package var target: IPv6Address
  /// All that follows the target.
  package var options: [UInt8]
  /// The message is cut to so many octets, and the checksum is right for these.
  package var messageLength: Int?
  /// The checksum; by default the right one.
  package var checksum: UInt16?

  /// The right answer to a solicitation without fault.
  package init(answering question: Stimulus) {
    let isSolicited = question.source != .unspecified
    let isLocal = !isSolicited || question.source.isLinkLocal
    let option = question.options.starts(with: [1, 1]) ? question.options[2..<8] : nil
    let asker = option.map { MACAddress(bits: $0.reduce(0) { $0 << 8 | UInt64($1) }) }
    frameDestination = isSolicited ? asker ?? question.frameSource : .allNodes
    frameSource = Side.up.linkLayerAddress
    source = isLocal ? Side.up.linkLocal : Side.up.global
    destination = isSolicited ? question.source : .allNodes
    isRouter = true
    self.isSolicited = isSolicited
    target = question.target
    options = Stimulus.targetLinkLayerAddress(Side.up.linkLayerAddress)
  }

  /// What the owner of a target says to the proxy that asks everybody for it on `side`: as Linux
  /// was heard to answer.
  package init(from owner: Station, of target: IPv6Address, on side: Side = .down) {
    let question = decodedSolicitation(probe(for: target, on: side))
    self.init(Dialect.linuxHost.advertisement(answering: question, by: owner.speaker(of: target)))
  }

  private init(_ frame: EthernetFrame<NeighborAdvertisement>) {
    let message = frame.message
    (frameSource, frameDestination) = (frame.source, frame.destination)
    (source, destination, target) = (message.source, message.destination, message.target)
    (isRouter, isSolicited, isOverride) =
      (message.isRouter, message.isSolicited, message.isOverride)
    options = message.targetLinkLayerAddress.map(Stimulus.targetLinkLayerAddress) ?? []
  }

  /// The whole frame.
  package var octets: [UInt8] {
    let sum =
      checksum ?? ~horribleChecksum(
        message(0), source: source.octets, destination: destination.octets)
    let payload = message(sum)
    return frameDestination.octets + frameSource.octets + [0x86, 0xdd, 0x60, 0, 0, 0]
      + UInt16(payload.count).octets + [58, hopLimit] + source.octets + destination.octets
      + payload
  }

  private func message(_ checksum: UInt16) -> [UInt8] {
    let flags = (isRouter ? 0x80 : 0) | (isSolicited ? 0x40 : 0) | (isOverride ? 0x20 : 0) as UInt8
    let whole = [136, code] + checksum.octets + [flags, 0, 0, 0] + target.octets + options
    return Array(whole.prefix(messageLength ?? whole.count))
  }
}

extension Station {
  /// What the owner of a target answers to a question for it: as Linux was heard to answer, which
  /// depends on whether it is asked by multicast or by unicast.
  package func answer(
    to question: EmittedFrame, speaking dialect: Dialect = .linuxHost
  ) -> [UInt8] {
    let question = decodedSolicitation(question.octets)
    return dialect.answer(to: question, by: speaker(of: question.message.target))
  }

  /// The station as the owner of a target.
  func speaker(of target: IPv6Address) -> Dialect.Speaker {
    Dialect.Speaker(
      linkLayerAddress: linkLayerAddress, linkLocal: linkLocal, address: target)
  }
}

/// The solicitation by which the proxy asks the targets' link.
package func probe(for target: IPv6Address, on side: Side = .down, to owner: Station? = nil)
  -> [UInt8]
{
  let group = target.solicitedNodeMulticast
  let destination = owner == nil ? group : target
  let frameDestination = owner?.linkLayerAddress ?? MACAddress(multicast: group)
  func message(_ sum: UInt16) -> [UInt8] {
    [135, 0] + sum.octets + [0, 0, 0, 0] + target.octets
      + Stimulus.sourceLinkLayerAddress(side.linkLayerAddress)
  }
  let sum = ~horribleChecksum(
    message(0), source: side.linkLocal.octets, destination: destination.octets)
  return frameDestination.octets + side.linkLayerAddress.octets
    + [0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255] + side.linkLocal.octets + destination.octets
    + message(sum)
}
