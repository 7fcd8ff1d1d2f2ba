import ControlProtocol
import LinuxNet
import ProxyEngine
import ProxyModel

/// The control socket and who is connected to it.
final class ControlServer {
  let socket: ListeningSocket
  private(set) var clients: [ControlClient] = []
  private var lastNumber: UInt32 = 0
  /// Those that have something to say, and whose turn it was last.
  private var speakers: [UInt32] = []
  private var lastSpeaker: UInt32 = 0
  /// Since when newcomers are counted, and how many there were.
  private var windowStart = Instant(nanoseconds: 0)
  private var admittedCount = 0
  private let poll: EventPoll
  /// Until when nobody is served, and who was heard of meanwhile.
  private var quiet = Instant(nanoseconds: 0)
  /// How many messages had come when that was last looked at, and until when more are expected.
  private var seenMessages: UInt64 = 0
  private var busyEnd = Instant(nanoseconds: 0)
  private var parked: [UInt32] = []

  init(_ socket: ListeningSocket, poll: EventPoll) throws(SystemError) {
    self.socket = socket
    self.poll = poll
    try poll.watch(socket, token: Token.control)
  }

  /// Whether another one may come in within this window.
  ///
  /// Whoever is thrown out may connect again at once, and each time costs as much as some answers.
  func mayAdmit(now: Instant) -> Bool {
    if now >= windowStart + ControlSocket.admissionWindow {
      (windowStart, admittedCount) = (now, 0)
    }
    admittedCount += 1
    return admittedCount <= ControlSocket.admissionLimit
  }

  /// Lets one in who waits; where there are too many, another one has to go for it.
  ///
  /// Who may only look does not take the place of who may change something.
  func admit(now: Instant) throws(SystemError) {
    guard let connection = try socket.accept() else { return }
    lastNumber &+= 1
    let client = ControlClient(connection, number: lastNumber, now: now)
    if clients.count == ControlSocket.clientLimit {
      guard let other = leastWorthy, client.isTrusted || !other.isTrusted else {
        return dismiss(client, "all of them may change something", now: now)
      }
      dismiss(other, "you were silent the longest", now: now)
      remove(other)
    }
    try poll.watch(connection, token: Token.client(client.number))
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

  /// The client with this number, unless it is gone.
  func client(_ number: UInt32) -> ControlClient? { clients.first { $0.number == number } }

  /// Takes down that a client has something to say.
  func note(speaker number: UInt32) { speakers.append(number) }

  /// Whose turn it is of those that had something to say; the others are heard of again.
  func takeSpeaker() -> ControlClient? {
    guard !speakers.isEmpty else { return nil }
    lastSpeaker = speakers.filter { $0 > lastSpeaker }.min() ?? speakers.min() ?? 0
    speakers.removeAll(keepingCapacity: true)
    return client(lastSpeaker)
  }

  /// Sends a client what it can take, and listens for what it says only once it has read that.
  func flush(_ client: ControlClient, now: Instant) {
    do {
      guard try client.flush(now: now) else { return remove(client) }
      guard client.hasBacklog != client.waitsForRoom else { return }
      client.waitsForRoom = client.hasBacklog
      guard !parked.contains(client.number) else { return }
      try poll.watch(
        client.connection, token: Token.client(client.number), forRoom: client.hasBacklog)
    } catch {
      // It has gone away.
      remove(client)
    }
  }

  /// Lets nobody be served for a time in proportion to what was just done for one of them, while
  /// there are messages to be answered.
  ///
  /// These come first: clients have the tenth of the time that `ControlSocket.restFactor` leaves.
  /// `messageCount` is how many have come so far.
  func rest(after start: Instant, now: Instant, messageCount: UInt64) {
    if messageCount != seenMessages {
      seenMessages = messageCount
      busyEnd = now + ControlSocket.busyTime
    }
    guard now < busyEnd else { return }
    let spent = Duration.nanoseconds(Int64(clamping: now.nanoseconds - start.nanoseconds))
    quiet = now + min(spent * ControlSocket.restFactor, ControlSocket.longestRest)
  }

  func isResting(now: Instant) -> Bool { now < quiet }

  /// Hears nothing of a client until the rest is over: it would wake us again and again.
  func park(_ client: ControlClient) {
    poll.forget(client.connection)
    parked.append(client.number)
  }

  /// When somebody waits for the end of the rest, that.
  var restEnd: Instant? { parked.isEmpty ? nil : quiet }

  /// Hears of those again who wait, if the rest is over.
  func endRest(now: Instant) {
    guard !parked.isEmpty, !isResting(now: now) else { return }
    for client in parked.compactMap(client) {
      let token = Token.client(client.number)
      do {
        try poll.watch(client.connection, token: token)
        if client.waitsForRoom { try poll.watch(client.connection, token: token, forRoom: true) }
      } catch {
        remove(client)
      }
    }
    parked = []
  }

  /// Makes room where no more files may be open; says whether that was possible.
  func makeRoom() -> Bool {
    guard let other = leastWorthy else { return false }
    remove(other)
    return true
  }

  /// Lets those wait who cannot be let in now, and would wake us again and again.
  func pause() { poll.forget(socket) }

  /// Looks at who waits again.
  func resume() throws(SystemError) { try poll.watch(socket, token: Token.control) }

  /// Ends a connection.
  func remove(_ client: ControlClient) {
    clients.removeAll { $0 === client }
  }
}
