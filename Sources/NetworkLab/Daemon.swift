package import LinuxNet

/// An NDP proxy that runs on a node: ndpproxy, or any that takes ndppd's flags.
package struct Daemon: Sendable {
  package let process: RunningProcess

  /// Its configuration file; rewrite it and send SIGHUP to try a reload.
  package let configuration: AnonymousFile
}

/// A daemon that did not start.
package struct DaemonFailure: Error, CustomStringConvertible {
  package let description: String
}

extension Node {
  /// Runs the daemon `executable` here with `configuration`, and `body` as soon as it is ready.
  ///
  /// Ready is when it says so or has a packet socket. Throws `DaemonFailure`, with what the daemon
  /// said, if it ends or is not ready within three seconds; and what `body` throws.
  package func withDaemon<Result: Sendable>(
    _ executable: String, configuration text: String, arguments: [String] = [],
    _ body: (Daemon) async throws -> Result
  ) async throws -> Result {
    let configuration = try AnonymousFile(containing: text)
    let command = [executable, "-c", configuration.path] + arguments
    return try await withProcess(command) { process in
      try await waitUntilReady(process, named: executable)
      return try await body(Daemon(process: process, configuration: configuration))
    }
  }

  private func waitUntilReady(_ process: RunningProcess, named executable: String) async throws {
    let isReady: Bool? = try await poll(within: .seconds(3)) {
      if process.lines.contains(where: { $0.contains("ready") }) { return true }
      if process.status != nil { return false }
      return try await hasBoundPacketSocket() ? true : nil
    }
    if isReady == true { return }
    let end = process.status.map { "\($0)" } ?? "was not ready after three seconds"
    throw DaemonFailure(
      description: (["\(executable) \(end)"] + process.lines).joined(separator: "\n  "))
  }
}
