import LinuxNet
import NDPWire
import NetworkLab

/// A station without a kernel that has, or says that it has, all addresses of a prefix.
struct Answerer: Sendable {
  let node: Node
  var interface = "zt0"
  let prefix: IPv6Prefix
  /// Its link-layer addresses, at one of which each of its addresses is.
  var stations: [MACAddress]
  /// Whether it speaks for itself; if not, as a proxy does.
  var isOverride = true
  var delay = Duration.zero

  /// Answers solicitations until the task is cancelled.
  func run(_ gate: Gate) async throws {
    let sender = try await node.sender(on: interface)
    var capture = try node.capture(on: interface, filter: "icmp6 and ip6[40] == 135")
    var waiting: [(due: ContinuousClock.Instant, frame: EthernetFrame<NeighborAdvertisement>)] = []
    gate.open()
    while !Task.isCancelled {
      while let captured = try capture.next() {
        guard case .solicitation(let frame)? = try? captured.decoded(),
          let answer = answer(to: frame)
        else { continue }
        waiting.append((.now + delay, answer))
      }
      while let next = waiting.first, next.due <= .now {
        sender.enqueue { next.frame.encode(into: &$0) }
        waiting.removeFirst()
      }
      sender.flush()
      try? await Task.sleep(for: .milliseconds(1))
    }
  }

  private func answer(
    to question: EthernetFrame<NeighborSolicitation>
  ) -> EthernetFrame<NeighborAdvertisement>? {
    let message = question.message
    guard prefix.contains(message.target), !message.source.isUnspecified,
      !stations.contains(question.source)
    else { return nil }
    let station = stations[Int(message.target.bits % UInt128(stations.count))]
    return EthernetFrame(
      source: station, destination: question.source,
      message: NeighborAdvertisement(
        source: message.target, destination: message.source, target: message.target,
        isRouter: false, isSolicited: true, isOverride: isOverride,
        targetLinkLayerAddress: station))
  }
}
