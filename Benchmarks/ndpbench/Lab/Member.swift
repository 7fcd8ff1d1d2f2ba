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
  init(on bench: Bench) throws {
    let filter = PacketFilter(solicitationsFor: [BenchLink.proxiedPrefix], advertisements: false)
    (socket, sender) = try bench.link.member.namespace.run {
      (
        try PacketSocket(interfaceIndex: bench.memberIndex, filter: filter, allMulticast: true),
        try PacketSender(interfaceIndex: bench.memberIndex)
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
