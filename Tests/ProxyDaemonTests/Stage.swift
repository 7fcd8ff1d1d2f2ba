import ConfigurationInForce
import DaemonLog
import DaemonSupport
import Inspection
import InterfaceSockets
import KernelAnswering
import LinuxNet
import NDPWire
import ProxyConfig
import ProxyEngine
import ProxyModel

@testable import ProxyDaemon

/// A packet path on made-up sockets: questions come on `eth0` (2), targets are behind `zt0` (3).
final class Stage {
  let test = TestLoop()
  let log = Log(level: .notice, usesSystemLog: false)
  let host = Host()
  let opener = FakeOpener()
  let ruleSockets = FakeRuleSockets()
  let performer: any ActionPerformer
  let ports: Ports
  let path: PacketPath
  let attachments: Attachments
  let current: CurrentConfiguration

  init(_ method: Ruleset.Method, performer: any ActionPerformer = FakePerformer()) throws {
    self.performer = performer
    var configuration = Configuration()
    configuration.ruleset = Ruleset([("eth0", method)])
    current = CurrentConfiguration(configuration, from: "/nowhere", claims: nil, log: log)
    ports = Ports(loop: test.loop, log: log, opener: opener.open)
    path = PacketPath(
      Engine(ruleset: configuration.ruleset), ports: ports,
      ruleLinks: RuleLinks(ruleSockets, ruleSockets, log: log), host: host, performer: performer,
      kernel: KernelAnswers(loop: test.loop, log: log) { "interface \($0.rawValue)" })
    let news = FakeNews()
    for (index, name) in [(Int32(2), "eth0"), (3, "zt0")] {
      _ = news.table.apply(.link(Link(index, name)))
      for address in ["fe80::\(index)", "2001:db8:\(index)::1"] {
        _ = news.table.apply(
          .address(
            LinkAddress(
              index: index, address: IPv6Address(address)!, prefixLength: 64, isTentative: false,
              isDeprecated: false)))
      }
    }
    attachments = Attachments(
      InterfacePlan(configuration.ruleset), host: host, ports: ports, news: news, listener: path)
    try path.start()
    try attachments.start()
  }

  var sockets: FakeSockets { opener.opened[0] }

  /// Has frames come on `eth0`, and goes around once.
  func receive(_ frames: [UInt8]...) throws {
    sockets.incoming = frames
    try test.turn(sockets)
  }

  /// Has one come on `zt0`.
  func receiveInside(_ frame: [UInt8]) throws {
    ruleSockets.incoming = [(frame, 3)]
    try test.turn(ruleSockets)
  }

  static let target = IPv6Address("2001:db8:1::10")!
  static let asker = IPv6Address("fe80::99")!

  /// The asker's question.
  static func question(for target: IPv6Address = target) -> [UInt8] {
    let frame = EthernetFrame(
      source: .station(99), destination: MACAddress("33:33:ff:00:00:10")!,
      message: NeighborSolicitation(
        source: asker, destination: target.solicitedNodeMulticast, target: target,
        sourceLinkLayerAddress: .station(99)))
    return encoded { frame.encode(into: &$0) }
  }

  /// What the target says to the one who asked inside.
  static func confirmation(to asker: IPv6Address) -> [UInt8] {
    let frame = EthernetFrame(
      source: .station(16), destination: .station(3),
      message: NeighborAdvertisement(
        source: target, destination: asker, target: target, isRouter: false, isSolicited: true,
        isOverride: true, targetLinkLayerAddress: .station(16)))
    return encoded { frame.encode(into: &$0) }
  }

  static func solicitation(_ octets: [UInt8]?) -> NeighborSolicitation? {
    guard let octets, case .solicitation(let frame)? = try? decoded(octets) else { return nil }
    return frame.message
  }

  static func advertisement(_ octets: [UInt8]?) -> NeighborAdvertisement? {
    guard let octets, case .advertisement(let frame)? = try? decoded(octets) else { return nil }
    return frame.message
  }

  private static func decoded(_ octets: [UInt8]) throws(DropReason) -> NeighborDiscoveryFrame {
    try NeighborDiscoveryFrame(decoding: octets.span.bytes)
  }
}

/// Takes down what the engine wants of the kernel.
final class FakePerformer: ActionPerformer {
  private(set) var actions: [Action] = []
  var route: Route?
  var location = Location.elsewhere

  func answer(to question: Action) -> Event? {
    let answer: Event? =
      switch question {
      case .lookUpRoute(let target, let index): .route(route, to: target, from: index)
      case .locate(let target, let index): .located(location, of: target, from: index)
      case .lookUpNeighbor(let target, let index): .neighbor(nil, of: target, on: index)
      default: nil
      }
    if answer != nil { actions.append(question) }
    return answer
  }

  func perform(_ action: Action) { actions.append(action) }
}

/// Takes down what it sees.
final class FakeObserver: FrameObserver {
  private(set) var received: [(octets: Int, outcome: Outcome)] = []
  private(set) var sentCount = 0
  private(set) var flushes = 0

  func received(
    _ frame: RawSpan, as event: Event, _ outcome: Outcome, on index: InterfaceIndex, now: Instant
  ) { received.append((frame.byteCount, outcome)) }

  func willSend(_ action: Action) { sentCount += 1 }
  func didSend(now: Instant) { flushes += 1 }
}
