import ControlConnections
import ControlProtocol
import EventLoop
import Inspection
import InterfaceSockets
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

/// Tells monitors of each message and what became of it.
///
/// Where nobody watches, it sees none.
final class MonitorFeed: FrameObserver {
  /// Who may be a monitor.
  var server: ControlServer?
  private let host: Host
  private let path: PacketPath
  private var questions = OpenQuestions()
  /// What monitors have not been told yet.
  private var sending: [Action] = []

  init(path: PacketPath, host: Host) {
    self.path = path
    self.host = host
  }

  /// Has a client watch from now on.
  func add(_ client: ControlClient, _ watch: Watch) {
    client.watch = watch
    path.add(self)
  }

  private var monitors: [ControlClient] { server?.clients.filter { $0.watch != nil } ?? [] }

  func received(
    _ frame: RawSpan, as event: Event, _ outcome: Outcome, on index: InterfaceIndex, now: Instant
  ) {
    let target: IPv6Address?
    let message: () -> WatchedMessage
    switch event {
    case .solicitation(let received, _):
      questions.begin(received.message, on: index, now: now)
      target = received.message.target
      message = { WatchedMessage(received, outcome) }
    case .advertisement(let received, _):
      target = received.message.target
      message = { WatchedMessage(received, outcome) }
    case .malformed(let reason, _):
      target = nil
      message = { WatchedMessage(reason) }
    case .interfacesRead, .interfaceChanged, .interfaceRemoved, .route, .located, .neighbor,
      .usage, .condition, .routesChanged:
      return
    }
    tell(now: now, about: target, on: index, message) {
      (frame.hexadecimal(limit: WatchedMessage.frameLimit), frame.byteCount)
    }
  }

  func willSend(_ action: Action) { sending.append(action) }

  /// Tells what was just sent, and sends monitors what they can take.
  func didSend(now: Instant) {
    for action in sending { tell(action, now: now) }
    sending.removeAll(keepingCapacity: true)
    for client in monitors { server?.flush(client, now: now) }
    if monitors.isEmpty { path.remove(self) }
  }

  private func tell(_ action: Action, now: Instant) {
    switch action {
    case .advertise(let frame, let index):
      let since = questions.end(frame.message, on: index)
      tell(now: now, about: frame.message.target, on: index) {
        var message = WatchedMessage(frame, .answered)
        message.reason = "answer sent"
        message.latencyNanoseconds = since.map { now.nanoseconds - $0.nanoseconds }
        message.isSent = true
        return message
      } frame: {
        Self.sent { frame.encode(into: &$0) }
      }
    case .solicit(let frame, let index):
      tell(now: now, about: frame.message.target, on: index) {
        var message = WatchedMessage(frame, .asked)
        message.reason = "solicitation sent"
        message.isSent = true
        return message
      } frame: {
        Self.sent { frame.encode(into: &$0) }
      }
    case .installHostRoute, .removeHostRoute, .reportMissingSource, .reportConflict,
      .lookUpRoute, .lookUpNeighbor, .locate, .offerNeighbor,
      .publish, .withdraw:
      return
    }
  }

  private static func sent(_ encode: (inout MutableRawSpan) -> Int) -> (String, Int) {
    let encoded = EncodedFrame(encode)
    return (encoded.hexadecimal, encoded.octets.count)
  }

  /// `frame` is its octets as a monitor wants to see them, and how many there are.
  private func tell(
    now: Instant, about target: IPv6Address?, on index: InterfaceIndex,
    _ message: () -> WatchedMessage, frame: () -> (text: String, length: Int)
  ) {
    let name = host.name(of: index)
    let monitors = monitors
    for client in monitors {
      guard let watch = client.watch, watch.wants(target, on: name) else { continue }
      client.tell(now: now, limit: ControlSocket.watchedPerSecond / monitors.count) {
        var message = message()
        message.nanoseconds = now.nanoseconds
        message.timeMicroseconds = Moment.microseconds(at: now)
        message.interface = name
        if watch.wantsFrames {
          let frame = frame()
          message.frame = frame.text
          message.frameLength = frame.length
        }
        return message
      }
    }
  }
}

/// When the questions came whose answers are yet to be sent; kept only while somebody watches.
struct OpenQuestions {
  private var begun: [Key: Instant] = [:]

  /// How many; then all are forgotten, and their answers have no latency.
  private static let limit = 4096

  private struct Key: Hashable {
    let interface: InterfaceIndex
    let target: IPv6Address
    let asker: IPv6Address
  }

  mutating func begin(_ message: NeighborSolicitation, on index: InterfaceIndex, now: Instant) {
    if begun.count == Self.limit { begun = [:] }
    let key = Key(interface: index, target: message.target, asker: message.source)
    if begun[key] == nil { begun[key] = now }
  }

  /// When the question was asked to which this is the answer.
  mutating func end(_ message: NeighborAdvertisement, on index: InterfaceIndex) -> Instant? {
    let asker = message.destination.isMulticast ? IPv6Address.unspecified : message.destination
    return begun.removeValue(
      forKey: Key(interface: index, target: message.target, asker: asker))
  }
}
