import Conformance
import LinuxNet
import LinuxSurvey
package import NDPWire
package import NetworkLab

/// The first router, which asks for targets, and the answers that it gets.
package final class Asker {
  /// An answer as it came.
  package struct Answer: Sendable {
    /// When, since 1970.
    package let time: Duration
    /// What it says.
    package let frame: EthernetFrame<NeighborAdvertisement>
  }

  private let sender: PacketSender
  private var capture: PacketCapture
  private static let own = FoundingNetwork.routerLinkLayerAddress(0)

  /// Opens what is needed on the router.
  package init(_ network: FoundingNetwork) async throws {
    sender = try await network.router.sender(on: "up0")
    capture = try network.router.capture(on: "up0", filter: "icmp6 and ip6[40] == 136")
  }

  /// Asks by multicast, from the router's global or its link-local address.
  package func ask(for targets: [IPv6Address], fromLinkLocal: Bool = false) {
    let source = fromLinkLocal ? Self.own.linkLocal : FoundingNetwork.routerAddress(0)
    for target in targets {
      let group = target.solicitedNodeMulticast
      let frame = EthernetFrame(
        source: Self.own, destination: MACAddress(multicast: group),
        message: NeighborSolicitation(
          source: source, destination: group, target: target,
          sourceLinkLayerAddress: Self.own))
      sender.enqueue { frame.encode(into: &$0) }
    }
    sender.flush()
  }

  /// The answers for members to the router that have come since the last call.
  package func takeAnswers() throws -> [Answer] {
    var answers: [Answer] = []
    while let captured = try capture.next() {
      guard case .advertisement(let frame)? = try? captured.decoded(),
        frame.destination == Self.own,
        FoundingNetwork.insidePrefix.contains(frame.message.target)
      else { continue }
      answers.append(Answer(time: captured.timestamp, frame: frame))
    }
    return answers
  }

  /// Asks until there is an answer; whether there is one within that time.
  package func isAnswered(_ target: IPv6Address, within patience: Duration) async throws -> Bool {
    let end = wallClock() + patience
    while wallClock() < end {
      ask(for: [target])
      try await Task.sleep(for: .milliseconds(20))
      if try takeAnswers().contains(where: { $0.frame.message.target == target }) { return true }
    }
    return false
  }
}
