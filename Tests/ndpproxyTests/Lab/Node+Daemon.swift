import ControlProtocol
import JSONDecoding
import JSONText
import NDPWire
import NetworkLab

extension Node {
  /// What the daemon has counted.
  func counters(of daemon: Daemon) async throws -> CounterReport {
    guard case .counters(let report) = try await reply(to: "counters", of: daemon) else {
      throw LabFailure(["ndpctl counters: another reply"])
    }
    return report
  }

  /// What the daemon knows of a target; `nil` if that is nothing.
  func session(of target: IPv6Address, in daemon: Daemon) async throws -> SessionReport? {
    guard case .sessions(let page) = try await reply(to: "sessions", of: daemon) else {
      throw LabFailure(["ndpctl sessions: another reply"])
    }
    return page.sessions.first { $0.target == target }
  }

  /// How the daemon is.
  func status(of daemon: Daemon) async throws -> Status {
    guard case .status(let status) = try await reply(to: "status", of: daemon) else {
      throw LabFailure(["ndpctl status: another reply"])
    }
    return status
  }

  private func reply(to command: String, of daemon: Daemon) async throws -> Reply {
    let ndpctl = try Host.programBeside("ndpctl")
    let text = try await run(
      "env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", ndpctl, command, "--json")
    return try JSONText.value(Reply.self, from: text.utf8)
  }
}
