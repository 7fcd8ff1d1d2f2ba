import ControlConnections
import ControlProtocol
import DaemonLog
import DaemonSupport
import JSONText
import LinuxNet
import NDPWire
import ProxyModel
import Testing

/// Clients of a real socket that belongs to nobody else; no namespace is needed for it.
final class ControlServerTests {
  private let test = TestLoop()
  private let log = Log(level: .notice, usesSystemLog: false)
  private let place = "/tmp/ndpproxy-test-\(UInt64.random(in: 0 ... .max))"
  private var messageCount: UInt64 = 0
  /// What was asked for, in this order.
  private var requests: [String] = []
  private var server: ControlServer?

  init() throws {
    server = try ControlServer(
      ListeningSocket(path: place, group: nil), loop: test.loop, log: log,
      messageCount: { [unowned self] in messageCount },
      answer: { [unowned self] octets, client in
        requests.append(String(decoding: octets.dropLast(), as: UTF8.self))
        client.put(.flush(FlushReport(prefix: Self.prefix, forgotten: requests.count)))
      })
  }

  deinit { server?.close() }

  private static let prefix = IPv6Prefix("2001:db8::/32")!

  /// Everything that is watched counts as ready.
  private func turn() throws {
    test.poll.tokens = Array(test.poll.watched.values)
    try test.turn()
  }

  private func connect() throws -> StreamConnection {
    let client = try StreamConnection(connectingTo: place)
    try turn()
    return client
  }

  private func say(_ text: String, by client: StreamConnection) throws {
    let octets = Array(text.utf8)
    #expect(try client.send(octets[...]) == octets.count)
  }

  private func text(for client: StreamConnection) throws -> String {
    String(decoding: try client.receive(limit: 1 << 20) ?? [], as: UTF8.self)
  }

  /// Whether there is nothing more to read, now or soon.
  ///
  /// Not at once: a process that another test starts has our descriptors until it is executed.
  private func isAtEnd(_ client: StreamConnection) throws -> Bool {
    try client.waitUntil(readable: true, milliseconds: 10_000) && client.receive(limit: 1) == []
  }

  @Test func `a client is let in and answered`() throws {
    let client = try connect()
    try say("one\n", by: client)
    try turn()
    #expect(requests == ["one"])
    #expect(try text(for: client).contains("2001:db8::/32"))
    server?.close()
    #expect(try isAtEnd(client))
    #expect(throws: SystemError.self) { try StreamConnection(connectingTo: place) }
  }

  @Test func `a request may come in parts, and several at once`() throws {
    let client = try connect()
    try say("on", by: client)
    try turn()
    #expect(requests.isEmpty)
    try say("e\ntwo\n", by: client)
    try turn()
    #expect(requests == ["one"])
    try turn()
    #expect(requests == ["one", "two"])
  }

  @Test func `one request is taken at a turn, of each client in its turn`() throws {
    let clients = [try connect(), try connect(), try connect()]
    for (number, client) in clients.enumerated() {
      try say("\(number)\n\(number)\n", by: client)
    }
    for count in 1...6 {
      try turn()
      #expect(requests.count == count)
    }
    // Whose turn is first depends on who was heard of last.
    #expect(Set(requests[..<3]).count == 3)
    #expect(requests[3...] == requests[..<3])
  }

  @Test func `a request without an end is refused`() throws {
    let client = try connect()
    try say(String(repeating: "x", count: ControlSocket.requestLimit), by: client)
    for _ in 0..<3 { try turn() }
    #expect(requests.isEmpty)
    #expect(try text(for: client).contains(RequestFailure.Code.oversized.rawValue))
    #expect(try isAtEnd(client))
  }

  @Test func `one that has gone is forgotten`() throws {
    let count = test.poll.watched.count
    var client: StreamConnection? = try connect()
    #expect(test.poll.watched.count == count + 1)
    withExtendedLifetime(client) {}
    client = nil
    try turn()
    #expect(test.poll.watched.count == count)
    #expect(server?.clients.isEmpty == true)
  }

  @Test func `newcomers wait where there are too many at a time`() throws {
    var clients: [StreamConnection] = []
    for _ in 0..<ControlSocket.admissionLimit { clients.append(try connect()) }
    let count = test.poll.watched.count
    clients.append(try connect())
    // The socket itself is not listened to meanwhile.
    #expect(test.poll.watched.count == count - 1)
    try test.pass()
    #expect(test.poll.watched.count == count)
    try turn()
    #expect(test.poll.watched.count == count + 1)
  }

  @Test func `clients rest while there are messages to be answered`() throws {
    let client = try connect()
    messageCount += 1
    // A clock that goes on with every look, so that each request takes some time.
    test.step = .milliseconds(1)
    for _ in 0..<2 {
      try say("one\n", by: client)
      try turn()
    }
    #expect(requests == ["one"])
    test.step = .zero
    try test.pass()
    try turn()
    #expect(requests == ["one", "one"])
  }

  @Test func `a monitor is told as much as it takes, and how much it was not told`() throws {
    let connection = try connect()
    let client = try #require(server?.clients.first)
    client.watch = Watch(prefix: Self.prefix, interface: "eth0", wantsFrames: false)
    #expect(client.watch?.wants(IPv6Address("2001:db8::1"), on: "eth0") == true)
    #expect(client.watch?.wants(IPv6Address("2001:db8::1"), on: "eth1") == false)
    #expect(client.watch?.wants(IPv6Address("2001:db9::1"), on: "eth0") == false)
    #expect(client.watch?.wants(nil, on: "eth0") == false)
    var made = 0
    func message() -> WatchedMessage {
      made += 1
      return WatchedMessage()
    }
    for _ in 0..<5 { client.tell(now: test.now, limit: 3, message) }
    #expect(made == 3)
    server?.flush(client, now: test.now)
    test.now = test.now + .seconds(1)
    server?.flush(client, now: test.now)
    let lines = try text(for: connection).split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.last?.contains("missed") == true)
  }
}
