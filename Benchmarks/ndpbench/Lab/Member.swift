import LinuxNet
import NDPWire
import NetworkLab

/// Every member behind the responder at once: answers whatever is asked for on its link.
final class Member: @unchecked Sendable {
  private let socket: PacketSocket
  private let sender: PacketSender

  /// How many questions it has answered.
  private(set) var answeredCount = 0

  /// Opens sockets on the member's end.
  convenience init(on bench: Bench) throws {
    try self.init(
      on: bench.link, interfaceIndex: bench.memberIndex, answeringFor: BenchLink.proxiedPrefix)
  }

  /// Opens sockets on one of the member's interfaces.
  init(
    on link: BenchLink, interfaceIndex: Int32, answeringFor prefix: IPv6Prefix
  ) throws {
    let filter = PacketFilter(solicitationsFor: [prefix], advertisements: false)
    (socket, sender) = try link.member.namespace.run {
      (
        try PacketSocket(interfaceIndex: interfaceIndex, filter: filter, allMulticast: true),
        try PacketSender(interfaceIndex: interfaceIndex)
      )
    }
  }

  /// Answers what has come; does not wait.
  func answer() throws {
    while try socket.receive({ octets, _ in answer(octets) }) == PacketSocket.batchSize {}
    sender.flush()
  }

  private func answer(_ octets: RawSpan) {
    guard case .solicitation(let question)? = try? NeighborDiscoveryFrame(decoding: octets),
      let asker = question.message.sourceLinkLayerAddress
    else { return }
    let own = BenchLink.memberLinkLayerAddress
    let frame = EthernetFrame(
      source: own, destination: asker,
      message: NeighborAdvertisement(
        source: question.message.target, destination: question.message.source,
        target: question.message.target, isRouter: false, isSolicited: true, isOverride: true,
        targetLinkLayerAddress: own))
    sender.enqueue { frame.encode(into: &$0) }
    answeredCount += 1
  }
}
