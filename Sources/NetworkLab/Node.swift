package import LinuxSurvey
import Subprocess

/// One machine of a lab: a network namespace with a name to call it by.
package struct Node: Sendable {
  /// `router`, `gateway`, `member 1`: for messages, not known to the kernel.
  package let name: String

  /// Where sockets of this node are opened: `try node.namespace.run { … }`.
  package let namespace: NetworkNamespace

  /// A name of the namespace for nsenter(1), while this process lives.
  package var namespacePath: String { namespace.path }

  /// The whole lab, so that no wire is unplugged while anyone still holds one of its nodes.
  let lab: [NetworkNamespace]

  package init(name: String, namespace: NetworkNamespace, lab: [NetworkNamespace] = []) {
    (self.name, self.namespace, self.lab) = (name, namespace, lab)
  }

  /// Runs a command to its end; `input` is its standard input.
  ///
  /// Throws `CommandFailure` unless it exits with 0. Some 5 ms.
  @discardableResult
  package func run(_ command: String..., input: String = "") async throws -> String {
    let result = try await self.result(of: command, input: input)
    guard result.status == .exited(0) else {
      throw CommandFailure(
        node: name, command: command, status: result.status, complaint: result.standardError)
    }
    return result.standardOutput
  }

  /// Runs a command to its end, whatever that is.
  ///
  /// Throws only if it cannot be started, or prints more than 1 MiB.
  package func result(of command: [String], input: String = "") async throws -> CommandResult {
    let limit = 1 << 20
    let result = try await Subprocess.run(
      configuration(of: command, in: namespace),
      input: .string(input), output: .string(limit: limit), error: .string(limit: limit))
    return CommandResult(
      status: ExitStatus(result.terminationStatus), standardOutput: result.standardOutput,
      standardError: result.standardError)
  }

  /// Runs a command that has this process's input and output, such as a shell, to its end.
  ///
  /// Throws only if it cannot be started.
  @discardableResult
  package func attend(_ command: [String]) async throws -> ExitStatus {
    let result = try await Subprocess.run(
      configuration(of: command, in: namespace),
      input: .currentStandardInput, output: .currentStandardOutput, error: .currentStandardError)
    return ExitStatus(result.terminationStatus)
  }

  /// The kernel's number for one of this node's interfaces, which may occur on other nodes too.
  ///
  /// Throws `CommandFailure` if there is no such interface.
  package func interfaceIndex(_ name: String) async throws -> Int32 {
    let line = try await run("ip", "-oneline", "link", "show", "dev", name)
    guard let index = Int32(line.prefix { $0 != ":" }) else {
      throw LabFailure(["\(self.name): no index in '\(line)'"])
    }
    return index
  }

  /// How many packet sockets here are bound to an interface; every NDP proxy has one.
  package func boundPacketSockets() async throws -> Int {
    let interfaceColumn = 4
    return try await run("cat", "/proc/net/packet").split(separator: "\n").dropFirst()
      .count { line in
        let columns = line.split(separator: " ")
        return columns.count > interfaceColumn && columns[interfaceColumn] != "0"
      }
  }
}
