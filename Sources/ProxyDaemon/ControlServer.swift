import ControlProtocol
import LinuxNet
import ProxyEngine

/// The control socket and who is connected to it.
final class ControlServer {
  let socket: ListeningSocket
  private(set) var clients: [ControlClient] = []
  private var lastNumber: UInt32 = 0
  private let poll: EventPoll

  init(_ socket: ListeningSocket, poll: EventPoll) throws(SystemError) {
    self.socket = socket
    self.poll = poll
    try poll.watch(socket, token: Token.control)
  }

  /// Lets one in who waits; whoever has been silent the longest goes where there are too many.
  func admit(now: Instant) throws(SystemError) {
    guard let connection = try socket.accept() else { return }
    if clients.count == ControlSocket.clientLimit {
      guard let silent = clients.min(by: { $0.lastHeard < $1.lastHeard }) else { return }
      silent.end(
        with: RequestFailure(
          .displaced, "\(ControlSocket.clientLimit) others came, and you were silent the longest"))
      _ = try? silent.flush(now: now)
      remove(silent)
    }
    lastNumber &+= 1
    let client = ControlClient(connection, number: lastNumber, now: now)
    try poll.watch(connection, token: Token.client(client.number))
    clients.append(client)
  }

  /// The client with this number, unless it is gone.
  func client(_ number: UInt32) -> ControlClient? { clients.first { $0.number == number } }

  /// Sends a client what it can take, and listens for what it says only once it has read that.
  func flush(_ client: ControlClient, now: Instant) {
    do {
      guard try client.flush(now: now) else { return remove(client) }
      guard client.hasBacklog != client.waitsForRoom else { return }
      try poll.watch(
        client.connection, token: Token.client(client.number), forRoom: client.hasBacklog)
      client.waitsForRoom = client.hasBacklog
    } catch {
      // It has gone away.
      remove(client)
    }
  }

  /// Makes room where no more files may be open; says whether that was possible.
  func makeRoom() -> Bool {
    guard let silent = clients.min(by: { $0.lastHeard < $1.lastHeard }) else { return false }
    remove(silent)
    return true
  }

  /// Ends a connection.
  func remove(_ client: ControlClient) {
    clients.removeAll { $0 === client }
  }
}
