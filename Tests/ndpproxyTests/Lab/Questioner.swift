import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

/// A station that solicits with frames of its own making, and hears what is said on its link.
final class Questioner {
  private let sender: PacketSender
  private var capture: PacketCapture
  private let own: MACAddress

  /// Opens what is needed on an interface; by default that of the first router.
  init(
    _ node: Node, on interface: String = "up0",
    as own: MACAddress = FoundingNetwork.routerLinkLayerAddress(0)
  ) async throws {
    sender = try await node.sender(on: interface)
    capture = try node.capture(on: interface)
    self.own = own
  }

  /// Solicits by multicast; from `::` it detects duplicates.
  func ask(
    for target: IPv6Address, from source: IPv6Address = FoundingNetwork.routerAddress(0)
  ) {
    let group = target.solicitedNodeMulticast
    let frame = EthernetFrame(
      source: own, destination: MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: source, destination: group, target: target,
        sourceLinkLayerAddress: source.isUnspecified ? nil : own))
    sender.enqueue { frame.encode(into: &$0) }
    sender.flush()
  }

  /// Asks the gateway alone, as a router does that knew the target before.
  func askByUnicast(
    for target: IPv6Address, at station: MACAddress,
    from source: IPv6Address = FoundingNetwork.routerAddress(0)
  ) {
    let frame = EthernetFrame(
      source: own, destination: station,
      message: NeighborSolicitation(
        source: source, destination: target, target: target, sourceLinkLayerAddress: own))
    sender.enqueue { frame.encode(into: &$0) }
    sender.flush()
  }

  /// What was said about a target since the last call, our own solicitations included.
  func messages(about target: IPv6Address) throws -> [ObservedMessage] {
    try capture.messages(about: target)
  }

  /// Asks once, and waits for the first answer to this address or to all; `nil` if there is none.
  ///
  /// The answer to an earlier question from another address does not count.
  func answer(
    about target: IPv6Address, from source: IPv6Address = FoundingNetwork.routerAddress(0),
    within patience: Duration = .seconds(5)
  ) async throws -> Exchange? {
    _ = try messages(about: target)
    ask(for: target, from: source)
    var seen: [ObservedMessage] = []
    return try await poll(within: patience) {
      seen += try messages(about: target).filter { isOurs($0, from: source) }
      return seen.firstExchange
    }
  }

  /// Asks every 250 ms until there is an answer; false if there is none.
  func isAnswered(
    _ target: IPv6Address, from source: IPv6Address = FoundingNetwork.routerAddress(0),
    within patience: Duration = .seconds(10)
  ) async throws -> Bool {
    let end = ContinuousClock.now + patience
    repeat {
      let exchange = try await answer(about: target, from: source, within: .milliseconds(250))
      if exchange != nil { return true }
    } while ContinuousClock.now < end
    return false
  }

  private func isOurs(_ message: ObservedMessage, from source: IPv6Address) -> Bool {
    switch message.frame {
    case .solicitation(let frame): frame.source == own && frame.message.source == source
    case .advertisement(let frame):
      frame.destination.isMulticast
        || frame.destination == own && frame.message.destination == source
    }
  }
}
