import LinuxNet
import LinuxSurvey
package import NDPWire
package import NetworkLab

/// The founding network in namespaces: real kernels on all sides, the real daemon on the gateway.
package final class RealStage: Stage {
  private let network: FoundingNetwork
  /// What each router asks with.
  private let senders: [PacketSender]

  /// The daemon already runs on the gateway.
  package init(_ network: FoundingNetwork) async throws {
    self.network = network
    var senders: [PacketSender] = []
    for router in network.routers { senders.append(try await router.sender(on: "up0")) }
    self.senders = senders
  }

  package func ask(
    _ questions: [Question], awaiting count: Int, within patience: Duration
  ) async throws -> [[EthernetFrame<NeighborAdvertisement>]] {
    let targets = Set(questions.map(\.frame.message.target))
    let stations = network.routers.indices.map(FoundingNetwork.routerLinkLayerAddress)
    let views = try network.routers.enumerated().map { router, node in
      View(
        try node.capture(on: "up0"), station: stations[router], routers: stations,
        targets: targets)
    }
    for question in questions {
      senders[question.router].enqueue { question.frame.encode(into: &$0) }
    }
    for sender in senders { sender.flush() }
    func lookAgain() throws -> Int {
      for view in views { try view.look() }
      return views.reduce(0) { $0 + $1.seen.count }
    }
    _ = try await poll(within: .seconds(20)) { try lookAgain() >= count ? true : nil }
    try await Task.sleep(for: patience)
    _ = try lookAgain()
    return views.map(\.seen)
  }
}

/// What one router sees of the answers about some targets.
private final class View {
  private var capture: PacketCapture
  private let station: MACAddress
  private let routers: [MACAddress]
  private let targets: Set<IPv6Address>
  private(set) var seen: [EthernetFrame<NeighborAdvertisement>] = []

  init(
    _ capture: consuming PacketCapture, station: MACAddress, routers: [MACAddress],
    targets: Set<IPv6Address>
  ) {
    self.capture = capture
    self.routers = routers
    self.station = station
    self.targets = targets
  }

  /// Takes up what has come; the segment floods frames for others past a router as well.
  func look() throws {
    while let captured = try capture.next() {
      // What routers send is shown as it passes, tags and all.
      if routers.contains(captured.source) { continue }
      guard case .advertisement(let frame) = try captured.decoded(),
        targets.contains(frame.message.target),
        frame.destination == station || frame.destination.isMulticast
      else { continue }
      seen.append(frame)
    }
  }
}

extension CapturedFrame {
  /// The station that sent it, as the frame says.
  fileprivate var source: MACAddress {
    MACAddress(bits: octets.dropFirst(6).prefix(6).reduce(0) { $0 << 8 | UInt64($1) })
  }
}
