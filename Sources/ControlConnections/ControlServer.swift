import ControlProtocol
package import DaemonLog
package import EventLoop
package import LinuxNet
package import ProxyModel

/// The control socket and who is connected to it.
///
/// One request is done at a turn, so that frames are taken up in between; nothing waits for any of
/// them.
package final class ControlServer: Timed {
  /// Who is connected.
  package private(set) var clients: [ControlClient] = []
  private let loop: EventLoop
  private let log: Log
  /// Where newcomers come, and what listens for them.
  private var socket: ListeningSocket?
  private var source: DescriptorSource?
  /// Answers one request.
  private let answer: ([UInt8], ControlClient) -> Void
  private var lastNumber: UInt32 = 0
  /// Those that have something to say, and whose turn it was last.
  private var speakers: [UInt32] = []
  private var lastSpeaker: UInt32 = 0
  private var admission = Admission()
  private var rest: ClientRest
  /// Who was heard of while nobody is served.
  private var parked: [UInt32] = []

  /// Lets clients in from now on; `messageCount` tells how many messages have come so far.
  package init(
    _ socket: ListeningSocket, loop: EventLoop, log: Log, messageCount: @escaping () -> UInt64,
    answer: @escaping ([UInt8], ControlClient) -> Void
  ) throws(SystemError) {
    self.socket = socket
    self.loop = loop
    self.log = log
    self.answer = answer
    rest = ClientRest(messageCount: messageCount)
    let source = DescriptorSource(socket) { [owner = Unowned(self)] in owner.object.admit(now: $0) }
    try loop.watch(source)
    self.source = source
    loop.add(self)
    loop.atTurnEnd { [owner = Unowned(self)] in owner.object.serveSpeaker() }
  }

  /// When newcomers are let in again, or those are heard again who wait for the end of a rest.
  package var nextDeadline: Instant? {
    let restEnd = parked.isEmpty ? nil : rest.end
    guard let resumption = admission.resumption else { return restEnd }
    return restEnd.map { min($0, resumption) } ?? resumption
  }

  /// Lets newcomers in again, or hears of those who waited.
  package func handleTimeout(now: Instant) {
    if let resumption = admission.resumption, resumption <= now { resume(now: now) }
    endRest(now: now)
  }

  /// Ends all connections, and leaves no socket behind where they were made.
  package func close() {
    if let source { loop.forget(source) }
    (source, socket) = (nil, nil)
    for client in clients { remove(client) }
  }

  /// Ends a connection.
  func remove(_ client: ControlClient) {
    loop.forget(client)
    clients.removeAll { $0 === client }
  }
}

// MARK: - Who comes in

extension ControlServer {
  private func admit(now: Instant) {
    guard admission.count(now: now) else {
      return pause(until: now + ControlSocket.admissionWindow)
    }
    do {
      if let connection = try socket?.accept() { try admit(connection, now: now) }
    } catch {
      log.warnSparingly("control socket: \(error)")
      // No more files may be open, say.
      guard let other = leastWorthy else { return pause(until: now + .seconds(1)) }
      remove(other)
    }
  }

  /// Lets one in who waits; where there are too many, another one has to go for it.
  ///
  /// Who may only look does not take the place of who may change something.
  private func admit(_ connection: StreamConnection, now: Instant) throws(SystemError) {
    lastNumber &+= 1
    let client = ControlClient(connection, number: lastNumber, now: now) {
      [owner = Unowned(self)] in
      owner.object.serve($0, now: $1)
    }
    if clients.count == ControlSocket.clientLimit {
      guard let other = leastWorthy, client.isTrusted || !other.isTrusted else {
        return dismiss(client, "all of them are root's", now: now)
      }
      dismiss(other, "yours was idle the longest", now: now)
      remove(other)
    }
    try loop.watch(client)
    clients.append(client)
  }

  private func dismiss(_ client: ControlClient, _ reason: String, now: Instant) {
    client.end(
      with: RequestFailure(
        .displaced, "\(ControlSocket.clientLimit) others are connected, and \(reason)"))
    _ = try? client.flush(now: now)
  }

  /// Whoever has been silent the longest of those whose user has most connections, and none that
  /// may change something as long as there are others.
  private var leastWorthy: ControlClient? {
    clients.min { one, other in
      func worth(_ client: ControlClient) -> (Int, Int, Instant) {
        let crowd = clients.count { $0.user == client.user }
        return (client.isTrusted ? 1 : 0, -crowd, client.lastHeard)
      }
      return worth(one) < worth(other)
    }
  }

