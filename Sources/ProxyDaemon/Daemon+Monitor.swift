import ControlProtocol
import Inspection
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

// What becomes of each message, for who looks. Where nobody watches, no message is made.

extension Daemon {
  /// Logs what a frame is and what became of it, and tells monitors.
  func look(
    at event: Event, _ outcome: Outcome, _ frame: RawSpan, on index: InterfaceIndex, now: Instant
  ) {
    let name = name(of: index)
    switch event {
    case .solicitation(let received, _):
      log(received.message.sentence, outcome, on: name)
      guard isWatched else { return }
      questions.begin(received.message, on: index, now: now)
      tell(now: now, about: received.message.target, on: name, frame: told(frame)) {
        WatchedMessage(received, outcome)
      }
    case .advertisement(let received, _):
      log(received.message.sentence, outcome, on: name)
      guard isWatched else { return }
      tell(now: now, about: received.message.target, on: name, frame: told(frame)) {
        WatchedMessage(received, outcome)
      }
    case .malformed(let reason, _):
      log.debug("\(name): dropped a malformed frame: \(reason)")
      guard isWatched else { return }
      tell(now: now, about: nil, on: name, frame: told(frame)) { WatchedMessage(reason) }
    case .interfacesRead, .interfaceChanged, .interfaceRemoved, .route, .located, .neighbor,
      .routesChanged:
      return
    }
  }

  private func log(_ sentence: @autoclosure () -> String, _ outcome: Outcome, on name: String) {
    guard log.isDebugging else { return }
    log.debug("\(name): \(sentence())")
    if case .ignored(let reason) = outcome {
      log.debug("\(name): ignored: \(reason.sentence)")
    }
  }

  /// A frame as some monitor wants to see it.
  private struct ToldFrame {
    let text: String
    let length: Int
  }

  private func told(_ frame: RawSpan) -> ToldFrame {
    ToldFrame(text: frame.hexadecimal(limit: WatchedMessage.frameLimit), length: frame.byteCount)
  }

  private func tell(
    now: Instant, about target: IPv6Address?, on name: String,
    frame: @autoclosure () -> ToldFrame, _ message: () -> WatchedMessage
  ) {
    guard let control else { return }
    let watches = control.clients.count { $0.watch != nil }
    for client in control.clients {
      guard let watch = client.watch, watch.wants(target, on: name) else { continue }
      client.tell(now: now, limit: ControlSocket.watchedPerSecond / watches) {
        var message = message()
        message.nanoseconds = now.nanoseconds
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

// MARK: - What we send

extension Daemon {
  /// Keeps what is about to be sent until it has been, where somebody watches.
  func watch(_ action: Action) {
    if isWatched { sending.append(action) }
  }

  /// Tells monitors what was just sent, and sends them what they can take.
  func tellMonitors() {
    guard isWatched, let control else { return }
    let now = now
    for action in sending {
      switch action {
      case .advertise(let frame, let index):
        let since = questions.end(frame.message, on: index)
        tellSent(frame.message.target, on: index, encode: { frame.encode(into: &$0) }) {
          var message = WatchedMessage(frame, .answered)
          message.reason = "we answer"
          message.latencyNanoseconds = since.map { now.nanoseconds - $0.nanoseconds }
          return message
        }
      case .solicit(let frame, let index):
        tellSent(frame.message.target, on: index, encode: { frame.encode(into: &$0) }) {
          var message = WatchedMessage(frame, .asked)
          message.reason = "we ask"
          return message
        }
      case .installHostRoute, .removeHostRoute, .reportMissingSource, .reportConflict,
        .lookUpRoute, .lookUpNeighbor, .locate, .offerNeighbor:
        continue
      }
    }
    sending.removeAll(keepingCapacity: true)
    let monitors = control.clients.filter { $0.watch != nil }
    for client in monitors { control.flush(client, now: now) }
    isWatched = control.clients.contains { $0.watch != nil }
  }

  private func tellSent(
    _ target: IPv6Address, on index: InterfaceIndex, encode: (inout MutableRawSpan) -> Int,
    _ message: () -> WatchedMessage
  ) {
    func frame() -> ToldFrame {
      let encoded = EncodedFrame(encode)
      return ToldFrame(text: encoded.hexadecimal, length: encoded.octets.count)
    }
    tell(now: now, about: target, on: name(of: index), frame: frame()) {
      var message = message()
      message.isSent = true
      return message
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
