import LinuxNet

/// An NDP proxy that runs on a node: ndpproxy, or any that takes ndppd's flags.
///
/// Two references and no more: with a third word, Swift 6.3.1 calls some asynchronous closures that
/// take it at address 0.
package struct Daemon: Sendable {
  /// The process, with its log so far.
  package let process: RunningProcess

  /// Its configuration file; rewrite it and send SIGHUP to try a reload.
  package let configuration: TemporaryFile

  /// Where ndpctl finds it.
  package var controlSocket: String { configuration.path + ".control" }

  /// What ndpproxy gets for its key `kernel-path` where a lab does not say; nothing without.
  @TaskLocal package static var kernelPath: String?
}

extension Node {
  /// Runs the daemon `executable` here with `configuration`, and `body` as soon as it is ready.
  ///
  /// Ready is when it prints `sign`; if that is `nil`, when it has the word `ready` or, if it is
  /// not ours, has bound a packet socket: ours opens its control socket after that. Throws
  /// `LabFailure`, with what the daemon said, if it ends or is not ready within 20 seconds; and
  /// what `body` throws.
  package func withDaemon<Result: Sendable>(
    _ executable: String, configuration text: String, arguments: [String] = [],
    readyAt sign: String? = nil, _ body: (Daemon) async throws -> Result
  ) async throws -> Result {
    let isOurs = executable.hasSuffix("ndpproxy")
    let speaks = isOurs && !arguments.contains("-d")
    let path = isOurs && !text.contains("kernel-path") ? Daemon.kernelPath : nil
    let configuration = try TemporaryFile(
      containing: path.map { "kernel-path \($0)\n\(text)" } ?? text)
    let controlSocket = configuration.path + ".control"
    // Who has become another user may not remove it here.
    defer { RegularFile.remove(controlSocket) }
    let command =
      ["env", "NDPPROXY_SOCKET=\(controlSocket)", executable, "-c", configuration.path] + arguments
    // In the background it prints nothing here.
    let others = sign == nil && !speaks ? try await boundPacketSockets() : 0
    return try await withProcess(command) { process in
      let outcome: Bool? = try await poll(within: .seconds(20)) {
        if process.lines.contains(where: { isReady($0, sign) }) { return true }
        if process.status != nil { return false }
        guard sign == nil, !speaks else { return nil }
        return try await boundPacketSockets() > others ? true : nil
      }
      guard outcome == true else {
        let end = process.status.map { "\($0)" } ?? "was not ready after 20 seconds"
        throw LabFailure(["\(executable) \(end)"] + process.lines)
      }
      return try await body(Daemon(process: process, configuration: configuration))
    }
  }
}

private func isReady(_ line: String, _ sign: String?) -> Bool {
  if let sign { return line.contains(sign) }
  return line.split { !$0.isLetter }.contains("ready")
}
