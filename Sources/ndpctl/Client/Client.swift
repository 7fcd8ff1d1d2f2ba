import ControlProtocol
import JSONDecoding
import JSONText
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

  /// How long the daemon may take for a reply, in milliseconds.
  private static let patience: Int32 = 10_000

  /// The same where it has to read a configuration first.
  private static let readingPatience: Int32 = 60_000

  /// Connects; throws `ClientFailure`, also where whoever listens is not to be believed.
  init(path: String) throws(ClientFailure) {
    guard path != ControlSocket.off else {
      throw ClientFailure(
        .unavailable,
        "no control socket: \(ControlSocket.environmentVariable) is 'off'; name one with --socket")
    }
    do {
      connection = try StreamConnection(connectingTo: path)
    } catch {
      if error.isMissingPrivilege {
        throw ClientFailure(
          .noPermission,
          "\(error); run as root, or as a member of the group \(ControlSocket.group)")
      }
      throw ClientFailure(
        .unavailable,
        "cannot reach ndpproxy: \(error); start it, or name its socket with --socket")
    }
    guard let user = connection.peerUser, Self.believes(user) else {
      let owner = connection.peerUser.map { "user \($0)" } ?? "an unknown user"
      throw ClientFailure(
        .failure,
        "\(path) belongs to a process of \(owner), not of root, \(ControlSocket.group) or you, and "
          + "is not trusted; name another socket with --socket, or run as that user")
    }
  }

  /// Whether a user's daemon is taken for one: root's, that of its own account, and our own.
  ///
  /// Anybody may listen at a path in `/tmp`, say whatever he likes, and never end.
  private static func believes(_ user: UInt32) -> Bool {
    Privileges.isTrusted(user)
      || Privileges.User(named: ControlSocket.group)?.identifier == user
  }

  /// Asks, and returns what the daemon replied.
  func ask(_ command: Command) throws(ClientFailure) -> Reply {
    try send(command)
    let patience = command.readsConfiguration ? Self.readingPatience : Self.patience
    guard let line = try nextLine(within: patience) else {
      throw ClientFailure(.failure, "ndpproxy has not replied within \(patience / 1000) s")
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
      throw ClientFailure(.unavailable, "the connection to ndpproxy was lost: \(error)")
    }
  }

  /// What a line says; throws where it is that the request was refused.
  func reply(_ line: [UInt8]) throws(ClientFailure) -> Reply {
    guard let reply = try? JSONText.value(Reply.self, from: line) else {
      throw ClientFailure(
        .failure, "the reply of ndpproxy is of another version; restart it after an upgrade")
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
    let end = BootClock.nanoseconds + UInt64(max(0, milliseconds)) * 1_000_000
    do {
      while true {
        if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
          defer { received.removeFirst(end + 1) }
          return Array(received[..<end])
        }
        if received.count > ControlSocket.replyLimit {
          throw ClientFailure(
            .failure, "the reply of ndpproxy is longer than \(ControlSocket.replyLimit) bytes")
        }
        // What comes drop by drop does not make the time longer.
        let now = BootClock.nanoseconds
        let rest = milliseconds < 0 ? -1 : Int32((max(end, now) - now) / 1_000_000)
        guard try connection.waitUntil(readable: true, milliseconds: rest) else { return nil }
        guard let octets = try connection.receive(limit: 1 << 16) else { continue }
        if octets.isEmpty {
          throw ClientFailure(.unavailable, "ndpproxy has closed the connection")
        }
        received += octets
      }
    } catch let error as ClientFailure {
      throw error
    } catch {
      throw ClientFailure(.unavailable, "the connection to ndpproxy was lost: \(error)")
    }
  }

  /// For `EventPoll`.
  var pollable: any Pollable { connection }
}

extension Client {
  /// The daemon's status, with all interfaces.
  func status() throws(ClientFailure) -> Status {
    guard case .status(var value) = try ask(.status) else { throw unexpected }
    guard let count = value.interfaceCount, count > value.interfaces.count else { return value }
    value.interfaces = try list { start throws(ClientFailure) in
      guard case .interfaces(let page) = try ask(.interfaces(from: start)) else {
        throw unexpected
      }
      return (page.interfaces, page.next)
    }
    return value
  }

  /// The same with no more interfaces and rules than one reply has.
  func summary() throws(ClientFailure) -> Status {
    guard case .status(let value) = try ask(.status) else { throw unexpected }
    return value
  }

  /// The targets that were solicited last, no more than `limit`.
  func recentSessions(limit: Int) throws(ClientFailure) -> [SessionReport] {
    guard case .sessions(let page) = try ask(.recent(limit: limit)) else { throw unexpected }
    return page.sessions
  }

  func counters() throws(ClientFailure) -> CounterReport {
    guard case .counters(let value) = try ask(.counters) else { throw unexpected }
    return value
  }

  /// All sessions, page by page.
  func sessions() throws(ClientFailure) -> [SessionReport] {
    try list { from throws(ClientFailure) in
      guard case .sessions(let page) = try ask(.sessions(from: from)) else { throw unexpected }
      return (page.sessions, page.next)
    }
  }

  /// All rules, page by page.
  func rules() throws(ClientFailure) -> [RuleReport] {
    try list { from throws(ClientFailure) in
      guard case .rules(let page) = try ask(.rules(from: from)) else { throw unexpected }
      return (page.rules, page.next)
    }
  }

  /// The whole configuration in force, page by page; anew where it is changed meanwhile.
  func configuration() throws(ClientFailure) -> ConfigurationReport {
    for _ in 0..<Self.configurationAttempts {
      var generations: Set<UInt64?> = []
      var path = ""
      let parts = try list { start throws(ClientFailure) in
        guard case .configuration(let part) = try ask(.configuration(from: start)) else {
          throw unexpected
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

  /// How many entries of a list are taken; a longer one is an error.
  private static let listLimit = 1 << 20

  /// How long a list may take.
  private static let listPatience: UInt64 = 60_000_000_000

  /// A whole list; throws where it has no end: each page must begin behind the one before.
  private func list<Element>(
    _ page: (Int) throws(ClientFailure) -> ([Element], next: Int?)
  ) throws(ClientFailure) -> [Element] {
    var elements: [Element] = []
    let end = BootClock.nanoseconds + Self.listPatience
    var from = 0
    while true {
      let (more, next) = try page(from)
      elements += more
      guard let next else { return elements }
      guard next > from else {
        throw ClientFailure(.failure, "ndpproxy's list has no end: its next page is none")
      }
      guard elements.count <= Self.listLimit, BootClock.nanoseconds < end else {
        throw ClientFailure(
          .failure, "ndpproxy's list has more than \(Self.listLimit) entries, or takes too long")
      }
      from = next
    }
  }

  /// The number of the daemon's process.
  ///
  /// Whoever listens is the daemon, unless a service manager made the socket (process 1) or is of
  /// another PID namespace (0): then the number that the daemon has for itself.
  func process(of status: Status) -> Int32 {
    guard let listener = connection.peerProcess, listener > 1 else { return status.process }
    return listener
  }

  /// The daemon replied to something else than was asked.
  var unexpected: ClientFailure {
    ClientFailure(.failure, "ndpproxy sent a reply without a request")
  }
}

extension Command {
  /// Whether the daemon reads files for it.
  fileprivate var readsConfiguration: Bool {
    switch self {
    case .reload, .check: true
    default: false
    }
  }
}
