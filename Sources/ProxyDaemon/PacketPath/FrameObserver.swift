import DaemonLog
import Inspection
import InterfaceSockets
import NDPWire
import ProxyEngine
import ProxyModel

/// Whoever sees the frames that come and go, with what became of them.
///
/// Where nobody does, plain questions take the shortest way.
protocol FrameObserver: AnyObject {
  /// A frame came; it is this event, and this became of it.
  func received(
    _ frame: RawSpan, as event: Event, _ outcome: Outcome, on index: InterfaceIndex, now: Instant)

  /// A frame, `Action.advertise` or `solicit`, is about to be sent.
  func willSend(_ action: Action)

  /// All that was about to be sent has been.
  func didSend(now: Instant)
}

/// Logs every message.
final class MessageLog: FrameObserver {
  private let host: Host
  private let ports: Ports
  private var log: Log { ports.log }

  init(host: Host, ports: Ports) {
    self.host = host
    self.ports = ports
  }

  func received(
    _ frame: RawSpan, as event: Event, _ outcome: Outcome, on index: InterfaceIndex, now: Instant
  ) {
    let name = host.name(of: index)
    switch event {
    case .solicitation(let received, _): log(received.message.sentence, outcome, on: name)
    case .advertisement(let received, _): log(received.message.sentence, outcome, on: name)
    case .malformed(let reason, _): log.debug("\(name): dropped a malformed frame: \(reason.name)")
    case .interfacesRead, .interfaceChanged, .interfaceRemoved, .route, .located, .neighbor,
      .usage, .condition, .routesChanged:
      return
    }
  }

  private func log(_ sentence: String, _ outcome: Outcome, on name: String) {
    log.debug("\(name): \(sentence)")
    if case .ignored(let reason) = outcome { log.debug("\(name): ignored: \(reason.sentence)") }
  }

  func willSend(_ action: Action) {
    switch action {
    case .advertise(let frame, let index):
      let name = ports[index]?.name ?? host.name(of: index)
      log.debug("\(name): answering: \(frame.message.sentence)")
    case .solicit(let frame, let index):
      log.debug("\(host.name(of: index)): soliciting: \(frame.message.sentence)")
    case .installHostRoute, .removeHostRoute, .reportMissingSource, .reportConflict,
      .lookUpRoute, .lookUpNeighbor, .locate, .offerNeighbor,
      .publish, .withdraw:
      return
    }
  }

  func didSend(now: Instant) {}
}
