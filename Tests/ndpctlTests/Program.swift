import Glibc
import LinuxNet
import NetworkLab

/// The programs as the same build made them.
let ndpproxy = (try? Host.programBeside("ndpproxy")) ?? ""
let ndpctl = (try? Host.programBeside("ndpctl")) ?? ""

extension Node {
  /// Runs ndpctl here, to ask a daemon.
  func ndpctl(_ arguments: String..., of daemon: Daemon) async throws -> CommandResult {
    try await ndpctl(arguments, of: daemon)
  }

  /// The same with a list.
  func ndpctl(_ arguments: [String], of daemon: Daemon) async throws -> CommandResult {
    let program = (try? Host.programBeside("ndpctl")) ?? ""
    return try await result(
      of: ["env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", program] + arguments)
  }
}

/// A configuration that answers for the founding network's members.
func configuration(_ method: String, interface: String = "eth0") -> String {
  "proxy \(interface) {\n  rule \(FoundingNetwork.insidePrefix) {\n    \(method)\n  }\n}\n"
}