  /// Lets those wait who cannot be let in now, and would wake us again and again.
  private func pause(until resumption: Instant) {
    if let source { loop.forget(source) }
    admission.resumption = resumption
  }

  private func resume(now: Instant) {
    admission.resumption = nil
    do {
      if let source { try loop.watch(source) }
    } catch {
      log.warnSparingly("control socket: \(error)")
      admission.resumption = now + .seconds(1)
    }
  }
}

/// How many newcomers are let in at a time.
///
/// Whoever is thrown out may connect again at once, and each time costs as much as some answers.
private struct Admission {
  private var windowStart = Instant(nanoseconds: 0)
  private var admittedCount = 0
  /// When newcomers are let in again, where they have to wait.
  var resumption: Instant?

  /// Counts one more; false where it is one too many within this window.
  mutating func count(now: Instant) -> Bool {
    if now >= windowStart + ControlSocket.admissionWindow {
      (windowStart, admittedCount) = (now, 0)
    }
    admittedCount += 1
    return admittedCount <= ControlSocket.admissionLimit
  }
}

// MARK: - Whose turn it is

extension ControlServer {
  /// Sends a client what it has to read, or lets it wait for its turn to speak.
  private func serve(_ client: ControlClient, now start: Instant) {
    if start < rest.end {
      // To hear of it before the rest is over would wake us again and again.
      loop.forget(client)
      parked.append(client.number)
    } else if client.hasBacklog {
      flush(client, now: start)
      rest.take(after: start, now: loop.now)
    } else {
      speakers.append(client.number)
    }
  }

  /// Takes one request of one client, and has all of them wait in proportion to what it took.
  private func serveSpeaker() {
    guard !speakers.isEmpty else { return }
    lastSpeaker = speakers.filter { $0 > lastSpeaker }.min() ?? speakers.min() ?? 0
    // The others are heard of again.
    speakers.removeAll(keepingCapacity: true)
    guard let client = client(lastSpeaker), !client.hasBacklog else { return }
    let start = loop.now
    hear(client)
    rest.take(after: start, now: loop.now)
  }

  /// The client with this number, unless it is gone.
  private func client(_ number: UInt32) -> ControlClient? { clients.first { $0.number == number } }

  private func hear(_ client: ControlClient) {
    do {
      switch try client.read() {
      case .nothing: return
      case .end: return remove(client)
      case .tooLong:
        client.end(
          with: RequestFailure(
            .oversized, "a request has at most \(ControlSocket.requestLimit) bytes"))
      case .request(let octets):
        client.lastHeard = loop.now
        answer(octets, client)
      }
    } catch {
      return remove(client)
    }
    flush(client, now: loop.now)
  }

  /// Sends a client what it can take, and listens for what it says only once it has read that.
  package func flush(_ client: ControlClient, now: Instant) {
    do {
      guard try client.flush(now: now) else { return remove(client) }
      guard client.hasBacklog != client.waitsForRoom else { return }
      client.waitsForRoom = client.hasBacklog
      try loop.watch(client, forRoom: client.hasBacklog)
    } catch {
      // It has gone away.
      remove(client)
    }
  }

  /// Hears of those again who wait, if the rest is over.
  private func endRest(now: Instant) {
    guard !parked.isEmpty, now >= rest.end else { return }
    for client in parked.compactMap(client) {
      do {
        try loop.watch(client)
        if client.waitsForRoom { try loop.watch(client, forRoom: true) }
      } catch {
        remove(client)
      }
    }
    parked = []
  }
}

/// Until when no client is served, so that they have no more than a tenth of the time while there
/// are messages to be answered; these come first.
private struct ClientRest {
  private(set) var end = Instant(nanoseconds: 0)
  /// How many messages had come when that was last looked at, and until when more are expected.
  private var seenMessages: UInt64 = 0
  private var busyEnd = Instant(nanoseconds: 0)
  private let messageCount: () -> UInt64

  init(messageCount: @escaping () -> UInt64) { self.messageCount = messageCount }

  /// Begins one in proportion (`ControlSocket.restFactor`) to what was just done since `start`.
  mutating func take(after start: Instant, now: Instant) {
    let count = messageCount()
    if count != seenMessages {
      seenMessages = count
      busyEnd = now + ControlSocket.busyTime
    }
    guard now < busyEnd else { return }
    let spent = Duration.nanoseconds(Int64(clamping: now.nanoseconds - start.nanoseconds))
    end = now + min(spent * ControlSocket.restFactor, ControlSocket.longestRest)
  }
}
