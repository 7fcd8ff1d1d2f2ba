import Inspection
import NDPWire
import NetworkLab
import ProxyConfig
import ProxyEngine
import ProxyModel
import Scenarios
import TestSupport
import Testing

/// The founding network without a kernel: the engine, a virtual clock, members that answer at once.
final class SimulatedStage: Stage {
  private static let eth0 = InterfaceIndex(2)
  private static let zt0 = InterfaceIndex(3)

  private var engine: Engine
  private var now = Instant(nanoseconds: 1_000_000_000)

  init(configuration text: String) throws {
    let result = ConfigurationParser.parse(Array(text.utf8), fileName: "scenario.conf")
    engine = Engine(ruleset: try #require(result.configuration).ruleset)
    var actions: [Action] = []
    engine.handle(.interfacesRead(Self.interfaces), now: now, into: &actions)
  }

  private static let interfaces = [
    Interface(
      index: eth0, name: "eth0", linkLayerAddress: FoundingNetwork.gatewayLinkLayerAddress,
      isUp: true, hasNeighborDiscovery: true,
      addresses: [
        .init(FoundingNetwork.gatewayAddress, prefixLength: 64, state: .preferred),
        .init(gatewayLinkLocalAddress, prefixLength: 64, state: .preferred),
      ]),
    Interface(
      index: zt0, name: "zt0",
      linkLayerAddress: FoundingNetwork.insideGatewayLinkLayerAddress, isUp: true,
      hasNeighborDiscovery: true,
      addresses: [
        .init(FoundingNetwork.insideGatewayAddress, prefixLength: 80, state: .preferred),
        .init(
          linkLocalAddress(FoundingNetwork.insideGatewayLinkLayerAddress), prefixLength: 64,
          state: .preferred),
      ]),
  ]

  func ask(
    _ questions: [Question], awaiting count: Int, within patience: Duration
  ) async throws -> [[EthernetFrame<NeighborAdvertisement>]] {
    var seen: [[EthernetFrame<NeighborAdvertisement>]] = [[], []]
    for question in questions { play(.solicitation(question.frame, on: Self.eth0), &seen) }
    let end = now + patience
    while let deadline = engine.nextDeadline, deadline <= end {
      now = max(now, deadline)
      var actions: [Action] = []
      engine.handleTimeout(now: now, into: &actions)
      perform(actions, &seen)
    }
    now = end
    return seen
  }

  private func play(_ event: Event, _ seen: inout [[EthernetFrame<NeighborAdvertisement>]]) {
    var actions: [Action] = []
    engine.handle(event, now: now, into: &actions)
    perform(actions, &seen)
  }

  private func perform(
    _ actions: [Action], _ seen: inout [[EthernetFrame<NeighborAdvertisement>]]
  ) {
    for action in actions {
      switch action {
      case .advertise(let frame, let index):
        #expect(index == Self.eth0)
        for router in seen.indices where delivers(frame.destination, to: router) {
          seen[router].append(frame)
        }
      case .solicit(let frame, let index):
        #expect(index == Self.zt0)
        if let answer = memberAnswer(to: frame) { play(.advertisement(answer, on: index), &seen) }
      case .lookUpRoute(let target, let index):
        let isInside = FoundingNetwork.insidePrefix.contains(target)
        let route: Route = isInside ? .onLink(Self.zt0) : .gateway(Self.eth0)
        play(.route(route, to: target, from: index), &seen)
      case .locate(let target, let index):
        play(.located(.elsewhere, of: target, from: index), &seen)
      case .lookUpNeighbor(let target, let index):
        play(.neighbor(nil, of: target, on: index), &seen)
      case .reportMissingSource, .reportConflict, .installHostRoute, .removeHostRoute,
        .offerNeighbor, .publish, .withdraw:
        Issue.record("\(action)")
      }
    }
  }

  private func delivers(_ destination: MACAddress, to router: Int) -> Bool {
    destination.isMulticast || destination == FoundingNetwork.routerLinkLayerAddress(router)
  }

  /// What a member says: as Linux was heard to do.
  private func memberAnswer(
    to question: EthernetFrame<NeighborSolicitation>
  ) -> EthernetFrame<NeighborAdvertisement>? {
    let target = question.message.target
    guard let member = (0..<2).first(where: { FoundingNetwork.memberAddress($0) == target }) else {
      return nil
    }
    let station = FoundingNetwork.memberLinkLayerAddress(member)
    let speaker = Dialect.Speaker(
      linkLayerAddress: station, linkLocal: linkLocalAddress(station), address: target)
    return Dialect.linuxHost.advertisement(answering: question, by: speaker)
  }
}
