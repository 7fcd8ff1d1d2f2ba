import ControlProtocol
import LinuxNet

/// Why the daemon cannot be asked, with what to do about it.
struct ClientFailure: Error, CustomStringConvertible {
  let description: String
  let status: Status

  enum Status: Int32 {
    /// It was asked and refused, or what it said is not to be understood.
    case failure = 1
    /// EX_UNAVAILABLE: nobody listens.
    case unavailable = 69
    /// EX_NOPERM: others may ask, we may not.
    case noPermission = 77
  }

  init(_ status: Status, _ description: String) {
    self.status = status
    self.description = description
  }
}

/// A conversation with the daemon.
final class Client {
  private let connection: StreamConnection
  private var received: [UInt8] = []

  /// How long the daemon may take for a reply, in milliseconds; reloads read files.
  private static let patience: Int32 = 30_000

  /// Connects; throws `ClientFailure`.
  init(path: String) throws(ClientFailure) {
    do {
      connection = try StreamConnection(connectingTo: path)
    } catch {
      if error.isMissingPrivilege {
        throw ClientFailure(
          .noPermission,
          "\(error); be root or a member of the group \(ControlSocket.group)")
      }
      throw ClientFailure(
        .unavailable, "ndpproxy does not run: \(error); start it, or name its socket with --socket")
    }
  }

  /// Asks, and returns what the daemon replied.
  func ask(_ command: Command) throws(ClientFailure) -> Reply {
    try send(command)
    guard let line = try nextLine(within: Self.patience) else {
      throw ClientFailure(.failure, "ndpproxy does not reply")
    }
    return try reply(line)
  }

  /// Asks for something without waiting for the reply.
  func send(_ command: Command) throws(ClientFailure) {
    var rest = (JSONText.octets(of: Request(command)) + [UInt8(ascii: "\n")])[...]
    do {
      while !rest.isEmpty {
        rest = rest.dropFirst(try connection.send(rest))
        if !rest.isEmpty { _ = try connection.waitUntil(writable: true, milliseconds: 1000) }
      }
    } catch {
      throw ClientFailure(.unavailable, "ndpproxy has gone away: \(error)")
    }
  }

  /// What a line says; throws where it is that the request was refused.
  func reply(_ line: [UInt8]) throws(ClientFailure) -> Reply {
    guard let reply = try? JSONText.value(Reply.self, from: line) else {
      throw ClientFailure(.failure, "ndpproxy speaks another version; is it older or newer?")
    }
    if case .error(let failure) = reply {
      let status: ClientFailure.Status = failure.code == .forbidden ? .noPermission : .failure
      throw ClientFailure(status, "ndpproxy refused: \(failure)")
    }
    return reply
  }

  /// The next line; `nil` where none came within some milliseconds, or a signal came.
  ///
  /// Negative milliseconds have no end.
  func nextLine(within milliseconds: Int32) throws(ClientFailure) -> [UInt8]? {
    do {
      while true {
        if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
          defer { received.removeFirst(end + 1) }
          return Array(received[..<end])
        }
        if received.count > ControlSocket.replyLimit {
          throw ClientFailure(
            .failure, "ndpproxy said more than \(ControlSocket.replyLimit) octets")
        }
        guard try connection.waitUntil(readable: true, milliseconds: milliseconds) else {
          return nil
        }
        guard let octets = try connection.receive(limit: 1 << 16) else { continue }
        if octets.isEmpty { throw ClientFailure(.unavailable, "ndpproxy has gone away") }
        received += octets
      }
    } catch let error as ClientFailure {
      throw error
    } catch {
      throw ClientFailure(.unavailable, "ndpproxy has gone away: \(error)")
    }
  }

  /// For `EventPoll`.
  var pollable: any Pollable { connection }
}

extension Client {
  /// How things are, with all interfaces.
  func status() throws(ClientFailure) -> Status {
    guard case .status(var value) = try ask(.status) else { throw unexpected }
    guard let count = value.interfaceCount, count > value.interfaces.count else { return value }
    value.interfaces = try pages { client, start throws(ClientFailure) in
      guard case .interfaces(let page) = try client.ask(.interfaces(from: start)) else {
        throw client.unexpected
      }
      return (page.interfaces, page.next)
    }
    return value
  }

  func counters() throws(ClientFailure) -> CounterReport {
    guard case .counters(let value) = try ask(.counters) else { throw unexpected }
    return value
  }

  /// All sessions, page by page.
  func sessions() throws(ClientFailure) -> [SessionReport] {
    try pages { client, start throws(ClientFailure) in
      guard case .sessions(let page) = try client.ask(.sessions(from: start)) else {
        throw client.unexpected
      }
      return (page.sessions, page.next)
    }
  }

  /// All rules, page by page.
  func rules() throws(ClientFailure) -> [RuleReport] {
    try pages { client, start throws(ClientFailure) in
      guard case .rules(let page) = try client.ask(.rules(from: start)) else {
        throw client.unexpected
      }
      return (page.rules, page.next)
    }
  }

  /// The whole configuration in force, page by page; anew where it is changed meanwhile.
  func configuration() throws(ClientFailure) -> ConfigurationReport {
    for _ in 0..<Self.configurationAttempts {
      var generations: Set<UInt64?> = []
      var path = ""
      let parts = try pages { client, start throws(ClientFailure) in
        guard case .configuration(let part) = try client.ask(.configuration(from: start)) else {
          throw client.unexpected
        }
        generations.insert(part.generation)
        path = part.path
        return ([part.text], generations.count == 1 ? part.next : nil)
      }
      if generations.count == 1 { return ConfigurationReport(path: path, text: parts.joined()) }
    }
    throw ClientFailure(
      .failure, "the configuration changed again and again while it was read; try again")
  }

  /// How often the configuration is read until it does not change meanwhile.
  private static let configurationAttempts = 5

  /// All pages, the first of which begins at 0.
  private func pages<Element>(
    _ page: (Client, Int) throws(ClientFailure) -> (elements: [Element], next: Int?)
  ) throws(ClientFailure) -> [Element] {
    var elements: [Element] = []
    var start: Int? = 0
    while let from = start {
      let (more, next) = try page(self, from)
      guard next ?? .max > from else {
        throw ClientFailure(.failure, "ndpproxy goes round in circles: page \(from) leads back")
      }
      elements += more
      start = next
    }
    return elements
  }

  /// The daemon replied to something else than was asked.
  var unexpected: ClientFailure {
    ClientFailure(.failure, "ndpproxy replied to something that was not asked")
  }
}
