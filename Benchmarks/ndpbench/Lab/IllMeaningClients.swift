import LinuxNet
import NetworkLab
import Synchronization

/// Clients of the control socket that no daemon should notice: some connect and never read, one
/// sends without end, one sends garbage.
final class IllMeaningClients: Sendable {
  private let path: String
  private let isOver = Atomic(false)
  private let sent = Atomic(0)
  private let connections = Atomic(0)

  /// How many octets the one without end has sent.
  var sentCount: Int { sent.load(ordering: .relaxed) }

  /// How often one of the two connected.
  var connectionCount: Int { connections.load(ordering: .relaxed) }

  init(path: String) {
    self.path = path
  }

  /// Plagues the daemon at the path for as long as `body` takes.
  func plague<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    let silent = try (0..<50).map { _ in
      let connection = try StreamConnection(connectingTo: path)
      _ = try connection.send(Array(#"{"version":1,"command":{"counters":{}}}"#.utf8)[...] + [10])
      return connection
    }
    async let endless: Void = annoy(with: [UInt8](repeating: 0x78, count: 64 << 10))
    async let garbage: Void = annoy(with: [UInt8](repeating: 0x0a, count: 512))
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(try await body())
    } catch {
      outcome = .failure(error)
    }
    isOver.store(true, ordering: .relaxed)
    _ = await (endless, garbage)
    _ = silent.count
    return try outcome.get()
  }

  /// Sends these octets until the daemon ends the connection, and connects again.
  private func annoy(with octets: [UInt8]) async {
    while !isOver.load(ordering: .relaxed) {
      if let connection = try? StreamConnection(connectingTo: path) {
        connections.add(1, ordering: .relaxed)
        while !isOver.load(ordering: .relaxed), let count = try? connection.send(octets[...]),
          count > 0
        {
          if octets.count > 4096 { sent.add(count, ordering: .relaxed) }
        }
      }
      try? await Task.sleep(for: .milliseconds(1))
    }
  }
}
