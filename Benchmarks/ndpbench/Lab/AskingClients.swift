import LinuxNet
import Synchronization

/// Clients of the control socket that ask for the largest replies, again as soon as they have one.
final class AskingClients: Sendable {
  private let path: String
  private let isOver = Atomic(false)
  private let replies = Atomic(0)

  /// How many replies they got.
  var replyCount: Int { replies.load(ordering: .relaxed) }

  /// As many as a daemon admits, but for two.
  private static let count = 14

  private static let requests = [
    #"{"configuration":{}}"#, #"{"counters":{}}"#, #"{"status":{}}"#, #"{"rules":{"from":0}}"#,
  ].map { Array(#"{"version":1,"command":\#($0)}"#.utf8) + [10] }

  init(path: String) {
    self.path = path
  }

  /// Asks the daemon at the path for as long as `body` takes.
  func ask<Result: Sendable>(during body: () async throws -> Result) async throws -> Result {
    async let asking: Void = askOnAndOn()
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(try await body())
    } catch {
      outcome = .failure(error)
    }
    isOver.store(true, ordering: .relaxed)
    try await asking
    return try outcome.get()
  }

  private func askOnAndOn() async throws {
    var clients: [(connection: StreamConnection, isIdle: Bool)] = []
    var turn = 0
    while !isOver.load(ordering: .relaxed) {
      // They are let in a few at a time.
      if clients.count < Self.count {
        clients.append((try StreamConnection(connectingTo: path), true))
      }
      for number in clients.indices {
        let connection = clients[number].connection
        if clients[number].isIdle {
          turn += 1
          _ = try connection.send(Self.requests[turn % Self.requests.count][...])
          clients[number].isIdle = false
        } else if let octets = try connection.receive(limit: 1 << 20) {
          guard !octets.isEmpty else { throw BenchFailure("a client was disconnected") }
          guard octets.last == 10 else { continue }
          clients[number].isIdle = true
          replies.add(1, ordering: .relaxed)
        }
      }
      try await Task.sleep(for: .microseconds(200))
    }
  }
}
