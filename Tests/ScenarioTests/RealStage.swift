import LinuxNet
import NDPWire
import NetworkLab

/// The founding network in namespaces: real kernels on all sides, the real daemon on the gateway.
final class RealStage: Stage {
  private let network: FoundingNetwork
  private let sockets: [PacketSocket]

  /// The daemon already runs on the gateway.
  init(_ network: FoundingNetwork) async throws {
    self.network = network
    var sockets: [PacketSocket] = []
    for router in network.routers {
      let index = try await router.interfaceIndex("up0")
      let nothing = PacketFilter(solicitationsFor: [], advertisements: true)
      sockets.append(
        try router.namespace.run {
          try PacketSocket(interfaceIndex: index, filter: nothing, allMulticast: false)
        })
    }
    self.sockets = sockets
  }

  func ask(
    _ questions: [Question], within patience: Duration
  ) async throws -> [[EthernetFrame<NeighborAdvertisement>]] {
    let captures = try network.routers.map { CaptureBox(try $0.capture(on: "up0")) }
    for question in questions {
      sockets[question.router].enqueue { question.frame.encode(into: &$0) }
    }
    for socket in sockets { socket.flush() }
    try await Task.sleep(for: patience)
    let targets = Set(questions.map(\.frame.message.target))
    return try captures.enumerated().map { router, box in
      try box.advertisements(about: targets, at: FoundingNetwork.routerLinkLayerAddress(router))
    }
  }
}

/// Keeps a noncopyable capture in an array.
private final class CaptureBox {
  private var capture: PacketCapture

  init(_ capture: consuming PacketCapture) {
    self.capture = capture
  }

  /// The advertisements that this station receives; the segment floods others past it as well.
  func advertisements(
    about targets: Set<IPv6Address>, at station: MACAddress
  ) throws -> [EthernetFrame<NeighborAdvertisement>] {
    var found: [EthernetFrame<NeighborAdvertisement>] = []
    while let captured = try capture.next() {
      guard case .advertisement(let frame) = try captured.decoded(),
        targets.contains(frame.message.target),
        frame.destination == station || frame.destination.isMulticast
      else { continue }
      found.append(frame)
    }
    return found
  }
}
