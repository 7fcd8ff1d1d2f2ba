package import ControlProtocol
import EventLoop
import JSONText
package import LinuxNet
package import NDPWire
package import ProxyModel

/// One connection to the control socket: what of a request has come, and what is yet to be read.
package final class ControlClient: EventSource {
  /// Never used again.
  let number: UInt32
  let connection: StreamConnection
  /// Who connected, if the kernel says so.
  let user: UInt32?
  /// When it last said or read something.
  var lastHeard: Instant
  /// Whether it is waited for until it has read.
  var waitsForRoom = false
  /// What it wants to be told of, if it is a monitor.
  package var watch: Watch?

  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private var sentCount = 0
  private var isEnding = false
  /// Messages that it was not told of, nor that it was not.
  private var missed: UInt64 = 0
  private var nextConfession = Instant(nanoseconds: 0)
  private let whenReady: (ControlClient, Instant) -> Void

  /// `whenReady` is called when it has said or, while it has a backlog, can be told something.
  init(
    _ connection: StreamConnection, number: UInt32, now: Instant,
    whenReady: @escaping (ControlClient, Instant) -> Void
  ) {
    self.connection = connection
    self.number = number
    self.whenReady = whenReady
    user = connection.peerUser
    lastHeard = now
  }

  /// What becomes readable with a request.
  package var pollable: any Pollable { connection }

  /// Hands over to the server.
  package func ready(now: Instant) { whenReady(self, now) }

  /// Whether it may have changed what we do.
  package var isTrusted: Bool { user.map(Privileges.isTrusted) ?? false }

  /// Whether it has something to read yet; until then nothing more is taken from it.
  var hasBacklog: Bool { sentCount < output.count }

  /// What came of looking for a request.
  enum Input {
    /// Not a whole line yet.
    case nothing
    case request([UInt8])
    case tooLong
    /// The client has said all it will.
    case end
  }

  /// Takes what has arrived, one line at most.
  func read() throws(SystemError) -> Input {
    let room = ControlSocket.requestLimit - input.count
    guard let octets = try connection.receiveLine(limit: room) else { return .nothing }
    if octets.isEmpty { return .end }
    input += octets
    if input.last == UInt8(ascii: "\n") {
      defer { input = [] }
      return .request(input)
    }
    return input.count >= ControlSocket.requestLimit ? .tooLong : .nothing
  }

  /// Puts a reply behind what is to be sent.
  package func put(_ reply: Reply) {
    let now = WallClock.nanoseconds / 1_000_000
    var octets = JSONText.octets(of: TimedReply(reply, at: now))
    if octets.count > ControlSocket.replyLimit {
      octets = JSONText.octets(
        of: Reply.error(
          RequestFailure(.tooLarge, "the reply would be \(octets.count) bytes long")))
    }
    output += octets
    output.append(UInt8(ascii: "\n"))
  }

  /// Puts a last reply behind what is to be sent.
  package func end(with failure: RequestFailure) {
    put(.error(failure))
    isEnding = true
  }

  /// Puts what a monitor is to be told, unless it is too slow for that or there is too much of it.
  ///
  /// The message is made only where it is told. `limit` is how many a second are not too much.
  package func tell(now: Instant, limit: Int, _ message: () -> WatchedMessage) {
    guard output.count - sentCount < ControlSocket.backlogLimit,
      watch?.mayTell(now: now, limit: limit) == true
    else {
      missed += 1
      return
    }
    confess()
    put(.message(message()))
  }

  private func confess() {
    guard missed > 0 else { return }
    put(.missed(MissedReport(count: missed)))
    missed = 0
  }

  /// Sends what can be sent at once; false where the connection is to end.
  func flush(now: Instant) throws(SystemError) -> Bool {
    if !hasBacklog, now >= nextConfession {
      nextConfession = now + .seconds(1)
      confess()
    }
    while hasBacklog {
      let count = try connection.send(output[sentCount...])
      if count == 0 {
        // Who never reads all of it must not make us keep what has been sent.
        if sentCount >= ControlSocket.backlogLimit {
          output.removeFirst(sentCount)
          sentCount = 0
        }
        return true
      }
      lastHeard = now
      sentCount += count
    }
    output.removeAll(keepingCapacity: output.count < ControlSocket.requestLimit)
    sentCount = 0
    return !isEnding
  }
}

/// What a monitor wants to be told of.
package struct Watch {
  /// The prefix of the targets that are meant; `nil` for all.
  package let prefix: IPv6Prefix?
  /// The interface that is meant; `nil` for all.
  package let interface: String?
  /// Whether the frames' octets are wanted.
  package let wantsFrames: Bool
  private var second = Instant(nanoseconds: 0)
  private var told = 0

  package init(prefix: IPv6Prefix?, interface: String?, wantsFrames: Bool) {
    self.prefix = prefix
    self.interface = interface
    self.wantsFrames = wantsFrames
  }

  /// Whether a message about this target on this interface is meant; malformed ones have none.
  package func wants(_ target: IPv6Address?, on name: String) -> Bool {
    if let interface, interface != name { return false }
    guard let prefix else { return true }
    return target.map { prefix.contains($0) } ?? false
  }

  /// Counts one message more; false where it is one too many for this second.
  mutating func mayTell(now: Instant, limit: Int) -> Bool {
    if now >= second {
      second = now + .seconds(1)
      told = 0
    }
    told += 1
    return told <= limit
  }
}
